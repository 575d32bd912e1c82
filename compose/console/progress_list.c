/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/progress_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose/console/units.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

enum {
    SPINNER_MS = 100,
    NARROWEST_ID = 10,
    TIMER_COLUMNS = 8, /* "1234.5s" and a space before it */
    LEAD_COLUMNS = 3,  /* " ✔ " */
};

static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
static const char *const cells[] = {"⠀", "⡀", "⣀", "⣄", "⣤", "⣦", "⣶", "⣷", "⣿"};

void progress_list_finish(struct progress_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->tasks[i].id);
        free(list->tasks[i].parent);
        free(list->tasks[i].text);
        free(list->tasks[i].details);
    }
    free(list->tasks);
    *list = (struct progress_list){0};
}

static struct progress_task *find(struct progress_list *list, const struct progress *event)
{
    const char *parent = event->parent ? event->parent : "";

    for (size_t i = list->count; i > 0; i--)
        if (strcmp(list->tasks[i - 1].id, event->id) == 0 &&
            strcmp(list->tasks[i - 1].parent, parent) == 0)
            return &list->tasks[i - 1];
    return NULL;
}

static void replace(char **text, const char *with)
{
    char *copy;

    if (*text && strcmp(*text, with ? with : "") == 0)
        return;
    copy = xstrdup(with ? with : "");
    free(*text);
    *text = copy;
}

void progress_list_update(struct progress_list *list, const struct progress *event, uint64_t now_ms)
{
    struct progress_task *task = find(list, event);

    if (!task) {
        list->tasks = xgrow(list->tasks, &list->capacity, list->count + 1, sizeof(*list->tasks));
        task = &list->tasks[list->count++];
        *task = (struct progress_task){.started_ms = now_ms};
        replace(&task->id, event->id);
        replace(&task->parent, event->parent);
    }
    replace(&task->text, event->text);
    replace(&task->details, event->details);
    task->details[strcspn(task->details, "\n")] = '\0'; /* a row is one line */
    if (event->status != PROGRESS_WORKING)
        task->ended_ms = now_ms;
    else if (task->status != PROGRESS_WORKING)
        task->started_ms = now_ms; /* a second life: stopped, then removed */
    task->status = event->status;
    task->percent = event->percent;
    if (event->current > task->current)
        task->current = event->current;
    if (event->total > task->total)
        task->total = event->total;
    if (task->total > 0 && task->percent == 0)
        task->percent = (int)(task->current * 100 / task->total);
}

static const char *colour(const struct progress_frame *frame, const char *sequence)
{
    return frame->coloured ? sequence : "";
}

static void add_mark(const struct progress_frame *frame, const struct progress_task *task,
                     struct text *out)
{
    const char *mark = "✔", *paint = "\033[32m";

    switch (task->status) {
    case PROGRESS_WORKING:
        mark = spinner[(frame->now_ms - task->started_ms) / SPINNER_MS % COUNT_OF(spinner)];
        paint = "\033[33m";
        break;
    case PROGRESS_DONE:
        break;
    case PROGRESS_WARNING:
        mark = "!";
        paint = "\033[33;1m";
        break;
    case PROGRESS_ERROR:
        mark = "✘";
        paint = "\033[31;1m";
        break;
    }
    text_addf(out, " %s%s%s ", colour(frame, paint), mark, colour(frame, "\033[0m"));
}

static const char *status_paint(enum progress_status status)
{
    switch (status) {
    case PROGRESS_WORKING:
        return "";
    case PROGRESS_DONE:
        return "\033[32m";
    case PROGRESS_WARNING:
        return "\033[33;1m";
    case PROGRESS_ERROR:
        return "\033[31;1m";
    }
    return "";
}

struct pull_sum {
    size_t layers;
    int64_t current, total;
};

static struct pull_sum sum_layers(const struct progress_list *list,
                                  const struct progress_task *task)
{
    struct pull_sum sum = {0};

    for (size_t i = 0; i < list->count; i++) {
        const struct progress_task *layer = &list->tasks[i];

        if (!layer->parent[0] || strcmp(layer->parent, task->id) != 0)
            continue;
        sum.layers++;
        sum.total += layer->total;
        sum.current += layer->status == PROGRESS_DONE ? layer->total : layer->current;
    }
    return sum;
}

/* " [⣿⣿⡀] 1.2MB / 40MB"; the sizes only where there is room. Returns the columns taken. */
static size_t add_pull(const struct progress_list *list, const struct progress_task *task,
                       const struct progress_frame *frame, size_t room, struct text *out)
{
    struct pull_sum sum = sum_layers(list, task);
    struct text sizes;
    size_t taken = 0;

    if (sum.layers == 0 || sum.layers + 3 > room)
        return 0;
    text_addf(out, " [%s", colour(frame, "\033[32m"));
    for (size_t i = 0; i < list->count; i++) {
        const struct progress_task *layer = &list->tasks[i];
        int percent = layer->status == PROGRESS_DONE ? 100 : layer->percent;

        if (layer->parent[0] && strcmp(layer->parent, task->id) == 0)
            text_add(out, cells[(percent > 100 ? 100 : percent) * 8 / 100]);
    }
    text_addf(out, "%s]", colour(frame, "\033[0m"));
    taken = sum.layers + 3;
    text_init(&sizes, 0);
    if (task->status == PROGRESS_WORKING && sum.total > 0) {
        struct text current, total;

        text_init(&current, 0);
        text_init(&total, 0);
        units_add_size(&current, (double)sum.current, 4);
        units_add_size(&total, (double)sum.total, 4);
        text_addf(&sizes, " %7s / %-7s", current.bytes, total.bytes);
        text_finish(&current);
        text_finish(&total);
    }
    if (taken + sizes.length <= room) {
        text_add(out, sizes.bytes);
        taken += sizes.length;
    }
    text_finish(&sizes);
    return taken;
}

