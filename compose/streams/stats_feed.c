/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/stats_feed.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "engine_client/event.h"
#include "engine_client/json_lines.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

enum {
    FIRST_RETRY_MS = 100, /* the events of a container that has ended come before that */
    LONGEST_RETRY_MS = 10000,
};

/* One container. It outlives its place in the list by the end of its stream. */
struct source {
    struct stats_feed *feed;
    struct stats_item item; /* id and name are its own copies */
    struct arena *arena;    /* of the newest sample */
    struct engine_json_lines lines;
    struct engine_request *request; /* NULL: ended */
    bool listed, runs;
    bool steady;       /* its stream has told more than one sample */
    uint64_t retry_ms; /* until it is opened again, should it be cut; 0: it is not */
    struct source *next;
};

struct stats_feed {
    struct session *session;
    struct engine_client *client;
    const struct stats_selection *selection;
    stats_change_fn *on_change;
    stats_lost_fn *on_lost;
    void *owner;
    struct session_listener listener;
    bool listening, closing, idle;
    struct engine_request *listing;
    bool list_again;
    uv_timer_t *retry;      /* lists again what was cut */
    struct source *sources; /* sorted by name, those that are gone too */
    size_t open_streams;
    const struct stats_item **items; /* for stats_feed_items() */
    size_t item_room;
};

unsigned stats_selection_flags(const struct stats_selection *selection)
{
    return CONTAINERS_ONEOFF | CONTAINERS_UNHASHED | (selection->stopped ? CONTAINERS_STOPPED : 0);
}

static void note_idle(struct stats_feed *feed)
{
    feed->idle = feed->open_streams == 0 && !feed->listing;
}

/* Streams */

static bool on_line(void *owner, struct span line, struct error *err)
{
    struct source *source = owner;
    struct arena *arena = arena_create();
    struct engine_stats sample;

    if (!engine_stats_decode(arena, line, &sample, err)) {
        arena_destroy(arena);
        return false;
    }
    arena_destroy(source->arena);
    source->arena = arena;
    source->item.sample = sample;
    source->item.sampled = true;
    if (source->steady)
        source->retry_ms = FIRST_RETRY_MS;
    source->steady = true;
    source->feed->on_change(source->feed->owner);
    return true;
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct source *source = owner;
    struct error bad;

    error_init(&bad);
    if (!engine_json_lines_feed(&source->lines, bytes, on_line, source, &bad))
        engine_request_cancel(request); /* a sample that makes no sense: none is shown any more */
    error_finish(&bad);
}

static void start_list(struct stats_feed *feed);

/* The stream of one that should run has been cut, and no event has told why: does it? */
static bool is_cut(const struct source *source)
{
    return source->listed && source->runs && !source->request && source->retry_ms > 0;
}

static void on_retry(uv_timer_t *timer)
{
    struct stats_feed *feed = timer->data;

    for (const struct source *at = feed->sources; at; at = at->next)
        if (is_cut(at)) {
            start_list(feed);
            return;
        }
}

static void on_stream_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct source *source = owner;
    struct stats_feed *feed = source->feed;

    (void)request;
    source->request = NULL;
    feed->open_streams--;
    note_idle(feed);
    /* What the engine refuses, or what made no sense, is not asked for again. */
    if (failure && failure->kind != ERROR_CONNECTION)
        source->retry_ms = 0;
    /* It has stopped or is gone: the events tell, and the list says what remains. Or it was cut. */
    if (feed->closing || !is_cut(source))
        return;
    if (!uv_is_active((uv_handle_t *)feed->retry) ||
        uv_timer_get_due_in(feed->retry) > source->retry_ms)
        (void)uv_timer_start(feed->retry, on_retry, source->retry_ms, 0);
    source->retry_ms =
        source->retry_ms * 2 < LONGEST_RETRY_MS ? source->retry_ms * 2 : LONGEST_RETRY_MS;
}

static void open_stream(struct source *source)
{
    struct arena *arena = arena_create();
    struct engine_call call = {
        .method = "GET",
        .path = engine_path(arena, "/containers/%s/stats", source->item.id),
        .query = "stream=1",
        .on_chunk = on_chunk,
    };

    source->steady = false;
    engine_json_lines_finish(&source->lines); /* half a line, where it was cut */
    engine_json_lines_init(&source->lines);
    source->request = engine_request_start(source->feed->client, &call, on_stream_done, source);
    source->feed->open_streams++;
    arena_destroy(arena);
}

static void free_source(struct source *source)
{
    engine_json_lines_finish(&source->lines);
    arena_destroy(source->arena);
    free((void *)(uintptr_t)source->item.id);
    free((void *)(uintptr_t)source->item.name);
    free(source);
}

/* The list */

static struct source **find(struct stats_feed *feed, const char *id)
{
    struct source **at = &feed->sources;

    while (*at && strcmp((*at)->item.id, id) != 0)
        at = &(*at)->next;
    return at;
}

static bool runs(const struct engine_container_entry *entry)
{
    return entry->state == ENGINE_STATE_RUNNING || entry->state == ENGINE_STATE_PAUSED;
}

