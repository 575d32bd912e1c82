/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/log_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose/console.h"
#include "compose/containers.h"
#include "compose/labels.h"
#include "compose/log_merge.h"
#include "compose/log_reader.h"
#include "compose/session.h"
#include "engine_client/client.h"
#include "engine_client/event.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"

enum { COME_BACK_MS = 10000 }; /* how long a container that was stopped through the API may take */

/* One container. It stays, once known, until the end: its cursor serves every later start. */
struct item {
    struct log_follow *follow;
    struct item *next;
    const char *id, *service, *name; /* in the arena */
    struct log_source *source;
    struct log_stream *stream;
    struct log_reader *reader; /* NULL until it was inspected */
    struct engine_request *inspect;

    bool known;  /* it was inspected */
    bool silent; /* only its end is of interest: reader stays NULL */
    bool running, gone;
    bool restarting;     /* its policy will start it again */
    bool stopped_by_api; /* somebody asked for its end */
    bool open_again;     /* it has started while its old log was still being read */
    bool fresh;          /* it came while we watched: all of its log is shown */
    bool passing_over;   /* the end of its old log is being looked for */
    bool last_words;     /* what is read now is what followed the end of the stream */
    bool exit_due;       /* its end is to be told once its output is */
    bool inspect_again;  /* something happened to it while it was inspected */
    int exit_code;
    int64_t started_ns, died_ns;
    uint64_t died_at_ms; /* on our clock */
};

struct log_follow {
    struct session *session;
    struct engine_client *client;
    struct log_follow_options options;
    struct arena *arena;
    struct log_printer *printer;
    struct log_merge *merge;
    struct session_listener listener;
    struct item *items;
    struct engine_request *list;
    uv_timer_t *come_back;
    size_t in_flight;
    bool listening, listed, started, waiting, ended, draining, closing;
    bool list_again; /* a container that the list may lack has started */
    struct error failure;
};

static void check_end(struct log_follow *follow);
static void list_containers(struct log_follow *follow);
static void open_item(struct item *item);
static void ask_for_log(struct item *item, bool live);
static void inspect_item(struct item *item);

struct log_follow *log_follow_create(struct session *session, const struct log_follow_options *options)
{
    struct log_follow *follow = xcalloc(1, sizeof(*follow));

    follow->session = session;
    follow->options = *options;
    follow->arena = arena_create();
    follow->printer = log_printer_create(session_console(session), &options->printing);
    follow->merge = log_merge_create(session_loop(session), session_console(session), follow->printer,
                                     !options->follow, !options->printing.split);
    follow->come_back = xcalloc(1, sizeof(*follow->come_back));
    (void)uv_timer_init(session_loop(session), follow->come_back);
    follow->come_back->data = follow;
    error_init(&follow->failure);
    return follow;
}

static void finish_wait(struct log_follow *follow)
{
    follow->ended = true;
    if (follow->waiting)
        session_stop(follow->session);
}

static void fail(struct log_follow *follow, const struct error *failure)
{
    if (!error_is_set(&follow->failure))
        error_copy(&follow->failure, failure);
    finish_wait(follow);
}

/* A request of ours has ended. */
static void landed(struct log_follow *follow)
{
    follow->in_flight--;
    if (follow->closing && follow->in_flight == 0)
        session_stop(follow->session);
}

static bool is_watched(const struct log_follow *follow, const struct pairs *labels)
{
    const struct log_follow_options *options = &follow->options;
    const struct pair *service = pairs_find(labels, LABEL_SERVICE);
    const struct pair *oneoff = pairs_find(labels, LABEL_ONEOFF);
    const struct pair *number = pairs_find(labels, LABEL_NUMBER);
    int64_t index = 0;

    if (!service || !pairs_find(labels, LABEL_CONFIG_HASH) ||
        (oneoff && strcmp(oneoff->value, "True") == 0))
        return false;
    if (options->index > 0 &&
        (!number || !number_parse_int64(number->value, &index) || index != options->index))
        return false;
    if (options->services.count > 0)
        return strings_contain(&options->services, service->value);
    return !strings_contain(&options->unwatched, service->value);
}

