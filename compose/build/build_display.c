/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/build_display.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/console.h"
#include "compose/console/units.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/index.h"
#include "spec/base/text.h"

enum { KEPT_BYTES = 16 * 1024 }; /* of the output of a step, for the case that it fails */

struct step {
    const char *name;
    size_t number;
    int64_t started_ns;
    bool in_line; /* the last log output had no line break */
    bool ended;
    struct strings parts; /* what was moved, and is told */
    struct text output;   /* the last of what it said */
    const char *error;    /* NULL: it did not fail */
};

struct build_display {
    struct console *console;
    struct arena *arena;
    bool quiet, plain;
    struct index numbers;
    struct step **steps;
    size_t count, capacity;
    struct step *open;
};

struct build_display *build_display_create(struct console *console, bool quiet)
{
    struct build_display *display = xcalloc(1, sizeof(*display));
    enum progress_mode mode = console_mode(console);

    display->console = console;
    display->arena = arena_create();
    display->quiet = quiet || mode == PROGRESS_QUIET || mode == PROGRESS_JSON;
    display->plain = !display->quiet && mode == PROGRESS_PLAIN;
    return display;
}

static struct step *step_of(struct build_display *display,
                            const struct engine_build_message *message)
{
    uint32_t at = index_find(&display->numbers, message->step);
    struct step *step;

    if (at != INDEX_NONE)
        return display->steps[at];
    step = arena_alloc(display->arena, sizeof(*step));
    step->number = display->count + 1;
    step->name =
        arena_strdup(display->arena, message->kind == ENGINE_BUILD_STEP ? message->name : "");
    text_init(&step->output, 0);
    index_put(&display->numbers, display->arena, arena_strdup(display->arena, message->step),
              display->count);
    display->steps =
        xgrow(display->steps, &display->capacity, display->count + 1, sizeof(*display->steps));
    display->steps[display->count++] = step;
    return step;
}

/* Write the step's header unless it is the one that was written last. */
static void open_step(struct build_display *display, struct step *step)
{
    if (display->open == step)
        return;
    if (display->open)
        console_print(display->console, display->open->in_line ? "\n...\n\n" : "...\n\n");
    if (display->open)
        display->open->in_line = false;
    console_print(display->console, "#%zu %s\n", step->number, step->name);
    display->open = step;
}

static void close_step(struct build_display *display, struct step *step)
{
    console_print(display->console, "\n");
    step->in_line = false;
    display->open = NULL;
}

static double seconds(int64_t from_ns, int64_t to_ns)
{
    return to_ns > from_ns && from_ns > 0 ? (double)(to_ns - from_ns) / (double)NS_PER_SECOND : 0.0;
}

static void plain_step(struct build_display *display, struct step *step,
                       const struct engine_build_message *message)
{
    if ((!message->started && !message->completed) || step->ended)
        return;
    open_step(display, step);
    if (!message->completed)
        return;
    if (message->error[0])
        console_print(display->console, "#%zu ERROR: %s\n", step->number, message->error);
    else if (message->cached)
        console_print(display->console, "#%zu CACHED\n", step->number);
    else
        console_print(display->console, "#%zu DONE %.1fs\n", step->number,
                      seconds(message->started_ns, message->completed_ns));
    close_step(display, step);
}

static void plain_progress(struct build_display *display, struct step *step,
                           const struct engine_build_message *message)
{
    double age = seconds(message->started_ns, message->completed_ns);
    struct text line;

    /* buildx tells the end of a part several times. */
    if (step->ended || !message->completed || strings_contain(&step->parts, message->name))
        return;
    strings_add_copy(&step->parts, display->arena, message->name);
    open_step(display, step);
    text_init(&line, 0);
    text_addf(&line, "#%zu %s", step->number, message->name);
    if (message->current > 0) {
        text_add_char(&line, ' ');
        units_add_size(&line, (double)message->current, 4);
    }
    if (age >= 0.05)
        text_addf(&line, " %.1fs", age);
    console_print(display->console, "%s done\n", line.bytes);
    text_finish(&line);
}

/* Each line of a step's output carries its number. */
static void plain_log(struct build_display *display, struct step *step, struct span bytes)
{
    while (bytes.length > 0) {
        const char *end = memchr(bytes.bytes, '\n', bytes.length);
        size_t length = end ? (size_t)(end - bytes.bytes) + 1 : bytes.length;

        open_step(display, step);
        if (!step->in_line)
            console_print(display->console, "#%zu ", step->number);
        console_write(display->console, bytes.bytes, length);
        step->in_line = !end;
        bytes.bytes += length;
        bytes.length -= length;
    }
}

