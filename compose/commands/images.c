/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/table.h"
#include "compose/console/units.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "engine_client/image.h"
#include "engine_client/image_reference.h"
#include "engine_client/instant.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum {
    MINIMUM = 20,
    PADDING = 3,
    SHORT_ID = 12,
    SIZE_DIGITS = 3,
    STATUS_NOT_FOUND = 404,
};

/* clang-format off */
static const struct option option_rows[] = {
    {"format", .kind = OPTION_STRING, .initial = "table", .values = "table|json", .help = "Format the output. Values: [table | json]"},
    {"quiet", 'q', OPTION_BOOL, .help = "Only display IDs"},
    OPTION_END,
};
/* clang-format on */

struct row {
    const char *container;
    const char *repository, *tag; /* "" when the container was not made from a name */
    const char *platform;
    struct engine_image image; /* id "" when the engine no longer knows it */
};

static const char *platform_text(struct arena *arena, const struct engine_platform *platform)
{
    if (!platform->os[0])
        return "unknown";
    return arena_printf(arena, "%s/%s%s%s", platform->os, platform->architecture,
                        platform->variant[0] ? "/" : "", platform->variant);
}

static void split_name(struct arena *arena, const char *name, struct row *row)
{
    struct image_reference reference;
    struct error not_a_name;

    row->repository = row->tag = "";
    error_init(&not_a_name);
    if (!text_starts_with(name, "sha256:") &&
        image_reference_parse(arena, name, &reference, &not_a_name)) {
        row->repository = image_reference_familiar_name(arena, &reference);
        row->tag = reference.tag ? reference.tag : reference.digest ? "" : "latest";
    }
    error_finish(&not_a_name);
}

/* Each image is asked for once, however many containers were made from it. */
static size_t plan_calls(struct arena *arena, const struct engine_container_list *list,
                         struct session_call *calls, size_t *call_of)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        size_t earlier = 0;

        while (earlier < i && strcmp(list->items[earlier].image_id, list->items[i].image_id) != 0)
            earlier++;
        if (earlier < i) {
            call_of[i] = call_of[earlier];
            continue;
        }
        calls[count].path = engine_path(arena, "/images/%s/json", list->items[i].image_id);
        call_of[i] = count++;
    }
    return count;
}

static bool fill_rows(struct command_context *context, const struct engine_container_list *list,
                      struct row *rows, struct error *err)
{
    struct arena *arena = context->arena;
    struct session_call *calls = arena_array(arena, list->count + 1, sizeof(*calls));
    size_t *call_of = arena_array(arena, list->count + 1, sizeof(*call_of));
    size_t count = plan_calls(arena, list, calls, call_of);
    bool good = true;

    if (!session_fetch_all(context->session, arena, calls, count, err))
        return false;
    for (size_t i = 0; i < list->count && good; i++) {
        struct session_call *call = &calls[call_of[i]];

        rows[i].container = containers_name(&list->items[i]);
        split_name(arena, list->items[i].image, &rows[i]);
        if (!error_is_set(&call->failure)) {
            good = engine_image_decode(arena, call->answer, &rows[i].image, err);
            if (good)
                rows[i].platform = platform_text(arena, &rows[i].image.platform);
        } else if (call->status == STATUS_NOT_FOUND) {
            rows[i].image.id = list->items[i].image_id;
            rows[i].platform = "unknown";
        } else {
            error_move(err, &call->failure);
            good = false;
        }
    }
    session_fetch_finish(calls, count);
    return good;
}

static const char *bare_id(const char *id)
{
    return text_starts_with(id, "sha256:") ? id + strlen("sha256:") : id;
}

static void print_ids(struct command_context *context, const struct row *rows, size_t count)
{
    struct strings seen = {0};

    for (size_t i = 0; i < count; i++)
        if (!strings_contain(&seen, rows[i].image.id)) {
            strings_add(&seen, context->arena, rows[i].image.id);
            console_print(context->console, "%s\n", bare_id(rows[i].image.id));
        }
}