static struct item *find_item(struct log_follow *follow, const char *id)
{
    for (struct item *item = follow->items; item; item = item->next)
        if (strcmp(item->id, id) == 0)
            return item;
    return NULL;
}

static void tell_exit(struct item *item)
{
    char message[64]; /* the text below and a number */

    if (!item->exit_due || item->inspect || (item->reader && log_reader_is_open(item->reader)))
        return;
    item->exit_due = false;
    if (!item->follow->options.follow)
        return;
    (void)snprintf(message, sizeof(message), "exited with code %d%s", item->exit_code,
                   item->restarting ? " (restarting)" : "");
    if (!item->silent)
        log_stream_status(item->stream, message);
    if (item->follow->options.on_exit)
        item->follow->options.on_exit(item->follow->options.owner, item->service, item->exit_code,
                                      item->restarting);
}

static void on_printed(void *owner)
{
    struct item *item = owner;

    if (item->reader)
        log_reader_go_on(item->reader);
    check_end(item->follow);
}

static void on_reader_closed(void *owner, const struct error *failure)
{
    struct item *item = owner;
    struct log_follow *follow = item->follow;

    log_stream_close(item->stream);
    landed(follow);
    if (follow->closing)
        return;
    if (item->passing_over) {
        item->passing_over = false;
        if (item->open_again)
            open_item(item);
        check_end(follow);
        return;
    }
    /* An engine that is away comes back, or the event stream gives up; a removed container has told all. */
    if (failure && failure->kind == ERROR_ENGINE && failure->status != 404 && failure->status != 409)
        console_warn(session_console(follow->session), "Can't retrieve logs for \"%s\": %s", item->name,
                     failure->engine_message);
    else if (failure && failure->kind != ERROR_ENGINE && !follow->options.follow)
        fail(follow, failure);
    /*
     * A follower may miss the last line of a container that ends without a newline (seen with 20.10): what stands
     * behind the cursor is read once more.
     */
    if (follow->options.follow && !failure && !item->last_words) {
        item->last_words = true;
        ask_for_log(item, false);
        return;
    }
    tell_exit(item);
    if (item->open_again && !failure)
        open_item(item);
    check_end(follow);
}

static void open_item(struct item *item)
{
    item->open_again = false;
    item->last_words = false;
    ask_for_log(item, item->follow->options.follow);
}

/* live: until the container ends; else what there is. */
static void ask_for_log(struct item *item, bool live)
{
    const struct log_follow_options *options = &item->follow->options;
    struct log_reader_query query = {.follow = live, .until_ns = options->until_ns};

    if (!item->fresh) {
        query.since_ns = options->since_ns;
        query.tail = options->only_new && item->running ? "0" : options->tail;
    }
    item->follow->in_flight++;
    log_reader_open(item->reader, &query);
}

/* It is known what it is: read it. */
static void begin_item(struct item *item, const struct engine_container *container)
{
    struct log_follow *follow = item->follow;

    item->known = true;
    item->running = container->running;
    item->restarting = container->restarting;
    item->started_ns = container->started_ns;
    if (item->silent)
        return;
    item->reader = log_reader_create(follow->client, item->id, container->tty, on_reader_closed, item);
    log_reader_set_stream(item->reader, item->stream);
    if (!follow->options.only_new || item->fresh || item->running) {
        open_item(item);
    } else if (container->finished_ns > 0) {
        item->passing_over = true; /* what was said in earlier lives is not shown */
        follow->in_flight++;
        log_reader_pass_over(item->reader);
    }
}

static void on_inspected(void *owner, struct engine_request *request, const struct error *failure)
{
    struct item *item = owner;
    struct log_follow *follow = item->follow;
    struct engine_container container;
    struct arena *arena;
    struct error ignored;
    bool known;

    item->inspect = NULL;
    landed(follow);
    if (follow->closing)
        return;
    if (item->inspect_again) {
        item->inspect_again = false;
        inspect_item(item);
        return;
    }
    arena = arena_create();
    error_init(&ignored);
    known = !failure && engine_container_decode(arena, engine_request_body(request), &container, &ignored);
    if (!known && failure && failure->kind != ERROR_ENGINE && !follow->options.follow)
        fail(follow, failure);
    if (known && !item->known)
        begin_item(item, &container);
    else if (known && !item->running)
        item->restarting = container.restarting || container.running;
    tell_exit(item);
    error_finish(&ignored);
    arena_destroy(arena);
    check_end(follow);
}