/* `s` in at most `columns`; returns the columns taken. A cut is shown by "...". */
static size_t add_cut(struct text *out, const char *s, size_t columns)
{
    size_t width = utf8_width(s, strlen(s));

    if (width <= columns) {
        text_add_printable(out, s, strlen(s));
        return width;
    }
    if (columns <= 3)
        return 0;
    text_add_printable(out, s, utf8_fit(s, strlen(s), columns - 3));
    text_add(out, "...");
    return columns;
}

static void add_row(const struct progress_list *list, const struct progress_task *task,
                    const struct progress_frame *frame, size_t id_columns, struct text *out)
{
    uint64_t end_ms = task->status == PROGRESS_WORKING ? frame->now_ms : task->ended_ms;
    uint64_t elapsed_ms = end_ms > task->started_ms ? end_ms - task->started_ms : 0;
    size_t text_columns = utf8_width(task->text, strlen(task->text));
    size_t edge = frame->columns > TIMER_COLUMNS ? frame->columns - TIMER_COLUMNS : 0;
    size_t used = LEAD_COLUMNS;
    char timer[32];

    add_mark(frame, task, out);
    used += add_cut(out, task->id, id_columns);
    if (edge > used + text_columns + 1)
        used += add_pull(list, task, frame, edge - used - text_columns - 1, out);
    for (; used < LEAD_COLUMNS + id_columns; used++)
        text_add_char(out, ' ');
    text_add_char(out, ' ');
    used++;
    text_add(out, colour(frame, status_paint(task->status)));
    if (edge > used)
        used += add_cut(out, task->text, edge - used);
    text_add(out, colour(frame, status_paint(task->status)[0] ? "\033[0m" : ""));
    if (task->details[0] && edge > used + 4) {
        text_add_char(out, ' ');
        used += 1 + add_cut(out, task->details, edge - used - 1);
    }
    (void)snprintf(timer, sizeof(timer), "%.1fs", (double)elapsed_ms / 1000);
    if (used + strlen(timer) < frame->columns) {
        text_add_repeat(out, ' ', frame->columns - used - strlen(timer));
        text_addf(out, "%s%s%s", colour(frame, "\033[34m"), timer, colour(frame, "\033[0m"));
    }
    text_add_char(out, '\n');
}

static size_t widest_id(const struct progress_list *list, size_t columns)
{
    size_t widest = 0, text_columns = 0, room;

    for (size_t i = 0; i < list->count; i++) {
        const struct progress_task *task = &list->tasks[i];
        size_t width = utf8_width(task->id, strlen(task->id));
        size_t length = utf8_width(task->text, strlen(task->text));

        if (task->parent[0])
            continue;
        widest = width > widest ? width : widest;
        text_columns = length > text_columns ? length : text_columns;
    }
    room = LEAD_COLUMNS + 1 + text_columns + TIMER_COLUMNS;
    room = columns > room ? columns - room : 0;
    if (room < NARROWEST_ID)
        room = NARROWEST_ID;
    return widest < room ? widest : room;
}

/* How many rows of each state are left out: what is done first, failures last; the oldest of them. */
struct surplus {
    size_t done, working, failed;
};

static void choose_hidden(struct surplus *surplus, size_t count, const struct surplus *there)
{
    surplus->done = count < there->done ? count : there->done;
    count -= surplus->done;
    surplus->working = count < there->working ? count : there->working;
    count -= surplus->working;
    surplus->failed = count < there->failed ? count : there->failed;
}

static size_t *class_of(struct surplus *surplus, const struct progress_task *task)
{
    switch (task->status) {
    case PROGRESS_DONE:
        return &surplus->done;
    case PROGRESS_WORKING:
        return &surplus->working;
    case PROGRESS_WARNING:
    case PROGRESS_ERROR:
        return &surplus->failed;
    }
    return &surplus->failed;
}

static bool is_hidden(struct surplus *surplus, const struct progress_task *task)
{
    size_t *left = class_of(surplus, task);

    if (*left == 0)
        return false;
    (*left)--;
    return true;
}

size_t progress_list_draw(const struct progress_list *list, const struct progress_frame *frame,
                          struct text *out)
{
    size_t done = 0, roots = 0, lines = 1, hidden = 0;
    size_t id_columns = widest_id(list, frame->columns);
    size_t room = frame->rows > 2 ? frame->rows - 2 : 1;
    struct surplus there = {0}, surplus = {0};

    for (size_t i = 0; i < list->count; i++) {
        bool ended = list->tasks[i].status != PROGRESS_WORKING;

        done += ended;
        if (!list->tasks[i].parent[0]) {
            roots++;
            (*class_of(&there, &list->tasks[i]))++;
        }
    }
    text_addf(out, "[+] %s %zu/%zu\n", frame->operation, done, list->count);
    if (frame->rows < 2)
        return lines; /* the header is all that fits */
    if (roots > room)
        choose_hidden(&surplus, roots - room + 1, &there);
    for (size_t i = 0; i < list->count; i++) {
        if (list->tasks[i].parent[0])
            continue;
        if (is_hidden(&surplus, &list->tasks[i])) {
            hidden++;
            continue;
        }
        add_row(list, &list->tasks[i], frame, id_columns, out);
        lines++;
    }
    if (hidden > 0) {
        text_addf(out, " ... %zu more\n", hidden);
        lines++;
    }
    return lines;
}
