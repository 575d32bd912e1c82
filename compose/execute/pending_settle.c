/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/pending_settle.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/console.h"
#include "compose/observe/observed.h"
#include "compose/session/session.h"
#include "engine_client/client.h"
#include "engine_client/container.h"
#include "engine_client/events.h"
#include "engine_client/instant.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

enum {
    ARRIVAL_MS = 1000,     /* a request that was sent shows an effect within this time */
    RESTART_GAP_MS = 3000, /* between the two halves of a restart */
    SAME_CLOCK_MS = 2000,  /* the engine reports whole seconds of its clock */
    NS_PER_MS = 1000000,
};

struct settling {
    struct settle *owner;
    const struct pending_note *note;
    struct engine_request *request; /* an inspection */
    bool stirred;                   /* an event came since the inspection was sent */
    bool arrived;                   /* the engine works, or has worked, on the request */
    bool ended;
    int64_t ends_ms; /* of this machine's clock: not waited for after that */
};

struct settle {
    struct session *session;
    struct engine_client *client;
    struct arena *arena;
    struct settling *notes;
    size_t count;
    int64_t clock_ahead_ms; /* of the engine, against this machine */
    struct engine_events *events;
    bool opened; /* the stream has answered: what it does not report did not happen */
    bool announced, stopping, finished;
    uv_timer_t *timer;
};

static void inspect(struct settling *at);

static int64_t now_ms(void)
{
    return instant_now() / NS_PER_MS;
}

static bool is_creation(enum pending_kind kind)
{
    return kind == PENDING_CREATE || kind == PENDING_NETWORK || kind == PENDING_VOLUME;
}

static int64_t since_ns(const struct settling *at)
{
    return (at->note->since_ms + at->owner->clock_ahead_ms) * NS_PER_MS;
}

/* -- The verdict on one note -- */

static bool is_over(const struct settling *at, const struct engine_container *container)
{
    bool restarted = container->started_ns > since_ns(at);

    switch (at->note->kind) {
    case PENDING_STOP:
    case PENDING_KILL:
        return !container->running || restarted;
    case PENDING_START:
        return container->running;
    case PENDING_RESTART:
        return restarted;
    case PENDING_REMOVE:
        return false;
    case PENDING_CREATE:
    case PENDING_NETWORK:
    case PENDING_VOLUME:
    case PENDING_KINDS:
        break;
    }
    return true;
}

static void end_note(struct settling *at)
{
    at->ended = true;
    at->stirred = false;
}

static void announce(struct settle *settle)
{
    struct console *console = session_console(settle->session);

    for (size_t i = 0; !settle->announced && i < settle->count; i++)
        if (!settle->notes[i].ended)
            console_note(console, "Waiting for the engine: %s for an interrupted run\n",
                         pending_describe(settle->arena, settle->notes[i].note));
    settle->announced = true;
}

static void open_events(struct settle *settle);
static void close_events(struct settle *settle);

static void on_timer(uv_timer_t *timer);

/* Everything that is open either has a request in flight or waits for an event, at most until its time. */
static void advance(struct settle *settle)
{
    int64_t now = now_ms(), next = INT64_MAX;
    bool open = false;

    for (size_t i = 0; i < settle->count; i++) {
        struct settling *at = &settle->notes[i];

        if (!at->ended && (settle->stopping || now >= at->ends_ms) && !at->request)
            end_note(at);
        if (!at->ended && at->stirred && !at->request)
            inspect(at);
        open = open || at->request || !at->ended;
        if (!at->ended && !at->request && at->ends_ms < next)
            next = at->ends_ms;
    }
    if (!open && !settle->events) {
        settle->finished = true;
        session_stop(settle->session);
    } else if (!open) {
        close_events(settle);
    } else if (next != INT64_MAX) {
        (void)uv_timer_start(settle->timer, on_timer, next > now ? (uint64_t)(next - now) : 0, 0);
    }
}

static void on_timer(uv_timer_t *timer)
{
    advance(timer->data);
}

/* -- Inspections -- */

