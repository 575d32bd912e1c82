/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/console.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/output.h"
#include "compose/console/progress_list.h"
#include "compose/console/terminal.h"
#include "spec/base/json_writer.h"
#include "spec/base/text.h"

enum { REDRAW_MS = 100 };

struct console {
    uv_loop_t *loop;
    struct output *out, *err;
    enum progress_mode wanted, mode;
    enum ansi_mode ansi;
    bool colours, out_is_terminal, err_is_terminal, notices_on_stdout;

    uv_timer_t *redraw; /* made for mode tty only */
    struct progress_list tasks;
    char *operation; /* NULL outside of one */
    unsigned nesting, suspended;

    char *status;      /* the line at the very bottom, or NULL */
    size_t live_lines; /* whole lines of the live area on the screen */
    bool live_open;    /* its last line has no newline */
    bool live_shown;   /* something of the live area is on the screen */
    bool inside_line;  /* what was last written to the terminal lacks its newline */
};

static enum progress_mode choose_mode(enum progress_mode wanted, enum ansi_mode ansi)
{
    if (wanted != PROGRESS_AUTO)
        return wanted;
    return ansi != ANSI_NEVER && terminal_is(STDERR_FILENO) ? PROGRESS_TTY : PROGRESS_PLAIN;
}

struct console *console_create(uv_loop_t *loop, enum progress_mode progress, enum ansi_mode ansi)
{
    struct console *console = xcalloc(1, sizeof(*console));
    const char *on_stdout = getenv("COMPOSE_STATUS_STDOUT");

    console->loop = loop;
    console->out = output_create(loop, STDOUT_FILENO);
    console->err = output_create(loop, STDERR_FILENO);
    console->wanted = progress;
    console_set_ansi(console, ansi);
    console->out_is_terminal = terminal_is(STDOUT_FILENO);
    console->err_is_terminal = terminal_is(STDERR_FILENO);
    console->notices_on_stdout = on_stdout && root_truthy(on_stdout);
    return console;
}

void console_set_ansi(struct console *console, enum ansi_mode ansi)
{
    const char *no_color = getenv("NO_COLOR");

    console->mode = choose_mode(console->wanted, ansi);
    console->ansi = ansi;
    console->colours = ansi != ANSI_NEVER && !(no_color && no_color[0]);
}

void console_set_quiet(struct console *console)
{
    console->wanted = PROGRESS_QUIET;
    console->mode = PROGRESS_QUIET;
}

enum progress_mode console_mode(const struct console *console)
{
    return console->mode;
}

/* The live area. */

static void erase_live(struct console *console)
{
    struct text text;

    if (!console->live_shown)
        return;
    text_init(&text, 0);
    text_add(&text, "\r");
    if (console->live_lines > 0)
        text_addf(&text, "\033[%zuA", console->live_lines);
    text_add(&text, "\033[J");
    output_write(console->err, text.bytes, text.length);
    text_finish(&text);
    console->live_lines = 0;
    console->live_shown = false;
}

/* A line that wrapped could not be erased again. Escape sequences take no room. */
static void add_cut(struct text *text, const char *line, size_t columns)
{
    bool in_sequence = false;

    for (; *line; line++) {
        bool visible = !in_sequence && *line != '\033';

        if (visible && columns <= 1)
            continue;
        columns -= visible;
        text_add_char(text, *line);
        in_sequence = *line == '\033' || (in_sequence && *line != 'm');
    }
}

static void draw_live(struct console *console)
{
    struct progress_frame frame = {.now_ms = uv_now(console->loop), .coloured = console->colours};
    struct text text;

    if (console->suspended > 0 || console->inside_line ||
        (!console->status && (!console->operation || console->tasks.count == 0)))
        return;
    /* A reader that does not keep up gets fewer frames, not a queue of them. */
    if (output_pending_bytes(console->err) > 0)
        return;
    terminal_size(STDERR_FILENO, &frame.columns, &frame.rows);
    text_init(&text, 0);
    text_add(&text, "\033[?25l\r");
    if (console->live_lines > 0)
        text_addf(&text, "\033[%zuA", console->live_lines);
    text_add(&text, "\033[J");
    console->live_lines = 0;
    if (console->operation && console->tasks.count > 0 && console->mode == PROGRESS_TTY) {
        frame.operation = console->operation;
        console->live_lines = progress_list_draw(&console->tasks, &frame, &text);
    }
    /* Without a row to spare the last line stays open, or each frame would scroll. */
    console->live_open = false;
    if (console->status && (console->live_lines == 0 || frame.rows > 2)) {
        add_cut(&text, console->status, frame.columns);
    } else if (console->live_lines > 0 && console->live_lines >= frame.rows) {
        console->live_open = true;
        text_truncate(&text, text.length - 1);
        console->live_lines--;
    }
    text_add(&text, "\033[?25h");
    output_write(console->err, text.bytes, text.length);
    text_finish(&text);
    console->live_shown = true;
}

