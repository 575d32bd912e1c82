/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "compose/console/console.h"
#include "compose/observe/labels.h"
#include "compose/session/session_internal.h"
#include "engine_client/client.h"
#include "engine_client/event.h"
#include "engine_client/events.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"

enum {
    FIRST_RETRY_MS = 100,
    LONGEST_RETRY_MS = 2000,
    GIVE_UP_MS = 60000, /* an engine that restarts with many containers takes its time */
    MS_PER_SECOND = 1000,
};

/*
 * The stream outlives its connections: when one ends it is opened again from where it was, and the listeners list
 * anew. Only when the engine stays away is it lost.
 */
struct event_stream {
    struct session *session;
    struct engine_client *client;
    struct arena *arena;
    struct pairs filters;
    struct engine_events *connection; /* NULL between two connections */
    uv_timer_t retry;
    uint64_t retry_ms, away_since_ms; /* away_since_ms 0: connected */
    int64_t newest_ns;                /* of the events seen */
    struct session_listener *listeners;
    struct session_listener *next; /* the one to call next, kept right when one leaves meanwhile */
    bool open, closing;
    bool warned; /* of this gap */
};

static void connect_stream(struct event_stream *stream);

static void tell_ready(struct event_stream *stream)
{
    for (struct session_listener *at = stream->listeners; at; at = stream->next) {
        stream->next = at->next;
        if (at->on_ready)
            at->on_ready(at->owner);
    }
}

static void tell_away(struct event_stream *stream)
{
    for (struct session_listener *at = stream->listeners; at; at = stream->next) {
        stream->next = at->next;
        if (at->on_away)
            at->on_away(at->owner);
    }
}

static void on_open(void *owner)
{
    struct event_stream *stream = owner;

    stream->open = true;
    stream->warned = false;
    stream->away_since_ms = 0;
    stream->retry_ms = FIRST_RETRY_MS;
    tell_ready(stream);
}

static void on_event(void *owner, const struct engine_event *event)
{
    struct event_stream *stream = owner;

    if (event->time_ns > stream->newest_ns)
        stream->newest_ns = event->time_ns;
    for (struct session_listener *at = stream->listeners; at; at = stream->next) {
        stream->next = at->next;
        if (at->on_event)
            at->on_event(at->owner, event);
    }
}

static void on_retry_closed(uv_handle_t *handle)
{
    struct event_stream *stream = handle->data;

    arena_destroy(stream->arena);
    free(stream);
}

static void on_retry(uv_timer_t *timer)
{
    connect_stream(timer->data);
}

static void on_end(void *owner, const struct error *failure)
{
    struct event_stream *stream = owner;
    uint64_t now_ms = uv_now(&stream->session->loop);

    stream->connection = NULL;
    stream->open = false;
    if (stream->closing) {
        uv_close((uv_handle_t *)&stream->retry, on_retry_closed);
        return;
    }
    if (stream->away_since_ms == 0) {
        stream->away_since_ms = now_ms;
        tell_away(stream);
    }
    /* Before the first answer there is nothing to come back to. */
    if (stream->newest_ns == 0 || now_ms - stream->away_since_ms > GIVE_UP_MS) {
        struct error closed;

        error_init(&closed);
        if (!failure)
            (void)error_set(&closed, ERROR_CONNECTION, "the engine ended the event stream");
        for (struct session_listener *at = stream->listeners; at; at = stream->next) {
            stream->next = at->next;
            if (at->on_lost)
                at->on_lost(at->owner, failure ? failure : &closed);
        }
        error_finish(&closed);
        return;
    }
    (void)uv_timer_start(&stream->retry, on_retry, stream->retry_ms, 0);
    stream->retry_ms =
        stream->retry_ms * 2 < LONGEST_RETRY_MS ? stream->retry_ms * 2 : LONGEST_RETRY_MS;
}

static void start_connection(struct event_stream *stream)
{
    static const struct engine_events_handlers handlers = {on_open, on_event, on_end};
    struct engine_events_options options = {.filters = &stream->filters};

    /* The engine's clock less a second: the engine tells whole seconds only. */
    if (stream->newest_ns == 0)
        stream->newest_ns = engine_client_clock_ns(stream->client);
    options.has_since = true;
    options.since_ns = stream->newest_ns - NS_PER_SECOND;
    stream->connection = engine_events_start(stream->client, &options, &handlers, stream);
}

static void on_negotiated(void *owner, const struct engine_facts *facts,
                          const struct error *failure)
{
    struct event_stream *stream = owner;

    (void)facts;
    if (stream->closing || failure)
        on_end(stream, failure);
    else
        start_connection(stream);
}

static void connect_stream(struct event_stream *stream)
{
    if (engine_client_facts(stream->client)->known)
        start_connection(stream);
    else
        engine_client_negotiate(stream->client, on_negotiated, stream);
}

bool session_listen(struct session *session, const char *project, struct session_listener *listener,
                    struct error *err)
{
    struct event_stream *stream = session->events;

    if (!stream) {
        struct engine_client *client;

        if (!session_client(session, &client, err))
            return false;
        stream = xcalloc(1, sizeof(*stream));
        stream->session = session;
        stream->client = client;
        stream->arena = arena_create();
        stream->retry_ms = FIRST_RETRY_MS;
        pairs_add(&stream->filters, stream->arena, "type", "container");
        pairs_add(&stream->filters, stream->arena, "label",
                  arena_printf(stream->arena, LABEL_PROJECT "=%s", project));
        (void)uv_timer_init(&session->loop, &stream->retry);
        stream->retry.data = stream;
        session->events = stream;
        connect_stream(stream);
    }
    listener->next = stream->listeners;
    stream->listeners = listener;
    if (stream->open && listener->on_ready)
        listener->on_ready(listener->owner);
    return true;
}

void session_unlisten(struct session *session, struct session_listener *listener)
{
    struct event_stream *stream = session->events;

    if (!stream)
        return;
    if (stream->next == listener)
        stream->next = listener->next;
    for (struct session_listener **at = &stream->listeners; *at; at = &(*at)->next)
        if (*at == listener) {
            *at = listener->next;
            break;
        }
    if (!stream->listeners)
        session_events_close(session);
}

void session_warn_away(struct session *session)
{
    struct event_stream *stream = session->events;

    /* Before the first answer there is nothing to come back to. */
    if (!stream || stream->warned || stream->newest_ns == 0)
        return;
    stream->warned = true;
    console_warn(session_console(session),
                 "the connection to the engine is lost; trying again for %d seconds",
                 GIVE_UP_MS / MS_PER_SECOND);
}

void session_events_close(struct session *session)
{
    struct event_stream *stream = session->events;

    if (!stream)
        return;
    session->events = NULL;
    stream->closing = true;
    stream->listeners = NULL;
    stream->next = NULL;
    if (stream->connection)
        engine_events_stop(stream->connection);
    else if (engine_client_facts(stream->client)->known || stream->away_since_ms != 0)
        uv_close((uv_handle_t *)&stream->retry, on_retry_closed);
    /* Otherwise the negotiation is under way: on_negotiated() ends it. */
}
