/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/format.h"
#include "compose/console/units.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "engine_client/volume.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

enum { SIZE_DIGITS = 3 };

/* clang-format off */
static const struct option option_rows[] = {
    {"format", .kind = OPTION_STRING, .initial = "table", .values = "table|json", .help = FORMAT_HELP},
    {"quiet", 'q', OPTION_BOOL, .help = "Only display volume names"},
    OPTION_END,
};

/* Availability, group and status are of cluster volumes, which a project has none of. */
static const struct format_field fields[] = {
    {.name = "Availability", .header = "AVAILABILITY"},
    {.name = "Driver",       .header = "DRIVER"},
    {.name = "Group",        .header = "GROUP"},
    {.name = "Labels",       .header = "LABELS"},
    {.name = "Links",        .header = "LINKS"},
    {.name = "Mountpoint",   .header = "MOUNTPOINT"},
    {.name = "Name",         .header = "VOLUME NAME"},
    {.name = "Scope",        .header = "SCOPE"},
    {.name = "Size",         .header = "SIZE"},
    {.name = "Status",       .header = "STATUS"},
    {.name = "Label",        .header = "LABEL", .no_json = true},
    {.name = NULL},
};
/* clang-format on */

static void add_label(const struct engine_volume *volume, const char *name, struct text *out)
{
    const struct pair *label = pairs_find(&volume->labels, name);

    if (label)
        text_add(out, label->value);
}

static void add_value(const void *row, const char *field, const char *argument, struct text *out)
{
    const struct engine_volume *volume = row;

    if (argument) {
        add_label(volume, argument, out);
    } else if (strcmp(field, "Driver") == 0) {
        text_add(out, volume->driver);
    } else if (strcmp(field, "Name") == 0) {
        text_add(out, volume->name);
    } else if (strcmp(field, "Mountpoint") == 0) {
        text_add(out, volume->mountpoint);
    } else if (strcmp(field, "Scope") == 0) {
        text_add(out, volume->scope);
    } else if (strcmp(field, "Labels") == 0) {
        for (size_t i = 0; i < volume->labels.count; i++)
            text_addf(out, "%s%s=%s", i > 0 ? "," : "", volume->labels.items[i].key,
                      volume->labels.items[i].value);
    } else if (strcmp(field, "Links") == 0 && volume->reference_count >= 0) {
        text_addf(out, "%lld", (long long)volume->reference_count);
    } else if (strcmp(field, "Size") == 0 && volume->size_bytes >= 0) {
        units_add_size(out, (double)volume->size_bytes, SIZE_DIGITS);
    } else {
        text_add(out, "N/A");
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct engine_volume *)a)->name, ((const struct engine_volume *)b)->name);
}

static bool list_volumes(struct command_context *context, const char *project,
                         struct engine_volume_list *ret_list, struct error *err)
{
    struct arena *arena = context->arena;
    struct pairs filters = {0};
    struct span answer;
    struct text query;
    bool good;

    pairs_add(&filters, arena, "label", arena_printf(arena, LABEL_PROJECT "=%s", project));
    text_init(&query, 0);
    engine_query_filters(&query, &filters);
    good = session_fetch(context->session, arena, NULL, "/volumes", query.bytes, &answer, err) &&
           engine_volume_list_decode(arena, answer, ret_list, err);
    text_finish(&query);
    if (good && ret_list->count > 0)
        qsort(ret_list->items, ret_list->count, sizeof(*ret_list->items), by_name);
    return good;
}

/* With services: only what their running containers have mounted. */
static bool keep_mounted(struct command_context *context, const char *project,
                         struct engine_volume_list *volumes, struct error *err)
{
    struct engine_container_list containers;
    struct strings mounted = {0};
    size_t kept = 0;

    if (context->options->arguments.count == 0)
        return true;
    if (!containers_list(context->session, context->arena, project,
                         CONTAINERS_ONEOFF | CONTAINERS_UNHASHED, &context->options->arguments,
                         &containers, err))
        return false;
    for (size_t i = 0; i < containers.count; i++)
        for (size_t j = 0; j < containers.items[i].mount_count; j++)
            strings_add(&mounted, context->arena, containers.items[i].mounts[j].name);
    for (size_t i = 0; i < volumes->count; i++)
        if (strings_contain(&mounted, volumes->items[i].name))
            volumes->items[kept++] = volumes->items[i];
    volumes->count = kept;
    return true;
}

static bool run_volumes(struct command_context *context, struct error *err)
{
    const struct format format = {.fields = fields,
                                  .value = add_value,
                                  .table = "{{.Driver}}\t{{.Name}}",
                                  .minimum = 10,
                                  .padding = 3};
    struct engine_volume_list list;
    const char *project;
    struct text text;
    bool good = true;

    if (!session_project_for_services(context, &project, err) ||
        !list_volumes(context, project, &list, err) || !keep_mounted(context, project, &list, err))
        return false;
    text_init(&text, 0);
    if (options_bool(context->options, "quiet"))
        for (size_t i = 0; i < list.count; i++)
            text_addf(&text, "%s\n", list.items[i].name);
    else
        good = format_print(&format, options_string(context->options, "format"), list.items,
                            sizeof(*list.items), list.count, context->arena, &text, err);
    if (good)
        console_write(context->console, text.bytes, text.length);
    text_finish(&text);
    return good;
}

const struct command_body cmd_volumes = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_volumes,
};
