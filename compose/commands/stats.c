/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/format.h"
#include "compose/console/units.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "compose/streams/stats_feed.h"
#include "engine_client/query.h"
#include "engine_client/stats.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum {
    SHORT_ID = 12,
    MEMORY_DIGITS = 4,
    TRAFFIC_DIGITS = 3,
    REDRAW_MS = 500,
};

#define CLEAR_SCREEN "\033[2J\033[H"

/* clang-format off */
static const struct option option_rows[] = {
    {"all", 'a', OPTION_BOOL, .help = "Show all containers (default shows just running)"},
    {"format", .kind = OPTION_STRING, .values = "table|json", .help = FORMAT_HELP},
    {"no-stream", .kind = OPTION_BOOL, .help = "Disable streaming stats and only pull the first result"},
    {"no-trunc", .kind = OPTION_BOOL, .help = "Do not truncate output"},
    OPTION_END,
};

static const struct format_field fields[] = {
    {.name = "BlockIO",   .header = "BLOCK I/O"},
    {.name = "CPUPerc",   .header = "CPU %"},
    {.name = "Container", .header = "CONTAINER"},
    {.name = "ID",        .header = "CONTAINER ID"},
    {.name = "MemPerc",   .header = "MEM %"},
    {.name = "MemUsage",  .header = "MEM USAGE / LIMIT"},
    {.name = "Name",      .header = "NAME"},
    {.name = "NetIO",     .header = "NET I/O"},
    {.name = "PIDs",      .header = "PIDS"},
    {.name = NULL},
};
/* clang-format on */

struct row {
    const struct stats_item *item;
    bool whole; /* --no-trunc */
};

static void value_id(const struct row *row, struct text *out)
{
    text_addf(out, "%.*s", row->whole ? (int)strlen(row->item->id) : SHORT_ID, row->item->id);
}

/* As it was asked for, and that is how it is listed. */
static void value_container(const struct row *row, struct text *out)
{
    text_add(out, row->item->id);
}

static void value_name(const struct row *row, struct text *out)
{
    text_add(out, row->item->name);
}

static void value_cpu(const struct row *row, struct text *out)
{
    text_addf(out, "%.2f%%", row->item->sample.cpu_percent);
}

static void value_memory_percent(const struct row *row, struct text *out)
{
    text_addf(out, "%.2f%%", row->item->sample.memory_percent);
}

static void value_memory(const struct row *row, struct text *out)
{
    units_add_binary_size(out, (double)row->item->sample.memory_bytes, MEMORY_DIGITS);
    text_add(out, " / ");
    units_add_binary_size(out, (double)row->item->sample.memory_limit_bytes, MEMORY_DIGITS);
}

static void value_network(const struct row *row, struct text *out)
{
    units_add_size(out, (double)row->item->sample.network_received_bytes, TRAFFIC_DIGITS);
    text_add(out, " / ");
    units_add_size(out, (double)row->item->sample.network_sent_bytes, TRAFFIC_DIGITS);
}

static void value_block(const struct row *row, struct text *out)
{
    units_add_size(out, (double)row->item->sample.block_read_bytes, TRAFFIC_DIGITS);
    text_add(out, " / ");
    units_add_size(out, (double)row->item->sample.block_written_bytes, TRAFFIC_DIGITS);
}

static void value_pids(const struct row *row, struct text *out)
{
    text_addf(out, "%llu", (unsigned long long)row->item->sample.pids);
}

/* clang-format off */
static const struct {
    const char *field;
    void (*add)(const struct row *row, struct text *out);
    const char *unknown; /* before the first sample; NULL: known from the list */
} values[] = {
    {"BlockIO",   value_block,          "-- / --"},
    {"CPUPerc",   value_cpu,            "--"},
    {"Container", value_container,      NULL},
    {"ID",        value_id,             NULL},
    {"MemPerc",   value_memory_percent, "--"},
    {"MemUsage",  value_memory,         "-- / --"},
    {"Name",      value_name,           NULL},
    {"NetIO",     value_network,        "-- / --"},
    {"PIDs",      value_pids,           "--"},
};
/* clang-format on */

static void add_value(const void *row, const char *field, const char *argument, struct text *out)
{
    const struct row *stats_row = row;

    (void)argument;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (strcmp(values[i].field, field) != 0)
            continue;
        if (values[i].unknown && !stats_row->item->sampled)
            text_add(out, values[i].unknown);
        else
            values[i].add(stats_row, out);
    }
}

static const struct format stats_format = {
    .fields = fields,
    .value = add_value,
    .table =
        "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t"
        "{{.BlockIO}}\t{{.PIDs}}",
    .minimum = 10,
    .padding = 3,
};

struct stats {
    struct command_context *context;
    struct stats_feed *feed;
    uv_timer_t *redraw;
    bool waits; /* the timer runs */
    bool ended; /* with the failure */
    struct error failure;
};

