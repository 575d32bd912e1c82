/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/table.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"all", 'a', OPTION_BOOL, .help = "Show all stopped Compose projects"},
    {"filter", .kind = OPTION_LIST, .type = "filter", .help = "Filter output based on conditions provided"},
    {"format", .kind = OPTION_STRING, .initial = "table", .values = "table|json",
     .help = "Format the output. Values: [table | json]"},
    {"quiet", 'q', OPTION_BOOL, .help = "Only display project names"},
    OPTION_END,
};
/* clang-format on */

struct state_count {
    const char *state;
    size_t count;
};

/* One project: the containers of the sorted list from `first` up to `end`. */
struct stack {
    const char *name, *status, *config_files;
};

static int by_project(const void *a, const void *b)
{
    int order = strcmp(containers_label(a, LABEL_PROJECT), containers_label(b, LABEL_PROJECT));

    return order != 0 ? order : strcmp(containers_name(a), containers_name(b));
}

static int by_state(const void *a, const void *b)
{
    return strcmp(((const struct state_count *)a)->state, ((const struct state_count *)b)->state);
}

/* "exited(1), running(2)" */
static const char *join_states(struct arena *arena, const struct engine_container_entry *entries,
                               size_t count)
{
    struct state_count *states = arena_array(arena, count, sizeof(*states));
    size_t state_count = 0;
    struct text text;
    const char *made;

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < state_count && strcmp(states[at].state, entries[i].state_text) != 0)
            at++;
        if (at == state_count)
            states[state_count++].state = entries[i].state_text;
        states[at].count++;
    }
    qsort(states, state_count, sizeof(*states), by_state);
    text_init(&text, 0);
    for (size_t i = 0; i < state_count; i++)
        text_addf(&text, "%s%s(%zu)", i > 0 ? ", " : "", states[i].state, states[i].count);
    made = arena_strdup(arena, text.bytes);
    text_finish(&text);
    return made;
}

/* The files of all containers, each once; N/A when one of them does not say. */
static const char *join_files(struct arena *arena, const struct engine_container_entry *entries,
                              size_t count)
{
    struct strings files = {0};

    for (size_t i = 0; i < count; i++) {
        const char *at = containers_label(&entries[i], LABEL_CONFIG_FILES);

        if (!pairs_find(&entries[i].labels, LABEL_CONFIG_FILES))
            return "N/A";
        while (*at) {
            size_t length = strcspn(at, ",");
            const char *file = arena_strndup(arena, at, length);

            if (!strings_contain(&files, file))
                strings_add(&files, arena, file);
            at += length + (at[length] == ',');
        }
    }
    return strings_join(&files, arena, ",");
}

struct name_filter {
    const char *text;
    regex_t regex;
};

struct name_filters {
    struct name_filter *items;
    size_t count;
};

static void finish_filters(struct name_filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        regfree(&filters->items[i].regex);
}

/* What was read before a failure stays in `filters`. */
static bool read_filters(const struct strings *given, struct arena *arena,
                         struct name_filters *filters, struct error *err)
{
    filters->items = arena_array(arena, given->count + 1, sizeof(*filters->items));
    for (size_t i = 0; i < given->count; i++) {
        const char *equals = strchr(given->items[i], '=');

        if (!equals)
            return error_set(err, ERROR_USAGE,
                             "invalid argument \"%s\" for \"--filter\" flag: "
                             "invalid filter '%s'",
                             given->items[i], given->items[i]);
        if (!text_starts_with(given->items[i], "name="))
            return error_set(err, ERROR_USAGE, "invalid filter '%.*s'",
                             (int)(equals - given->items[i]), given->items[i]);
        filters->items[i].text = equals + 1;
        if (regcomp(&filters->items[i].regex, equals + 1, REG_EXTENDED | REG_NOSUB) != 0)
            return error_set(err, ERROR_USAGE,
                             "invalid filter 'name': \"%s\" is no regular expression", equals + 1);
        filters->count++;
    }
    return true;
}

