/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/format.h"
#include "compose/console/units.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/observe/ports_text.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "engine_client/docker_config.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum {
    COMMAND_COLUMNS = 20,
    MOUNT_COLUMNS = 15,
    SHORT_ID = 12,
    SIZE_DIGITS = 3,
};

#define LABEL_ENGINE_NAME                                                                          \
    LABEL_PREFIX "engine" /* written by some engines' front ends; only shown */

/* clang-format off */
static const struct option option_rows[] = {
    {"all", 'a', OPTION_BOOL, .help = "Show all stopped containers (including those created by the run command)"},
    {"filter", .kind = OPTION_STRING, .help = "Filter services by a property (supported filters: status)"},
    {"format", .kind = OPTION_STRING, .initial = "table", .values = "table|json|raw", .help = FORMAT_HELP},
    {"no-trunc", .kind = OPTION_BOOL, .help = "Don't truncate output"},
    {"orphans", .kind = OPTION_BOOL, .initial = "true", .help = "Include orphaned services (not declared by project)"},
    {"quiet", 'q', OPTION_BOOL, .help = "Only display IDs"},
    {"services", .kind = OPTION_BOOL, .help = "Display services"},
    {"status", .kind = OPTION_LIST, .values = "paused|restarting|removing|running|dead|created|exited",
     .help = "Filter services by status. Values: [paused | restarting | removing | running | dead | created | exited]"},
    OPTION_END,
};
/* clang-format on */

struct ps_row {
    const struct engine_container_entry *entry;
    int64_t now_ns;
    bool whole; /* --no-trunc */
};

static void add_joined(struct text *out, const struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        text_addf(out, "%s%s", i > 0 ? "," : "", list->items[i]);
}

static void value_id(const struct ps_row *row, struct text *out)
{
    size_t length = strlen(row->entry->id);

    text_add_bytes(out, row->entry->id, row->whole || length < SHORT_ID ? length : SHORT_ID);
}

static void value_command(const struct ps_row *row, struct text *out)
{
    struct text cut;

    text_init(&cut, 0);
    format_add_ellipsis(&cut, row->entry->command, row->whole ? (size_t)-1 : COMMAND_COLUMNS);
    format_add_quoted(out, cut.bytes);
    text_finish(&cut);
}

static void value_running_for(const struct ps_row *row, struct text *out)
{
    units_add_duration(out, row->now_ns - row->entry->created_ns);
    text_add(out, " ago");
}

static void value_created_at(const struct ps_row *row, struct text *out)
{
    units_add_instant(out, row->entry->created_ns);
}

static void value_exit_code(const struct ps_row *row, struct text *out)
{
    bool ended = row->entry->state == ENGINE_STATE_EXITED || row->entry->state == ENGINE_STATE_DEAD;

    text_addf(out, "%d", ended && row->entry->has_exit_code ? row->entry->exit_code : 0);
}

static void value_health(const struct ps_row *row, struct text *out)
{
    if (row->entry->state == ENGINE_STATE_RUNNING)
        text_add(out, engine_health_name(row->entry->health));
}

static void value_labels(const struct ps_row *row, struct text *out)
{
    for (size_t i = 0; i < row->entry->labels.count; i++)
        text_addf(out, "%s%s=%s", i > 0 ? "," : "", row->entry->labels.items[i].key,
                  row->entry->labels.items[i].value);
}

static void value_local_volumes(const struct ps_row *row, struct text *out)
{
    size_t count = 0;

    for (size_t i = 0; i < row->entry->mount_count; i++)
        count += strcmp(row->entry->mounts[i].driver, "local") == 0;
    text_addf(out, "%zu", count);
}

static void value_mounts(const struct ps_row *row, struct text *out)
{
    for (size_t i = 0; i < row->entry->mount_count; i++) {
        const struct engine_mount *mount = &row->entry->mounts[i];

        if (i > 0)
            text_add_char(out, ',');
        format_add_ellipsis(out, mount->name[0] ? mount->name : mount->source,
                            row->whole ? (size_t)-1 : MOUNT_COLUMNS);
    }
}

static void value_names(const struct ps_row *row, struct text *out)
{
    if (row->whole)
        add_joined(out, &row->entry->names);
    else
        text_add(out, containers_name(row->entry));
}

static void value_networks(const struct ps_row *row, struct text *out)
{
    for (size_t i = 0; i < row->entry->network_count; i++)
        text_addf(out, "%s%s", i > 0 ? "," : "", row->entry->networks[i].name);
}

static void value_ports(const struct ps_row *row, struct text *out)
{
    ports_text_add(out, row->entry->ports, row->entry->port_count);
}

