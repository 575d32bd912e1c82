/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/console/since.h"
#include "compose/console/units.h"
#include "compose/observe/labels.h"
#include "compose/session/session.h"
#include "engine_client/events.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"json", .kind = OPTION_BOOL, .help = "Output events as a stream of json objects"},
    {"since", .kind = OPTION_STRING, .help = "Show all events created since timestamp"},
    {"until", .kind = OPTION_STRING, .help = "Stream events until this timestamp"},
    OPTION_END,
};
/* clang-format on */

struct event_printer {
    struct command_context *context;
    bool has_until;
    int64_t until_ns;
    bool json, ended;
    struct error failure;
};

static bool is_wanted(const struct event_printer *printer, const struct engine_event *event)
{
    const struct strings *services = &printer->context->options->arguments;

    if (strcmp(event->type, "container") != 0 ||
        strcmp(engine_event_attribute(event, LABEL_ONEOFF), "True") == 0)
        return false;
    return services->count == 0 ||
           strings_contain(services, engine_event_attribute(event, LABEL_SERVICE));
}

/* "exec_start: ls /" as the engine wrote it. */
static void add_action(struct text *out, const struct engine_event *event)
{
    text_add(out, event->action);
    if (event->detail[0])
        text_addf(out, ": %s", event->detail);
}

static void add_json(struct text *out, const struct engine_event *event)
{
    struct json_writer json;
    struct text part;

    text_init(&part, 0);
    json_begin(&json, out, 0);
    json_object_open(&json);
    add_action(&part, event);
    json_member_string(&json, "action", part.bytes);
    json_key(&json, "attributes");
    json_object_open(&json);
    for (size_t i = 0; i < event->attributes.count; i++)
        if (!text_starts_with(event->attributes.items[i].key, LABEL_PREFIX))
            json_member_string(&json, event->attributes.items[i].key,
                               event->attributes.items[i].value);
    json_object_close(&json);
    json_member_string(&json, "id", event->id);
    json_member_string(&json, "service", engine_event_attribute(event, LABEL_SERVICE));
    text_clear(&part);
    units_add_exact_instant(&part, event->time_ns);
    json_member_string(&json, "time", part.bytes);
    json_member_string(&json, "type", "container");
    json_object_close(&json);
    text_finish(&part);
}

enum { TIME_BYTES = 32 }; /* "2026-11-21 05:46:03" */

static void add_line(struct text *out, const struct engine_event *event)
{
    time_t seconds = (time_t)(event->time_ns / NS_PER_SECOND);
    char time_text[TIME_BYTES];
    const char *separator = "";
    struct tm parts;

    (void)localtime_r(&seconds, &parts);
    text_add_bytes(out, time_text,
                   strftime(time_text, sizeof(time_text), "%Y-%m-%d %H:%M:%S", &parts));
    text_addf(out, ".%06lld container ", (long long)(event->time_ns % NS_PER_SECOND / 1000));
    add_action(out, event);
    text_addf(out, " %s (", event->id);
    for (size_t i = 0; i < event->attributes.count; i++) {
        const struct pair *pair = &event->attributes.items[i];

        if (text_starts_with(pair->key, LABEL_PREFIX))
            continue;
        text_addf(out, "%s%s=", separator, pair->key);
        text_add_printable(out, pair->value, strlen(pair->value));
        separator = ", ";
    }
    text_add(out, ")\n");
}

static void on_event(void *owner, const struct engine_event *event)
{
    struct event_printer *printer = owner;
    struct text line;

    if (!is_wanted(printer, event))
        return;
    text_init(&line, 0);
    if (printer->json)
        add_json(&line, event);
    else
        add_line(&line, event);
    text_add_char(&line, '\n');
    console_write(printer->context->console, line.bytes, line.length);
    text_finish(&line);
}

/* An engine that shuts down ends its streams in good order. Its clock may differ from ours a little. */
static bool is_too_early(const struct event_printer *printer)
{
    return !printer->has_until || instant_now() < printer->until_ns - NS_PER_SECOND;
}

static void on_end(void *owner, const struct error *failure)
{
    struct event_printer *printer = owner;

    if (failure)
        error_copy(&printer->failure, failure);
    else if (is_too_early(printer))
        (void)error_set(&printer->failure, ERROR_CONNECTION, "the engine ended the event stream");
    printer->ended = true;
    session_stop(printer->context->session);
}

static bool read_instants(const struct options *options, struct engine_events_options *ret,
                          struct error *err)
{
    const char *since = options_string(options, "since"), *until = options_string(options, "until");
    int64_t now = instant_now();

    ret->has_since = since[0];
    ret->has_until = until[0];
    if (ret->has_since && !since_parse(since, now, &ret->since_ns, err))
        return error_wrap(err, "invalid value for \"since\"");
    if (ret->has_until && !since_parse(until, now, &ret->until_ns, err))
        return error_wrap(err, "invalid value for \"until\"");
    return true;
}

static bool run_events(struct command_context *context, struct error *err)
{
    static const struct engine_events_handlers handlers = {.on_event = on_event, .on_end = on_end};
    struct event_printer printer = {.context = context,
                                    .json = options_bool(context->options, "json")};
    struct engine_events_options how = {0};
    struct pairs filters = {0};
    struct engine_events *events;
    struct engine_client *client;
    struct spec_project *project;
    bool good;

    if (!read_instants(context->options, &how, err) ||
        !session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !session_client(context->session, &client, err))
        return false;
    pairs_add(&filters, context->arena, "type", "container");
    pairs_add(&filters, context->arena, "label",
              arena_printf(context->arena, LABEL_PROJECT "=%s", project->name));
    how.filters = &filters;
    printer.has_until = how.has_until;
    printer.until_ns = how.until_ns;
    error_init(&printer.failure);
    output_watch_reader(console_stdout(context->console));
    events = engine_events_start(client, &how, &handlers, &printer);
    good = session_run_until(context->session, &printer.ended, err);
    if (!good) {
        if (!printer.ended)
            engine_events_stop(events);
        session_drain(context->session, &printer.ended);
    } else if (error_is_set(&printer.failure)) {
        error_move(err, &printer.failure);
        good = false;
    }
    error_finish(&printer.failure);
    return good;
}

const struct command_body cmd_events = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_events,
};