static void add_table_row(struct table *table, const struct row *row, int64_t now_ns)
{
    struct text text;

    table_cell(table, row->container);
    table_cell(table, row->repository[0] ? row->repository : "<none>");
    table_cell(table, row->tag[0] ? row->tag : "<none>");
    table_cell(table, row->platform);
    text_init(&text, 0);
    text_addf(&text, "%.*s", SHORT_ID, bare_id(row->image.id));
    table_cell(table, text.bytes);
    text_clear(&text);
    units_add_size(&text, (double)row->image.size_bytes, SIZE_DIGITS);
    table_cell(table, text.bytes);
    text_clear(&text);
    if (row->image.created_ns > 0) {
        units_add_duration(&text, now_ns - row->image.created_ns);
        text_add(&text, " ago");
    } else {
        text_add(&text, "N/A");
    }
    table_cell(table, text.bytes);
    table_end_row(table);
    text_finish(&text);
}

static void add_table(struct text *out, struct arena *arena, const struct row *rows, size_t count)
{
    struct table table;
    int64_t now_ns = instant_now();

    table_init(&table, arena, MINIMUM, PADDING);
    table_row(&table, "CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED",
              NULL);
    for (size_t i = 0; i < count; i++)
        add_table_row(&table, &rows[i], now_ns);
    table_print(&table, out);
}

static void add_instant(struct json_writer *json, const char *key, int64_t ns)
{
    struct text text;

    if (ns <= 0)
        return;
    text_init(&text, 0);
    units_add_exact_instant(&text, ns);
    json_member_string(json, key, text.bytes);
    text_finish(&text);
}

static void add_json(struct text *out, const struct row *rows, size_t count)
{
    struct json_writer json;

    json_begin(&json, out, 0);
    json.raw_html = true;
    if (count == 0)
        json_null(&json);
    else
        json_array_open(&json);
    for (size_t i = 0; i < count; i++) {
        json_object_open(&json);
        json_member_string(&json, "ID", rows[i].image.id);
        json_member_string(&json, "ContainerName", rows[i].container);
        json_member_string(&json, "Repository", rows[i].repository);
        json_member_string(&json, "Tag", rows[i].tag);
        json_member_string(&json, "Platform", rows[i].platform);
        json_member_int(&json, "Size", rows[i].image.size_bytes);
        add_instant(&json, "Created", rows[i].image.created_ns);
        add_instant(&json, "LastTagTime", rows[i].image.last_tag_ns);
        json_object_close(&json);
    }
    if (count > 0)
        json_array_close(&json);
    text_add(out, "\n\n"); /* the reference's empty line behind it */
}

static bool run_images(struct command_context *context, struct error *err)
{
    const char *format = options_string(context->options, "format");
    struct engine_container_list list;
    struct spec_project *project;
    struct text text;
    struct row *rows;

    if (strcmp(format, "table") != 0 && strcmp(format, "json") != 0 && format[0])
        return error_set(err, ERROR_USAGE,
                         "format value \"%s\" could not be parsed: parsing failed", format);
    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_list(context->session, context->arena, project->name,
                         CONTAINERS_STOPPED | CONTAINERS_ONEOFF | CONTAINERS_UNHASHED,
                         &context->options->arguments, &list, err))
        return false;
    rows = arena_array(context->arena, list.count + 1, sizeof(*rows));
    if (!fill_rows(context, &list, rows, err))
        return false;
    if (options_bool(context->options, "quiet")) {
        print_ids(context, rows, list.count);
        return true;
    }
    text_init(&text, 0);
    if (strcmp(format, "json") == 0)
        add_json(&text, rows, list.count);
    else
        add_table(&text, context->arena, rows, list.count);
    console_write(context->console, text.bytes, text.length);
    text_finish(&text);
    return true;
}

const struct command_body cmd_images = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_images,
};