static void inspect_item(struct item *item)
{
    struct log_follow *follow = item->follow;
    struct engine_call call = {.method = "GET"};
    struct arena *arena;

    if (item->inspect)
        return;
    arena = arena_create();
    call.path = engine_path(arena, "/containers/%s/json", item->id);
    follow->in_flight++;
    item->inspect = engine_request_start(follow->client, &call, on_inspected, item);
    arena_destroy(arena);
}

/* `name` without the slash; the container is read once it was inspected. */
static struct item *add_item(struct log_follow *follow, const char *id, const char *name,
                             const char *service, bool fresh)
{
    struct item *item = arena_alloc(follow->arena, sizeof(*item));
    struct item **at = &follow->items;
    size_t length = strlen(follow->options.project);
    const char *shown = name;
    bool recreated = false;

    if (strncmp(name, follow->options.project, length) == 0 &&
        (name[length] == '-' || name[length] == '_') && name[length + 1])
        shown = name + length + 1;
    for (; *at; at = &(*at)->next)
        recreated = recreated || strcmp((*at)->name, name) == 0;
    *item = (struct item){.follow = follow, .fresh = fresh};
    item->id = arena_strdup(follow->arena, id);
    item->name = arena_strdup(follow->arena, name);
    item->service = arena_strdup(follow->arena, service);
    item->silent = strings_contain(&follow->options.silent, service);
    inspect_item(item);
    *at = item;
    if (item->silent)
        return item;
    item->source = log_printer_add(follow->printer, shown, NULL);
    log_printer_describe(item->source, service, name);
    item->stream = log_merge_add(follow->merge, item->source, on_printed, item);
    if (recreated && fresh)
        log_stream_status(item->stream, "has been recreated");
    return item;
}

/* Events. */

static void on_start(struct log_follow *follow, struct item *item, const struct engine_event *event)
{
    if (!item && (!follow->listed || follow->list)) {
        follow->list_again = true; /* the stream begins early: it may be gone, or be in the list */
        return;
    }
    if (!item) {
        item = add_item(follow, event->id, engine_event_attribute(event, "name"),
                        engine_event_attribute(event, LABEL_SERVICE), true);
        item->running = true;
        return;
    }
    if (item->running || event->time_ns < item->started_ns)
        return;
    item->running = true;
    item->stopped_by_api = false;
    item->restarting = false;
    item->gone = false;
    /* Of a life that we have seen begin, all is shown. */
    item->fresh = item->fresh || follow->options.only_new;
    if (!item->known) {
        item->inspect_again = true;
        return;
    }
    if (item->silent)
        return;
    if (item->died_ns != 0)
        log_reader_begin_at(item->reader, item->died_ns);
    if (log_reader_is_open(item->reader))
        item->open_again = true;
    else
        open_item(item);
}

static void on_die(struct item *item, const struct engine_event *event)
{
    /* The stream begins a second early: an end from before the known start is old news. */
    if (event->time_ns < item->started_ns || event->time_ns <= item->died_ns)
        return;
    item->running = false;
    item->exit_code = event->exit_code;
    item->died_ns = event->time_ns;
    item->died_at_ms = uv_now(session_loop(item->follow->session));
    item->exit_due = true;
    if (!item->known)
        item->inspect_again = true;
    else if (item->stopped_by_api)
        tell_exit(item);
    else
        inspect_item(item); /* will its policy start it again? */
    check_end(item->follow);
}

static void on_event(void *owner, const struct engine_event *event)
{
    struct log_follow *follow = owner;
    struct item *item = find_item(follow, event->id);

    if (!item && !is_watched(follow, &event->attributes))
        return;
    if (strcmp(event->action, "start") == 0)
        on_start(follow, item, event);
    else if (!item)
        return;
    else if (strcmp(event->action, "die") == 0)
        on_die(item, event);
    else if (strcmp(event->action, "kill") == 0 || strcmp(event->action, "stop") == 0)
        item->stopped_by_api = true;
    else if (strcmp(event->action, "destroy") == 0) {
        item->gone = true;
        item->running = item->restarting = false;
        check_end(follow);
    }
}