static void read_container(struct settling *at, struct engine_request *req)
{
    struct settle *settle = at->owner;
    struct engine_container container;
    struct error ignored;

    error_init(&ignored);
    if (!engine_container_decode(settle->arena, engine_request_body(req), &container, &ignored) ||
        is_over(at, &container))
        end_note(at);
    else if (container.state == ENGINE_STATE_REMOVING)
        at->arrived = true;
    if (at->arrived && at->ends_ms < at->note->until_ms && at->note->kind != PENDING_START)
        at->ends_ms = at->note->until_ms;
    error_finish(&ignored);
}

static bool is_listed(struct settling *at, struct engine_request *req)
{
    struct engine_container_list list;
    struct error ignored;
    bool good;

    error_init(&ignored);
    good =
        engine_container_list_decode(at->owner->arena, engine_request_body(req), &list, &ignored);
    error_finish(&ignored);
    return !good || list.count > 0;
}

static void on_inspected(void *owner, struct engine_request *req, const struct error *failure)
{
    struct settling *at = owner;
    struct settle *settle = at->owner;
    bool missing = failure && failure->kind == ERROR_ENGINE && failure->status == 404;

    at->request = NULL;
    if (is_creation(at->note->kind)) {
        if (at->note->kind == PENDING_CREATE && !failure ? is_listed(at, req) : !missing)
            end_note(at);
    } else if (failure) {
        end_note(at); /* gone; or the lists, which come next, report what is wrong */
    } else {
        read_container(at, req);
    }
    if (!at->ended)
        open_events(settle);
    advance(settle);
}

static const char *object_path(const struct settling *at)
{
    switch (at->note->kind) {
    case PENDING_NETWORK:
        return engine_path(at->owner->arena, "/networks/%s", at->note->id);
    case PENDING_VOLUME:
        return engine_path(at->owner->arena, "/volumes/%s", at->note->id);
    case PENDING_CREATE:
        return "/containers/json";
    case PENDING_START:
    case PENDING_STOP:
    case PENDING_KILL:
    case PENDING_RESTART:
    case PENDING_REMOVE:
    case PENDING_KINDS:
        break;
    }
    return engine_path(at->owner->arena, "/containers/%s/json", at->note->id);
}

/* A container that is being created can be inspected a moment before it is listed, and plans are made from lists. */
static const char *list_query(const struct settling *at)
{
    struct arena *arena = at->owner->arena;
    struct pairs filters = {0};
    struct text query;
    const char *copy;

    if (at->note->kind != PENDING_CREATE)
        return NULL;
    pairs_add(&filters, arena, "name", arena_printf(arena, "^/?%s$", at->note->id));
    text_init(&query, 0);
    engine_query_bool(&query, "all", true);
    engine_query_filters(&query, &filters);
    copy = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return copy;
}

static void inspect(struct settling *at)
{
    int64_t left_ms = at->note->until_ms - now_ms();
    struct engine_call call = {
        .method = "GET",
        .path = object_path(at),
        .query = list_query(at),
        .timeout_ms = left_ms > ARRIVAL_MS ? (uint64_t)left_ms : ARRIVAL_MS,
    };

    at->stirred = false;
    at->request = engine_request_start(at->owner->client, &call, on_inspected, at);
}

/* -- Events -- */

static bool concerns(const struct settling *at, const struct engine_event *event)
{
    const char *type = at->note->kind == PENDING_NETWORK  ? "network"
                       : at->note->kind == PENDING_VOLUME ? "volume"
                                                          : "container";

    return strcmp(event->type, type) == 0 &&
           (strcmp(event->id, at->note->id) == 0 ||
            (is_creation(at->note->kind) &&
             strcmp(engine_event_attribute(event, "name"), at->note->id) == 0));
}

static void note_event(struct settling *at, const char *action)
{
    bool dies = strcmp(action, "die") == 0, starts = strcmp(action, "start") == 0;

    at->stirred = true;
    if (!dies && !starts && strcmp(action, "kill") != 0)
        return;
    if (at->note->kind == PENDING_START && (dies || starts))
        end_note(at); /* what has started may have ended since */
    at->arrived = true;
    at->ends_ms =
        dies && at->note->kind == PENDING_RESTART ? now_ms() + RESTART_GAP_MS : at->note->until_ms;
}