static void on_redraw(uv_timer_t *timer)
{
    draw_live(timer->data);
}

static void start_redraw(struct console *console)
{
    if (!console->redraw) {
        console->redraw = xcalloc(1, sizeof(*console->redraw));
        (void)uv_timer_init(console->loop, console->redraw);
        console->redraw->data = console;
        uv_unref((uv_handle_t *)console->redraw);
    }
    (void)uv_timer_start(console->redraw, on_redraw, REDRAW_MS, REDRAW_MS);
}

/* Everything that is written goes through here: above the live area where both share a terminal. */
static void write_to(struct console *console, struct output *to, const void *bytes, size_t length)
{
    const char *text = bytes;
    bool on_terminal = to == console->out ? console->out_is_terminal : console->err_is_terminal;

    if (length == 0)
        return;
    if (on_terminal)
        erase_live(console);
    output_write(to, bytes, length);
    if (!on_terminal)
        return;
    console->inside_line = text[length - 1] != '\n';
    draw_live(console);
}

void console_write(struct console *console, const void *bytes, size_t length)
{
    write_to(console, console->out, bytes, length);
}

void console_write_note(struct console *console, const void *bytes, size_t length)
{
    write_to(console, console->err, bytes, length);
}

PRINTF_LIKE(3, 0)
static void print_to(struct console *console, struct output *to, const char *format, va_list args)
{
    struct text text;

    text_init(&text, 0);
    text_vaddf(&text, format, args);
    write_to(console, to, text.bytes, text.length);
    text_finish(&text);
}

void console_print(struct console *console, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_to(console, console->out, format, args);
    va_end(args);
}

void console_note(struct console *console, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_to(console, console->err, format, args);
    va_end(args);
}

void console_notice(struct console *console, const char *format, ...)
{
    struct output *to = console->notices_on_stdout ? console->out : console->err;
    va_list args;

    va_start(args, format);
    print_to(console, to, format, args);
    va_end(args);
    write_to(console, to, "\n", 1);
}

/* Progress. */

static void reset_operation(struct console *console)
{
    free(console->operation);
    console->operation = NULL;
    progress_list_finish(&console->tasks);
}

void console_begin(struct console *console, const char *operation)
{
    if (console->nesting++ > 0)
        return;
    reset_operation(console);
    console->operation = xstrdup(operation);
    uv_update_time(console->loop);
    if (console->mode == PROGRESS_TTY)
        start_redraw(console);
}

/* What stands there now is history: the next frame begins below it. */
static void end_live(struct console *console)
{
    bool has_rows = console->tasks.count > 0;

    if (console->live_shown && console->status)
        output_write(console->err, "\r\033[K", 4);
    else if (console->live_shown && console->live_open)
        output_write(console->err, "\n", 1);
    if (has_rows) {
        console->live_lines = 0;
        console->live_shown = false;
    }
}

void console_end(struct console *console)
{
    if (console->nesting == 0 || --console->nesting > 0)
        return;
    if (console->redraw)
        (void)uv_timer_stop(console->redraw);
    if (console->mode == PROGRESS_TTY) {
        output_flush_briefly(console->err);
        draw_live(console);
        end_live(console);
    }
    reset_operation(console);
    draw_live(console);
}

static const char *text_of(const char *s)
{
    return s ? s : "";
}

static void print_plain(struct console *console, const struct progress *event)
{
    struct text line;

    text_init(&line, 0);
    text_addf(&line, " %s %s ", event->id, text_of(event->text));
    text_add_printable(&line, text_of(event->details), strcspn(text_of(event->details), "\n"));
    text_add_char(&line, '\n');
    write_to(console, console->err, line.bytes, line.length);
    text_finish(&line);
}