/* What the list says of a container that is known: after a gap the events in it are missing. */
static void update_item(struct item *item, const struct engine_container_entry *entry)
{
    bool runs = entry->state == ENGINE_STATE_RUNNING || entry->state == ENGINE_STATE_PAUSED;

    if (!item->known)
        return;
    if (item->running && !runs && entry->state != ENGINE_STATE_RESTARTING) {
        item->exit_code = entry->exit_code;
        item->exit_due = true;
        item->died_at_ms = uv_now(session_loop(item->follow->session));
    }
    item->running = runs;
    item->restarting = entry->state == ENGINE_STATE_RESTARTING;
    if (runs && item->reader && !log_reader_is_open(item->reader))
        open_item(item);
    tell_exit(item);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(containers_name(a), containers_name(b));
}

static void take_list(struct log_follow *follow, struct engine_container_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), by_name);
    for (struct item *item = follow->items; item; item = item->next)
        item->gone = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct engine_container_entry *entry = &list->items[i];
        struct item *item = find_item(follow, entry->id);

        if (item) {
            item->gone = false;
            update_item(item, entry);
        } else if (is_watched(follow, &entry->labels)) {
            (void)add_item(follow, entry->id, containers_name(entry),
                           containers_label(entry, LABEL_SERVICE), follow->started);
        }
    }
    for (struct item *item = follow->items; item; item = item->next)
        if (item->gone)
            item->running = item->restarting = false;
}

static void on_listed(void *owner, struct engine_request *request, const struct error *failure)
{
    struct log_follow *follow = owner;
    struct engine_container_list list;
    struct error mine;

    follow->list = NULL;
    landed(follow);
    if (follow->closing)
        return;
    error_init(&mine);
    follow->listed = true;
    if (follow->list_again) {
        follow->list_again = false;
        list_containers(follow);
    }
    if (failure)
        error_copy(&mine, failure);
    else if (engine_container_list_decode(follow->arena, engine_request_body(request), &list, &mine))
        take_list(follow, &list);
    if (error_is_set(&mine))
        fail(follow, &mine);
    error_finish(&mine);
    check_end(follow);
}

static void list_containers(struct log_follow *follow)
{
    struct engine_call call = {.method = "GET", .path = "/containers/json"};
    struct arena *arena;
    struct pairs filters = {0};
    struct text query;

    if (follow->list)
        return;
    arena = arena_create();
    text_init(&query, 0);
    pairs_add(&filters, arena, "label", arena_printf(arena, LABEL_PROJECT "=%s", follow->options.project));
    pairs_add(&filters, arena, "label", LABEL_CONFIG_HASH);
    pairs_add(&filters, arena, "label", LABEL_ONEOFF "=False");
    engine_query_bool(&query, "all", true);
    engine_query_filters(&query, &filters);
    call.query = query.bytes;
    follow->in_flight++;
    follow->list = engine_request_start(follow->client, &call, on_listed, follow);
    text_finish(&query);
    arena_destroy(arena);
}

static void on_ready(void *owner)
{
    list_containers(owner);
}

static void on_lost(void *owner, const struct error *failure)
{
    fail(owner, failure);
}

/* The end. */

static void on_come_back(uv_timer_t *timer)
{
    check_end(timer->data);
}

/* Is there, or will there be, something to read or to print of it? */
static bool is_speaking(const struct item *item)
{
    return item->inspect || (item->reader && log_reader_is_open(item->reader)) ||
           (item->stream && !log_stream_is_empty(item->stream));
}

static bool is_busy(const struct item *item)
{
    const struct log_follow *follow = item->follow;

    if (!follow->options.follow)
        return is_speaking(item);
    if (follow->draining)
        return !item->running && is_speaking(item);
    return item->running || item->restarting || item->exit_due || is_speaking(item);
}