static void on_event(void *owner, const struct engine_event *event)
{
    struct settle *settle = owner;

    for (size_t i = 0; i < settle->count; i++) {
        struct settling *at = &settle->notes[i];

        if (at->ended || !concerns(at, event) || event->time_ns < since_ns(at))
            continue;
        note_event(at, event->action);
    }
    advance(settle);
}

static void on_open(void *owner)
{
    struct settle *settle = owner;
    bool silent = !engine_client_is_podman(settle->client); /* that one reports ends only */

    settle->opened = true;
    for (size_t i = 0; i < settle->count; i++) {
        struct settling *at = &settle->notes[i];

        if (!at->ended && !at->arrived && !is_creation(at->note->kind) && silent)
            at->ends_ms = now_ms() + ARRIVAL_MS;
        at->stirred = true; /* the first inspection is older than the stream */
    }
    advance(settle);
    if (!settle->finished)
        announce(settle);
}

static void on_end(void *owner, const struct error *failure)
{
    struct settle *settle = owner;

    settle->events = NULL;
    if (!settle->stopping && failure && failure->kind != ERROR_CANCELED)
        for (size_t i = 0; i < settle->count; i++)
            end_note(&settle->notes[i]); /* no engine, nothing to wait for */
    advance(settle);
}

static void open_events(struct settle *settle)
{
    static const struct engine_events_handlers handlers = {on_open, on_event, on_end};
    struct engine_events_options options = {0};
    int64_t since = INT64_MAX;

    if (settle->events || settle->stopping || settle->opened)
        return;
    for (size_t i = 0; i < settle->count; i++)
        if (since_ns(&settle->notes[i]) < since)
            since = since_ns(&settle->notes[i]);
    options.has_since = true;
    options.since_ns = since;
    settle->events = engine_events_start(settle->client, &options, &handlers, settle);
}

static void close_events(struct settle *settle)
{
    if (!settle->stopping)
        engine_events_stop(settle->events);
    settle->stopping = true;
}

/* -- All of them -- */

static void give_up(struct settle *settle)
{
    for (size_t i = 0; i < settle->count; i++) {
        end_note(&settle->notes[i]);
        if (settle->notes[i].request)
            engine_request_cancel(settle->notes[i].request);
    }
    if (settle->events)
        close_events(settle);
    settle->stopping = true;
    advance(settle);
}

static void free_timer(uv_handle_t *handle)
{
    free(handle);
}

static void start(struct settle *settle, const struct pending_list *notes)
{
    int64_t clock_ns = engine_client_clock_ns(settle->client),
            ahead_ms = clock_ns / NS_PER_MS - now_ms();

    if (clock_ns == 0)
        ahead_ms = 0; /* it tells no time */
    if (ahead_ms > SAME_CLOCK_MS || ahead_ms < -SAME_CLOCK_MS)
        settle->clock_ahead_ms = ahead_ms;
    settle->notes = arena_array(settle->arena, notes->count, sizeof(*settle->notes));
    settle->count = notes->count;
    for (size_t i = 0; i < notes->count; i++) {
        settle->notes[i] = (struct settling){
            .owner = settle, .note = &notes->items[i], .ends_ms = notes->items[i].until_ms};
        inspect(&settle->notes[i]);
    }
    advance(settle);
}

bool pending_settle(struct session *session, const struct pending_list *notes, struct error *err)
{
    struct settle settle = {.session = session};
    bool good;

    if (notes->count == 0)
        return true;
    if (!session_client(session, &settle.client, err) ||
        !observe_negotiate(session, settle.client, err))
        return false;
    settle.arena = arena_create();
    settle.timer = xcalloc(1, sizeof(*settle.timer));
    (void)uv_timer_init(session_loop(session), settle.timer);
    settle.timer->data = &settle;
    start(&settle, notes);
    good = session_run_until(session, &settle.finished, err);
    if (!good) {
        give_up(&settle);
        session_drain(session, &settle.finished);
    }
    uv_close((uv_handle_t *)settle.timer, free_timer);
    arena_destroy(settle.arena);
    return good;
}