static void print_json(struct console *console, const struct progress *event)
{
    static const char *const words[] = {"Working", "Done", "Warning", "Error"};
    struct json_writer json;
    struct text line;

    text_init(&line, 0);
    json_begin(&json, &line, 0);
    json_object_open(&json);
    if (event->id)
        json_member_string(&json, "id", event->id);
    if (event->parent && event->parent[0])
        json_member_string(&json, "parent_id", event->parent);
    json_member_string(&json, "status", words[event->status]);
    if (event->text && event->text[0])
        json_member_string(&json, "text", event->text);
    if (event->details && event->details[0])
        json_member_string(&json, "details", event->details);
    if (event->current)
        json_member_int(&json, "current", event->current);
    if (event->total)
        json_member_int(&json, "total", event->total);
    if (event->percent)
        json_member_int(&json, "percent", event->percent);
    json_object_close(&json);
    text_add_char(&line, '\n');
    write_to(console, console->err, line.bytes, line.length);
    text_finish(&line);
}

/* Outside an operation nothing is redrawn: an event is a line of its own. */
static void print_line(struct console *console, const struct progress *event)
{
    enum console_colour colour = COLOUR_NONE;

    switch (event->status) {
    case PROGRESS_WORKING:
        break;
    case PROGRESS_DONE:
        colour = COLOUR_GREEN;
        break;
    case PROGRESS_WARNING:
        colour = COLOUR_BOLD_YELLOW;
        break;
    case PROGRESS_ERROR:
        colour = COLOUR_BOLD_RED;
        break;
    }
    if (strcmp(event->id, "Compose") == 0)
        console_notice(console, "%s%s%s", console_colour(console, COLOUR_BOLD_RED),
                       text_of(event->details), console_plain(console));
    else
        console_note(console, "%s %s%s%s %s\n", event->id, console_colour(console, colour),
                     text_of(event->text), colour == COLOUR_NONE ? "" : console_plain(console),
                     text_of(event->details));
}

void console_progress(struct console *console, const struct progress *event)
{
    switch (console->mode) {
    case PROGRESS_TTY:
        if (console->operation)
            progress_list_update(&console->tasks, event, uv_now(console->loop));
        else if (!event->parent || !event->parent[0])
            print_line(console, event);
        break;
    case PROGRESS_PLAIN:
    case PROGRESS_AUTO:
        print_plain(console, event);
        break;
    case PROGRESS_JSON:
        print_json(console, event);
        break;
    case PROGRESS_QUIET:
        break;
    }
}

void console_suspend(struct console *console)
{
    if (console->suspended++ == 0)
        erase_live(console);
}

void console_resume(struct console *console)
{
    if (console->suspended > 0 && --console->suspended == 0)
        draw_live(console);
}

void console_set_status(struct console *console, const char *line)
{
    erase_live(console);
    free(console->status);
    console->status = line && console->err_is_terminal ? xstrdup(line) : NULL;
    draw_live(console);
}

/* What the terminal can do. */

bool console_stdout_is_coloured(const struct console *console)
{
    return console->colours && (console->out_is_terminal || console->ansi == ANSI_ALWAYS);
}

const char *console_colour(const struct console *console, enum console_colour colour)
{
    static const char *const sequences[] = {
        "", "\033[31m", "\033[32m", "\033[33m", "\033[31;1m", "\033[33;1m",
    };

    return console->colours && console->err_is_terminal ? sequences[colour] : "";
}

const char *console_plain(const struct console *console)
{
    return console->colours && console->err_is_terminal ? "\033[0m" : "";
}

struct output *console_stdout(struct console *console)
{
    return console->out;
}

struct output *console_stderr(struct console *console)
{
    return console->err;
}

void console_flush(struct console *console)
{
    output_flush(console->out);
    output_flush(console->err);
}

void console_flush_briefly(struct console *console)
{
    output_flush_briefly(console->out);
    output_flush_briefly(console->err);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void console_destroy(struct console *console)
{
    if (!console)
        return;
    console->nesting = console->nesting > 0 ? 1 : 0;
    console_end(console);
    console_set_status(console, NULL);
    console_flush(console);
    terminal_restore();
    if (console->redraw)
        uv_close((uv_handle_t *)console->redraw, on_timer_closed);
    output_destroy(console->out);
    output_destroy(console->err);
    reset_operation(console);
    free(console);
}
