/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/table.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum {
    MINIMUM = 4,
    PADDING = 2,
};

/* clang-format off */
static const struct option option_rows[] = {
    OPTION_END,
};
/* clang-format on */

static bool fetch(struct command_context *context, const struct engine_container_list *list,
                  struct engine_top *tops, struct error *err)
{
    struct arena *arena = context->arena;
    struct session_call *calls = arena_array(arena, list->count + 1, sizeof(*calls));
    bool good = true;

    for (size_t i = 0; i < list->count; i++)
        calls[i].path = engine_path(arena, "/containers/%s/top", list->items[i].id);
    if (!session_fetch_all(context->session, arena, calls, list->count, err))
        return false;
    for (size_t i = 0; i < list->count && good; i++) {
        if (!error_is_set(&calls[i].failure)) {
            good = engine_top_decode(arena, calls[i].answer, &tops[i], err);
        } else if (calls[i].status != 404 && calls[i].status != 409) {
            /* Gone or stopped since the list was made: it has no processes. */
            error_move(err, &calls[i].failure);
            good = false;
        }
    }
    session_fetch_finish(calls, list->count);
    return good;
}

/* Titles in order of their first appearance, the command line last. */
static struct strings all_titles(struct arena *arena, const struct engine_top *tops, size_t count)
{
    struct strings titles = {0};
    bool has_command = false;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; tops[i].row_count > 0 && j < tops[i].titles.count; j++) {
            const char *title = tops[i].titles.items[j];

            if (strcmp(title, "CMD") == 0)
                has_command = true;
            else if (!strings_contain(&titles, title))
                strings_add(&titles, arena, title);
        }
    if (has_command)
        strings_add(&titles, arena, "CMD");
    return titles;
}

static const char *cell(const struct engine_top *top, const struct strings *row, const char *title)
{
    for (size_t i = 0; i < top->titles.count && i < row->count; i++)
        if (strcmp(top->titles.items[i], title) == 0)
            return row->items[i];
    return "-";
}

static void add_rows(struct table *table, const struct engine_container_entry *entry,
                     const struct engine_top *top, const struct strings *titles)
{
    const char *number = containers_label(entry, LABEL_NUMBER);

    for (size_t i = 0; i < top->row_count; i++) {
        table_cell(table, containers_label(entry, LABEL_SERVICE));
        table_cell(table, number[0] ? number : "-");
        for (size_t j = 0; j < titles->count; j++)
            table_cell(table, cell(top, &top->rows[i], titles->items[j]));
        table_end_row(table);
    }
}

static void print(struct command_context *context, const struct engine_container_list *list,
                  const struct engine_top *tops)
{
    struct strings titles = all_titles(context->arena, tops, list->count);
    struct table table;
    struct text text;

    if (titles.count == 0)
        return;
    table_init(&table, context->arena, MINIMUM, PADDING);
    table_cell(&table, "SERVICE");
    table_cell(&table, "#");
    for (size_t i = 0; i < titles.count; i++)
        table_cell(&table, titles.items[i]);
    table_end_row(&table);
    for (size_t i = 0; i < list->count; i++)
        add_rows(&table, &list->items[i], &tops[i], &titles);
    text_init(&text, 0);
    table_print(&table, &text);
    console_write(context->console, text.bytes, text.length);
    text_finish(&text);
}

static bool run_top(struct command_context *context, struct error *err)
{
    struct engine_container_list list;
    struct spec_project *project;
    struct engine_top *tops;

    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_list(context->session, context->arena, project->name, CONTAINERS_ONEOFF,
                         &context->options->arguments, &list, err))
        return false;
    tops = arena_array(context->arena, list.count + 1, sizeof(*tops));
    if (!fetch(context, &list, tops, err))
        return false;
    print(context, &list, tops);
    return true;
}

const struct command_body cmd_top = {
    .usage = "[SERVICES...]",
    .options = option_rows,
    .run = run_top,
};