static void check_end(struct log_follow *follow)
{
    uint64_t now_ms = uv_now(session_loop(follow->session)), left_ms = 0;

    if (follow->ended || follow->list)
        return;
    if (!follow->started) {
        for (struct item *item = follow->items; item; item = item->next)
            if (item->inspect || item->passing_over)
                return;
        follow->started = true;
        if (follow->waiting)
            session_stop(follow->session);
        return;
    }
    for (struct item *item = follow->items; item; item = item->next) {
        uint64_t since_ms = now_ms - item->died_at_ms;

        if (is_busy(item))
            return;
        if (item->stopped_by_api && !item->gone && since_ms < COME_BACK_MS &&
            COME_BACK_MS - since_ms > left_ms)
            left_ms = COME_BACK_MS - since_ms;
    }
    if (follow->options.follow && !follow->draining && left_ms > 0)
        (void)uv_timer_start(follow->come_back, on_come_back, left_ms, 0);
    else
        finish_wait(follow);
}

/* What callers do. */

static bool turn(struct log_follow *follow, struct error *err)
{
    bool good;

    follow->waiting = true;
    good = session_run(follow->session, err);
    follow->waiting = false;
    if (good && error_is_set(&follow->failure)) {
        error_move(err, &follow->failure);
        return false;
    }
    return good;
}

bool log_follow_start(struct log_follow *follow, struct error *err)
{
    if (!session_client(follow->session, &follow->client, err))
        return false;
    if (follow->options.follow) {
        follow->listener = (struct session_listener){
            .on_ready = on_ready, .on_event = on_event, .on_lost = on_lost, .owner = follow};
        if (!session_listen(follow->session, follow->options.project, &follow->listener, err))
            return false;
        follow->listening = true;
    } else {
        list_containers(follow);
    }
    return turn(follow, err);
}

bool log_follow_wait(struct log_follow *follow, struct error *err)
{
    follow->ended = false;
    uv_update_time(session_loop(follow->session));
    check_end(follow);
    if (follow->ended)
        return true;
    return turn(follow, err);
}

void log_follow_stop(struct log_follow *follow)
{
    finish_wait(follow);
}

void log_follow_drain(struct log_follow *follow)
{
    struct error ignored;

    error_init(&ignored);
    follow->draining = true;
    if (!log_follow_wait(follow, &ignored))
        error_finish(&ignored); /* interrupted once more: then that was all */
    log_merge_flush(follow->merge);
}

bool log_follow_run(struct log_follow *follow, struct error *err)
{
    if (!log_follow_start(follow, err) || !log_follow_wait(follow, err))
        return false;
    log_merge_flush(follow->merge);
    return true;
}

void log_follow_names(const struct log_follow *follow, struct arena *arena, struct strings *ret_names)
{
    struct strings names = {0};
    size_t length = strlen(follow->options.project);

    for (const struct item *item = follow->items; item; item = item->next) {
        bool ours = strncmp(item->name, follow->options.project, length) == 0 &&
                    (item->name[length] == '-' || item->name[length] == '_');

        if (!item->gone && !item->silent)
            strings_add_copy(&names, arena, ours ? item->name + length + 1 : item->name);
    }
    strings_sort(&names);
    *ret_names = names;
}

struct log_printer *log_follow_printer(struct log_follow *follow)
{
    return follow->printer;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void log_follow_destroy(struct log_follow *follow)
{
    if (!follow)
        return;
    follow->closing = true;
    if (follow->listening)
        session_unlisten(follow->session, &follow->listener);
    if (follow->list)
        engine_request_cancel(follow->list);
    for (struct item *item = follow->items; item; item = item->next) {
        if (item->inspect)
            engine_request_cancel(item->inspect);
        if (item->reader)
            log_reader_cancel(item->reader);
    }
    if (follow->in_flight > 0)
        session_settle(follow->session);
    for (struct item *item = follow->items; item; item = item->next)
        log_reader_destroy(item->reader);
    log_merge_destroy(follow->merge);
    log_printer_destroy(follow->printer);
    uv_close((uv_handle_t *)follow->come_back, on_timer_closed);
    error_finish(&follow->failure);
    arena_destroy(follow->arena);
    free(follow);
}