static void value_publishers(const struct ps_row *row, struct text *out)
{
    struct json_writer json;

    ports_text_sort(row->entry->ports, row->entry->port_count);
    json_begin(&json, out, 0);
    json_array_open(&json);
    for (size_t i = 0; i < row->entry->port_count; i++) {
        const struct engine_port *port = &row->entry->ports[i];

        json_object_open(&json);
        json_member_string(&json, "URL", port->host_ip);
        json_member_int(&json, "TargetPort", port->container_port);
        json_member_int(&json, "PublishedPort", port->host_port);
        json_member_string(&json, "Protocol", port->protocol);
        json_object_close(&json);
    }
    json_array_close(&json);
}

static void value_size(const struct ps_row *row, struct text *out)
{
    units_add_size(out, (double)row->entry->size_rw_bytes, SIZE_DIGITS);
    if (row->entry->size_root_bytes > 0) {
        text_add(out, " (virtual ");
        units_add_size(out, (double)row->entry->size_root_bytes, SIZE_DIGITS);
        text_add_char(out, ')');
    }
}

static void value_name(const struct ps_row *row, struct text *out)
{
    text_add(out, containers_name(row->entry));
}

static void value_image(const struct ps_row *row, struct text *out)
{
    text_add(out, row->entry->image);
}

static void value_service(const struct ps_row *row, struct text *out)
{
    text_add(out, containers_label(row->entry, LABEL_SERVICE));
}

static void value_project(const struct ps_row *row, struct text *out)
{
    text_add(out, containers_label(row->entry, LABEL_PROJECT));
}

static void value_engine(const struct ps_row *row, struct text *out)
{
    text_add(out, containers_label(row->entry, LABEL_ENGINE_NAME));
}

static void value_state(const struct ps_row *row, struct text *out)
{
    text_add(out, row->entry->state_text);
}

static void value_status(const struct ps_row *row, struct text *out)
{
    text_add(out, row->entry->status);
}

/* clang-format off */
static const struct format_field fields[] = {
    {.name = "Command",       .header = "COMMAND"},
    {.name = "CreatedAt",     .header = "CREATED AT"},
    {.name = "Engine",        .header = "ENGINE"},
    {.name = "ExitCode",      .header = "EXIT CODE", .is_json = true},
    {.name = "Health",        .header = "HEALTH"},
    {.name = "ID",            .header = "CONTAINER ID"},
    {.name = "Image",         .header = "IMAGE"},
    {.name = "Labels",        .header = "LABELS"},
    {.name = "LocalVolumes",  .header = "LOCAL VOLUMES"},
    {.name = "Mounts",        .header = "MOUNTS"},
    {.name = "Name",          .header = "NAME"},
    {.name = "Names",         .header = "NAMES"},
    {.name = "Networks",      .header = "NETWORKS"},
    {.name = "Ports",         .header = "PORTS"},
    {.name = "Project",       .header = "PROJECT"},
    {.name = "Publishers",    .header = "PUBLISHERS", .is_json = true},
    {.name = "RunningFor",    .header = "CREATED"},
    {.name = "Service",       .header = "SERVICE"},
    {.name = "Size",          .header = "SIZE"},
    {.name = "State",         .header = "STATE"},
    {.name = "Status",        .header = "STATUS"},
    {.name = "Label",         .header = "LABEL", .no_json = true},
    {.name = NULL},
};

static const struct {
    const char *field;
    void (*add)(const struct ps_row *row, struct text *out);
} values[] = {
    {"Command", value_command},     {"CreatedAt", value_created_at},
    {"Engine", value_engine},       {"ExitCode", value_exit_code},
    {"Health", value_health},       {"ID", value_id},
    {"Image", value_image},         {"Labels", value_labels},
    {"LocalVolumes", value_local_volumes}, {"Mounts", value_mounts},
    {"Name", value_name},           {"Names", value_names},
    {"Networks", value_networks},   {"Ports", value_ports},
    {"Project", value_project},     {"Publishers", value_publishers},
    {"RunningFor", value_running_for}, {"Service", value_service},
    {"Size", value_size},           {"State", value_state},
    {"Status", value_status},
};
/* clang-format on */

static void add_value(const void *row, const char *field, const char *argument, struct text *out)
{
    const struct ps_row *ps_row = row;

    if (argument) {
        text_add(out, containers_label(ps_row->entry, argument));
        return;
    }
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (strcmp(values[i].field, field) == 0)
            values[i].add(ps_row, out);
}

#define DEFAULT_TABLE                                                                              \
    "{{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}"

static const char raw_template[] =
    "container_id: {{.ID}}\n"
    "image: {{.Image}}\n"
    "command: {{.Command}}\n"
    "created_at: {{.CreatedAt}}\n"
    "state:{{pad .State 1 0}}\n"
    "status:{{pad .Status 1 0}}\n"
    "names: {{.Names}}\n"
    "labels:{{pad .Labels 1 0}}\n"
    "ports:{{pad .Ports 1 0}}\n";