static bool passes(const struct name_filters *filters, const char *name)
{
    for (size_t i = 0; i < filters->count; i++)
        if (strcmp(filters->items[i].text, name) == 0 ||
            regexec(&filters->items[i].regex, name, 0, NULL, 0) == 0)
            return true;
    return filters->count == 0;
}

static bool list_all(struct command_context *context, struct engine_container_list *ret_list,
                     struct error *err)
{
    struct pairs filters = {0};
    struct span body;
    struct text query;
    bool good;

    text_init(&query, 0);
    pairs_add(&filters, context->arena, "label", LABEL_PROJECT);
    pairs_add(&filters, context->arena, "label", LABEL_CONFIG_HASH);
    engine_query_bool(&query, "all", options_bool(context->options, "all"));
    engine_query_filters(&query, &filters);
    good = session_fetch(context->session, context->arena, NULL, "/containers/json", query.bytes,
                         &body, err) &&
           engine_container_list_decode(context->arena, body, ret_list, err);
    text_finish(&query);
    if (good && ret_list->count > 0)
        qsort(ret_list->items, ret_list->count, sizeof(*ret_list->items), by_project);
    return good;
}

static size_t group(struct arena *arena, const struct engine_container_list *list,
                    struct stack *stacks)
{
    size_t count = 0;

    for (size_t first = 0, end; first < list->count; first = end) {
        const char *name = containers_label(&list->items[first], LABEL_PROJECT);

        for (end = first + 1; end < list->count; end++)
            if (strcmp(containers_label(&list->items[end], LABEL_PROJECT), name) != 0)
                break;
        stacks[count++] = (struct stack){name, join_states(arena, list->items + first, end - first),
                                         join_files(arena, list->items + first, end - first)};
    }
    return count;
}

static void add_table(struct text *out, struct arena *arena, const struct stack *stacks,
                      size_t count)
{
    struct table table;

    table_init(&table, arena, 20, 3);
    table_row(&table, "NAME", "STATUS", "CONFIG FILES", NULL);
    for (size_t i = 0; i < count; i++)
        table_row(&table, stacks[i].name, stacks[i].status, stacks[i].config_files, NULL);
    table_print(&table, out);
}

static void add_json(struct text *out, const struct stack *stacks, size_t count)
{
    struct json_writer json;

    json_begin(&json, out, 0);
    json_array_open(&json);
    for (size_t i = 0; i < count; i++) {
        json_object_open(&json);
        json_member_string(&json, "Name", stacks[i].name);
        json_member_string(&json, "Status", stacks[i].status);
        json_member_string(&json, "ConfigFiles", stacks[i].config_files);
        json_object_close(&json);
    }
    json_array_close(&json);
    text_add_char(out, '\n');
}

static bool run_ls(struct command_context *context, struct error *err)
{
    const struct strings *given = options_list(context->options, "filter");
    const char *how = options_string(context->options, "format");
    struct engine_container_list list;
    CLEANUP(finish_filters) struct name_filters filters = {0};
    struct stack *stacks;
    size_t count, kept = 0;
    struct text text;

    if (how[0] && strcmp(how, "table") != 0 && strcmp(how, "json") != 0)
        return error_set(err, ERROR_USAGE,
                         "format value \"%s\" could not be parsed: parsing failed", how);
    if (!read_filters(given, context->arena, &filters, err) || !list_all(context, &list, err))
        return false;
    stacks = arena_array(context->arena, list.count + 1, sizeof(*stacks));
    count = group(context->arena, &list, stacks);
    for (size_t i = 0; i < count; i++)
        if (passes(&filters, stacks[i].name))
            stacks[kept++] = stacks[i];

    text_init(&text, 0);
    if (options_bool(context->options, "quiet"))
        for (size_t i = 0; i < kept; i++)
            text_addf(&text, "%s\n", stacks[i].name);
    else if (strcmp(how, "json") == 0)
        add_json(&text, stacks, kept);
    else
        add_table(&text, context->arena, stacks, kept);
    console_write(context->console, text.bytes, text.length);
    text_finish(&text);
    return true;
}

const struct command_body cmd_ls = {
    .usage = "[OPTIONS]",
    .options = option_rows,
    .max_arguments = ARGUMENTS_NONE,
    .run = run_ls,
};