/* The screen, or what stands for it, as of now. */
static bool print(struct command_context *context, const struct stats_item *const *items,
                  size_t count, bool clear, struct error *err)
{
    struct arena *arena = arena_create();
    struct row *rows = arena_array(arena, count + 1, sizeof(*rows));
    struct text text;
    bool good;

    for (size_t i = 0; i < count; i++)
        rows[i] = (struct row){items[i], options_bool(context->options, "no-trunc")};
    text_init(&text, 0);
    if (clear)
        text_add(&text, CLEAR_SCREEN);
    good = format_print(&stats_format, options_string(context->options, "format"), rows,
                        sizeof(*rows), count, arena, &text, err);
    if (good)
        console_write(context->console, text.bytes, text.length);
    text_finish(&text);
    arena_destroy(arena);
    return good;
}

static void end(struct stats *stats)
{
    stats->ended = true;
    session_stop(stats->context->session);
}

static void on_redraw(uv_timer_t *timer)
{
    struct stats *stats = timer->data;
    const struct stats_item *const *items;
    size_t count = stats_feed_items(stats->feed, &items);

    stats->waits = false;
    if (!stats->ended && !print(stats->context, items, count, true, &stats->failure))
        end(stats);
}

/* Samples come one after the other: what comes within half a second makes one picture. */
static void on_change(void *owner)
{
    struct stats *stats = owner;

    if (stats->waits)
        return;
    stats->waits = true;
    (void)uv_timer_start(stats->redraw, on_redraw, REDRAW_MS, 0);
}

static void on_lost(void *owner, const struct error *failure)
{
    struct stats *stats = owner;

    if (!stats->ended)
        error_copy(&stats->failure, failure);
    end(stats);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static bool stream(struct command_context *context, const struct stats_selection *selection,
                   struct error *err)
{
    struct stats stats = {.context = context, .redraw = xcalloc(1, sizeof(*stats.redraw))};
    bool good;

    error_init(&stats.failure);
    (void)uv_timer_init(session_loop(context->session), stats.redraw);
    stats.redraw->data = &stats;
    stats.feed = stats_feed_create(context->session, selection, on_change, on_lost, &stats);
    good =
        stats_feed_start(stats.feed, err) && session_run_until(context->session, &stats.ended, err);
    if (good && error_is_set(&stats.failure)) {
        error_move(err, &stats.failure);
        good = false;
    }
    stats_feed_destroy(stats.feed);
    (void)uv_timer_stop(stats.redraw);
    uv_close((uv_handle_t *)stats.redraw, on_timer_closed);
    error_finish(&stats.failure);
    return good;
}

/* One sample each, all asked for at once. */
static bool sample_once(struct command_context *context, const struct stats_selection *selection,
                        struct error *err)
{
    struct arena *arena = context->arena;
    struct engine_container_list list;
    const struct stats_item **items;
    struct session_call *calls;
    struct stats_item *rows;
    size_t count = 0;
    bool good = true;

    if (!containers_list(context->session, arena, selection->project,
                         stats_selection_flags(selection), &selection->services, &list, err))
        return false;
    calls = arena_array(arena, list.count + 1, sizeof(*calls));
    rows = arena_array(arena, list.count + 1, sizeof(*rows));
    items = arena_array(arena, list.count + 1, sizeof(*items));
    for (size_t i = 0; i < list.count; i++) {
        calls[i].path = engine_path(arena, "/containers/%s/stats", list.items[i].id);
        calls[i].query = "stream=0";
    }
    if (!session_fetch_all(context->session, arena, calls, list.count, err))
        return false;
    for (size_t i = 0; i < list.count && good; i++) {
        rows[i] =
            (struct stats_item){.id = list.items[i].id, .name = containers_name(&list.items[i])};
        if (error_is_set(&calls[i].failure))
            continue; /* gone since the list was made */
        rows[i].sampled = true;
        good = engine_stats_decode(arena, calls[i].answer, &rows[i].sample, err);
        items[count++] = &rows[i];
    }
    session_fetch_finish(calls, list.count);
    return good && print(context, items, count, false, err);
}

static bool run_stats(struct command_context *context, struct error *err)
{
    struct stats_selection selection = {.stopped = options_bool(context->options, "all")};
    struct spec_project *project;

    if (!session_project(context, PROJECT_NAME, NULL, &project, err))
        return false;
    selection.project = project->name;
    selection.services = context->options->arguments;
    return options_bool(context->options, "no-stream") ? sample_once(context, &selection, err)
                                                       : stream(context, &selection, err);
}

const struct command_body cmd_stats = {
    .usage = "[OPTIONS] [SERVICE]",
    .options = option_rows,
    .max_arguments = 1,
    .run = run_stats,
};
