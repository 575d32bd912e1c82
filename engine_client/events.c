/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/events.h"

#include <stdlib.h>

#include "engine_client/client.h"
#include "engine_client/instant.h"
#include "engine_client/json_lines.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"

struct engine_events {
    struct engine_events_handlers handlers;
    void *owner;
    struct engine_request *request;
    struct engine_json_lines lines;
    struct error failure;
};

static bool on_line(void *owner, struct span line, struct error *err)
{
    struct engine_events *events = owner;
    struct arena *arena = arena_create();
    struct engine_event event;
    bool good = engine_event_decode(arena, line, &event, err);

    if (good)
        events->handlers.on_event(events->owner, &event);
    arena_destroy(arena);
    return good;
}

static void on_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct engine_events *events = owner;

    if (!engine_json_lines_feed(&events->lines, bytes, on_line, events, &events->failure))
        engine_request_cancel(req);
}

static void on_open(void *owner, struct engine_request *req UNUSED)
{
    struct engine_events *events = owner;

    if (events->handlers.on_open)
        events->handlers.on_open(events->owner);
}

static void on_done(void *owner, struct engine_request *req UNUSED, const struct error *failure)
{
    struct engine_events *events = owner;

    if (error_is_set(&events->failure))
        failure = &events->failure;
    events->handlers.on_end(events->owner, failure);
    engine_json_lines_finish(&events->lines);
    error_finish(&events->failure);
    free(events);
}

struct engine_events *engine_events_start(struct engine_client *client,
                                          const struct engine_events_options *options,
                                          const struct engine_events_handlers *handlers,
                                          void *owner)
{
    struct engine_events *events = xcalloc(1, sizeof(*events));
    struct arena *arena = arena_create();
    struct engine_call call = {
        .method = "GET", .path = "/events", .on_open = on_open, .on_chunk = on_chunk};
    struct text query;

    events->handlers = *handlers;
    events->owner = owner;
    engine_json_lines_init(&events->lines);
    error_init(&events->failure);
    text_init(&query, 0);
    if (options->has_since)
        engine_query_add(&query, "since", instant_query(arena, options->since_ns));
    if (options->has_until)
        engine_query_add(&query, "until", instant_query(arena, options->until_ns));
    engine_query_filters(&query, options->filters);
    call.query = query.bytes;
    events->request = engine_request_start(client, &call, on_done, events);
    text_finish(&query);
    arena_destroy(arena);
    return events;
}

void engine_events_stop(struct engine_events *events)
{
    engine_request_cancel(events->request);
}