static void live_step(struct build_display *display, struct step *step,
                      const struct engine_build_message *message, const char *details)
{
    struct progress row = {.id = step->name, .text = "Building", .details = details};

    if (!step->started_ns || !step->name[0])
        return;
    if (message->kind == ENGINE_BUILD_STEP && message->completed) {
        row.status = message->error[0] ? PROGRESS_ERROR : PROGRESS_DONE;
        row.text = message->error[0] ? "Error" : message->cached ? "Cached" : "Done";
    } else if (message->kind == ENGINE_BUILD_PROGRESS) {
        row.current = message->current;
        row.total = message->total;
    }
    console_progress(display->console, &row);
}

/* The last line of a piece of output, for a row of the live area. */
static const char *last_line(struct arena *arena, struct span bytes)
{
    struct text shown;
    const char *line;
    size_t start;

    while (bytes.length > 0 && strchr("\r\n", bytes.bytes[bytes.length - 1]))
        bytes.length--;
    for (start = bytes.length; start > 0 && !strchr("\r\n", bytes.bytes[start - 1]);)
        start--;
    text_init(&shown, 0);
    text_add_printable(&shown, bytes.bytes + start, bytes.length - start);
    line = arena_strndup(arena, shown.bytes, shown.length);
    text_finish(&shown);
    return line;
}

static void on_log(struct build_display *display, struct step *step,
                   const struct engine_build_message *message)
{
    struct arena *scratch;

    text_add_bytes(&step->output, message->text.bytes, message->text.length);
    if (step->output.length > KEPT_BYTES)
        text_drop_front(&step->output, step->output.length - KEPT_BYTES);
    if (display->plain) {
        plain_log(display, step, message->text);
    } else if (!display->quiet) {
        scratch = arena_create();
        live_step(display, step, message, last_line(scratch, message->text));
        arena_destroy(scratch);
    }
}

static void on_step(struct build_display *display, struct step *step,
                    const struct engine_build_message *message)
{
    if (message->name[0] && !step->name[0])
        step->name = arena_strdup(display->arena, message->name);
    if (message->started && !step->started_ns)
        step->started_ns = message->started_ns ? message->started_ns : 1;
    if (message->error[0] && !step->error)
        step->error = arena_strdup(display->arena, message->error);
    if (display->plain)
        plain_step(display, step, message);
    else if (!display->quiet && !step->ended)
        live_step(display, step, message, "");
    step->ended |= message->completed;
}

void build_display_message(struct build_display *display,
                           const struct engine_build_message *message)
{
    struct step *step;

    switch (message->kind) {
    case ENGINE_BUILD_TEXT:
        if (!display->quiet)
            console_write(display->console, message->text.bytes, message->text.length);
        return;
    case ENGINE_BUILD_WARNING:
        if (!display->quiet)
            console_note(display->console, "%.*s\n", (int)message->text.length,
                         message->text.bytes);
        return;
    case ENGINE_BUILD_STEP:
        step = step_of(display, message);
        on_step(display, step, message);
        return;
    case ENGINE_BUILD_LOG:
        on_log(display, step_of(display, message), message);
        return;
    case ENGINE_BUILD_PROGRESS:
        if (!message->step[0])
            return;
        step = step_of(display, message);
        if (display->plain)
            plain_progress(display, step, message);
        else if (!display->quiet)
            live_step(display, step, message, "");
        return;
    }
}

/* A step that was given up because another one failed has no story of its own. */
static void tell_failure(struct build_display *display, const struct step *step)
{
    if (step->error && !strstr(step->error, "context canceled")) {
        console_print(display->console, "------\n > %s:\n", step->name);
        console_write(display->console, step->output.bytes, step->output.length);
        if (step->output.length > 0 && step->output.bytes[step->output.length - 1] != '\n')
            console_print(display->console, "\n");
        console_print(display->console, "------\n");
    }
}

void build_display_destroy(struct build_display *display)
{
    if (!display)
        return;
    for (size_t i = 0; i < display->count; i++) {
        tell_failure(display, display->steps[i]);
        text_finish(&display->steps[i]->output);
    }
    free(display->steps);
    arena_destroy(display->arena);
    free(display);
}