/* --status and --filter to one list of states. */
static bool wanted_states(const struct command_context *context, struct strings *ret_states,
                          struct error *err)
{
    const char *filter = options_string(context->options, "filter");
    const char *equals = strchr(filter, '=');

    *ret_states = *options_list(context->options, "status");
    if (!filter[0])
        return true;
    if (!equals)
        return error_set(err, ERROR_USAGE, "arguments to --filter should be in form KEY=VAL");
    if (text_starts_with(filter, "status=")) {
        strings_add(ret_states, context->arena, equals + 1);
        return true;
    }
    if (text_starts_with(filter, "source=")) {
        (void)error_set(err, ERROR_USAGE, "containers cannot be filtered by source");
        return error_hint(err, "--filter status=STATE is what there is");
    }
    return error_set(err, ERROR_USAGE, "unknown filter %.*s", (int)(equals - filter), filter);
}

/* The services to show: the arguments, which must exist where a file says what exists; or all of the model. */
static bool wanted_services(const struct command_context *context, struct strings *ret_services,
                            const char **ret_project, struct error *err)
{
    struct spec_project *project;

    *ret_services = context->options->arguments;
    if (!session_project(context, PROJECT_MODEL_OR_NAME, NULL, &project, err))
        return false;
    *ret_project = project->name;
    if (session_is_by_name(project))
        return true;
    for (size_t i = 0; i < ret_services->count; i++)
        if (!spec_project_service(project, ret_services->items[i])) {
            struct strings one = {.items = &ret_services->items[i], .count = 1};

            if (!spec_project_select(project, &one, true, true, err))
                return false;
        }
    if (ret_services->count == 0 && !options_bool(context->options, "orphans"))
        for (size_t i = 0; i < project->services.count; i++)
            strings_add(ret_services, context->arena, project->services.items[i].key);
    return true;
}

/* Without any, one empty line: the reference joins the names with line feeds and ends with one. */
static void print_services(struct command_context *context,
                           const struct engine_container_list *list)
{
    struct strings seen = {0};

    for (size_t i = 0; i < list->count; i++) {
        const char *service = containers_label(&list->items[i], LABEL_SERVICE);

        if (strings_contain(&seen, service))
            continue;
        strings_add(&seen, context->arena, service);
        console_print(context->console, "%s\n", service);
    }
    if (seen.count == 0)
        console_print(context->console, "\n");
}

/* An empty --format asks for psFormat of the docker CLI's configuration. */
static void choose_format(const struct command_context *context,
                          const struct engine_container_list *list, const char **ret_how,
                          const char **ret_table)
{
    const char *how = options_string(context->options, "format");

    *ret_table = DEFAULT_TABLE;
    for (size_t i = 0; i < list->count; i++)
        if (containers_label(&list->items[i], LABEL_ENGINE_NAME)[0])
            *ret_table = DEFAULT_TABLE "\t{{.Engine}}";
    if (!how[0])
        how = session_docker_config(context->session)->ps_format;
    *ret_how = strcmp(how, "raw") == 0 ? raw_template : how;
}

static bool print_list(struct command_context *context, const struct engine_container_list *list,
                       struct error *err)
{
    struct format format = {.fields = fields, .value = add_value, .minimum = 10, .padding = 3};
    struct ps_row *rows = arena_array(context->arena, list->count + 1, sizeof(*rows));
    const char *how;
    int64_t now_ns = instant_now();
    struct text text;
    bool good;

    choose_format(context, list, &how, &format.table);
    for (size_t i = 0; i < list->count; i++)
        rows[i] = (struct ps_row){.entry = &list->items[i],
                                  .now_ns = now_ns,
                                  .whole = options_bool(context->options, "no-trunc")};
    text_init(&text, 0);
    good = format_print(&format, how, rows, sizeof(*rows), list->count, context->arena, &text, err);
    if (good)
        console_write(context->console, text.bytes, text.length);
    text_finish(&text);
    return good;
}

static bool run_ps(struct command_context *context, struct error *err)
{
    struct options *options = context->options;
    struct engine_container_list list;
    struct strings services, states;
    const char *project;
    bool all = options_bool(options, "all");
    size_t kept = 0;

    if (!wanted_states(context, &states, err) ||
        !wanted_services(context, &services, &project, err))
        return false;
    all = all || states.count > 0;
    if (!containers_list(context->session, context->arena, project,
                         all ? CONTAINERS_STOPPED | CONTAINERS_ONEOFF : 0, &services, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (states.count == 0 || strings_contain(&states, list.items[i].state_text))
            list.items[kept++] = list.items[i];
    list.count = kept;

    if (options_bool(options, "quiet")) {
        for (size_t i = 0; i < list.count; i++)
            console_print(context->console, "%s\n", list.items[i].id);
        return true;
    }
    if (options_bool(options, "services")) {
        print_services(context, &list);
        return true;
    }
    return print_list(context, &list, err);
}

const struct command_body cmd_ps = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_ps,
};