static void add_source(struct stats_feed *feed, const struct engine_container_entry *entry)
{
    struct source *source = xcalloc(1, sizeof(*source));
    struct source **at = &feed->sources;

    source->feed = feed;
    source->item.id = xstrdup(entry->id);
    source->item.name = xstrdup(containers_name(entry));
    source->listed = true;
    source->runs = runs(entry);
    source->retry_ms = FIRST_RETRY_MS;
    engine_json_lines_init(&source->lines);
    while (*at && strcmp((*at)->item.name, source->item.name) <= 0)
        at = &(*at)->next;
    source->next = *at;
    *at = source;
    open_stream(source);
}

static void apply_list(struct stats_feed *feed, const struct engine_container_list *list)
{
    for (struct source *at = feed->sources; at; at = at->next)
        at->listed = false;
    for (size_t i = 0; i < list->count; i++) {
        struct source *known = *find(feed, list->items[i].id);

        if (!known) {
            add_source(feed, &list->items[i]);
            continue;
        }
        known->listed = true;
        known->runs = runs(&list->items[i]);
        if (!known->request)
            open_stream(known);
    }
    for (struct source **at = &feed->sources; *at;) {
        struct source *source = *at;

        if (!source->listed && source->request)
            engine_request_cancel(source->request);
        if (source->listed || source->request) {
            at = &source->next;
            continue;
        }
        *at = source->next;
        free_source(source);
    }
    feed->on_change(feed->owner);
}

static void on_listed(void *owner, struct engine_request *request, const struct error *failure)
{
    struct stats_feed *feed = owner;
    struct arena *arena = arena_create();
    struct engine_container_list list;
    struct error bad;

    feed->listing = NULL;
    error_init(&bad);
    if (feed->closing)
        note_idle(feed);
    else if (failure)
        feed->on_lost(feed->owner, failure);
    else if (!containers_decode(arena, engine_request_body(request), &feed->selection->services,
                                &list, &bad))
        feed->on_lost(feed->owner, &bad);
    else
        apply_list(feed, &list);
    if (feed->list_again && !feed->closing)
        start_list(feed);
    error_finish(&bad);
    arena_destroy(arena);
}

static void start_list(struct stats_feed *feed)
{
    struct engine_call call = {.method = "GET", .path = "/containers/json"};
    struct arena *arena;
    struct text query;

    feed->list_again = feed->listing != NULL;
    if (feed->listing)
        return;
    arena = arena_create();
    text_init(&query, 0);
    containers_query(&query, arena, feed->selection->project,
                     stats_selection_flags(feed->selection), &feed->selection->services);
    call.query = query.bytes;
    feed->listing = engine_request_start(feed->client, &call, on_listed, feed);
    text_finish(&query);
    arena_destroy(arena);
}

static void on_ready(void *owner)
{
    start_list(owner);
}

/* Is the engine gone, or only its stream? Numbers of a while ago are no use to anybody: the list tells at once. */
static void on_away(void *owner)
{
    start_list(owner);
}

static void on_event(void *owner, const struct engine_event *event)
{
    static const char *const changes[] = {"create", "start", "die", "destroy", "rename"};

    for (size_t i = 0; i < COUNT_OF(changes); i++)
        if (strcmp(event->action, changes[i]) == 0)
            start_list(owner);
}

static void on_events_lost(void *owner, const struct error *failure)
{
    struct stats_feed *feed = owner;

    feed->on_lost(feed->owner, failure);
}

/* Life */

struct stats_feed *stats_feed_create(struct session *session,
                                     const struct stats_selection *selection,
                                     stats_change_fn *on_change, stats_lost_fn *on_lost,
                                     void *owner)
{
    struct stats_feed *feed = xcalloc(1, sizeof(*feed));
    uv_timer_t *retry = xcalloc(1, sizeof(*retry));

    (void)uv_timer_init(session_loop(session), retry);
    retry->data = feed;
    *feed = (struct stats_feed){
        .session = session,
        .selection = selection,
        .on_change = on_change,
        .on_lost = on_lost,
        .owner = owner,
        .retry = retry,
        .listener = {.on_ready = on_ready,
                     .on_event = on_event,
                     .on_away = on_away,
                     .on_lost = on_events_lost,
                     .owner = feed},
    };
    return feed;
}

bool stats_feed_start(struct stats_feed *feed, struct error *err)
{
    if (!session_client(feed->session, &feed->client, err) ||
        !session_listen(feed->session, feed->selection->project, &feed->listener, err))
        return false;
    feed->listening = true;
    return true;
}

size_t stats_feed_items(struct stats_feed *feed, const struct stats_item *const **ret_items)
{
    size_t count = 0;

    for (const struct source *at = feed->sources; at; at = at->next) {
        if (!at->listed)
            continue;
        feed->items = xgrow(feed->items, &feed->item_room, count + 1, sizeof(struct stats_item *));
        feed->items[count++] = &at->item;
    }
    *ret_items = feed->items;
    return count;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void stats_feed_destroy(struct stats_feed *feed)
{
    feed->closing = true;
    if (feed->listening)
        session_unlisten(feed->session, &feed->listener);
    if (feed->listing)
        engine_request_cancel(feed->listing);
    for (struct source *at = feed->sources; at; at = at->next)
        if (at->request)
            engine_request_cancel(at->request);
    note_idle(feed);
    session_drain(feed->session, &feed->idle);
    while (feed->sources) {
        struct source *next = feed->sources->next;

        free_source(feed->sources);
        feed->sources = next;
    }
    uv_close((uv_handle_t *)feed->retry, on_timer_closed);
    free((void *)feed->items);
    free(feed);
}
