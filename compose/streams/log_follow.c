/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/execute/project_lock.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/streams/log_follow_internal.h"
#include "compose/streams/log_merge.h"
#include "compose/streams/log_reader.h"
#include "engine_client/client.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"

enum {
    RESTART_MS =
        2000, /* how long a container that was stopped through the API may take to run again */
    COME_BACK_MS = 10000, /* the same where something shows that it will */
    LOCK_CHECK_MS = 500,  /* between two looks at the project's lock: nothing reports its release */
    DRAIN_MS = 1000,      /* without progress, once the user has asked to end */
    ASK_AGAIN_MS = 1000,  /* after a log's connection that broke without a word */
};

struct log_follow *log_follow_create(struct session *session,
                                     const struct log_follow_options *options)
{
    struct log_follow *follow = xcalloc(1, sizeof(*follow));

    follow->session = session;
    follow->options = *options;
    follow->arena = arena_create();
    follow->printer = log_printer_create(session_console(session), &options->printing);
    follow->merge = log_merge_create(session_loop(session), session_console(session),
                                     follow->printer, !options->follow, !options->printing.split);
    follow->come_back = xcalloc(1, sizeof(*follow->come_back));
    (void)uv_timer_init(session_loop(session), follow->come_back);
    follow->come_back->data = follow;
    follow->ask_again = xcalloc(1, sizeof(*follow->ask_again));
    (void)uv_timer_init(session_loop(session), follow->ask_again);
    follow->ask_again->data = follow;
    error_init(&follow->failure);
    return follow;
}

static void finish_wait(struct log_follow *follow)
{
    follow->ended = true;
    if (follow->waiting)
        session_stop(follow->session);
}

void log_follow_fail(struct log_follow *follow, const struct error *failure)
{
    if (!error_is_set(&follow->failure))
        error_copy(&follow->failure, failure);
    finish_wait(follow);
}

void log_follow_landed(struct log_follow *follow)
{
    follow->in_flight--;
}

bool log_follow_watches(const struct log_follow *follow, const struct pairs *labels)
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
    return options->all_services || strings_contain(&options->services, service->value);
}

struct log_item *log_follow_find(struct log_follow *follow, const char *id)
{
    for (struct log_item *item = follow->items; item; item = item->next)
        if (strcmp(item->id, id) == 0)
            return item;
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(containers_name(a), containers_name(b));
}

static bool is_alive(const struct engine_container_entry *entry)
{
    return entry->state == ENGINE_STATE_RUNNING || entry->state == ENGINE_STATE_PAUSED ||
           entry->state == ENGINE_STATE_RESTARTING;
}

static void take_list(struct log_follow *follow, struct engine_container_list *list)
{
    follow->taking_list = true;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), by_name);
    for (struct log_item *item = follow->items; item; item = item->next)
        item->gone = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct engine_container_entry *entry = &list->items[i];
        struct log_item *item = log_follow_find(follow, entry->id);

        if (item) {
            item->gone = false;
            log_item_update(item, entry);
        } else if (log_follow_watches(follow, &entry->labels) &&
                   !(follow->started && entry->state == ENGINE_STATE_CREATED)) {
            /* (One that is being recreated gets its own name before it is started.) */
            item = log_item_add(follow, entry->id, containers_name(entry),
                                containers_label(entry, LABEL_SERVICE), follow->started);
            item->ended_before = !item->fresh && !is_alive(entry);
        }
    }
    for (struct log_item *item = follow->items; item; item = item->next)
        if (item->gone)
            item->running = item->restarting = item->broken = false;
    follow->taking_list = false;
}

static bool someone_is_broken(const struct log_follow *follow)
{
    for (const struct log_item *item = follow->items; item; item = item->next)
        if (item->broken)
            return true;
    return false;
}

static void on_listed(void *owner, struct engine_request *request, const struct error *failure)
{
    struct log_follow *follow = owner;
    struct engine_container_list list;
    struct error mine;

    follow->list = NULL;
    log_follow_landed(follow);
    if (follow->closing)
        return;
    /* An engine that went away: its return is told by the event stream, which may not have noticed yet. */
    if (failure && failure->kind == ERROR_CONNECTION &&
        (follow->away || someone_is_broken(follow))) {
        log_follow_ask_again(follow);
        return;
    }
    error_init(&mine);
    follow->listed = true;
    follow->away = false;
    if (follow->list_again) {
        follow->list_again = false;
        log_follow_list(follow);
    }
    if (failure)
        error_copy(&mine, failure);
    else if (engine_container_list_decode(follow->arena, engine_request_body(request), &list,
                                          &mine))
        take_list(follow, &list);
    if (error_is_set(&mine))
        log_follow_fail(follow, &mine);
    error_finish(&mine);
    log_follow_check_end(follow);
}

void log_follow_list(struct log_follow *follow)
{
    struct engine_call call = {.method = "GET", .path = "/containers/json"};
    struct arena *arena;
    struct pairs filters = {0};
    struct text query;

    if (follow->list)
        return;
    arena = arena_create();
    text_init(&query, 0);
    pairs_add(&filters, arena, "label",
              arena_printf(arena, LABEL_PROJECT "=%s", follow->options.project));
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
    log_follow_list(owner);
}

static void on_away(void *owner)
{
    struct log_follow *follow = owner;

    follow->away = true;
    session_warn_away(follow->session);
}

static void on_lost(void *owner, const struct error *failure)
{
    log_follow_fail(owner, failure);
}

/* The end. */

static void on_ask_again(uv_timer_t *timer)
{
    log_follow_list(timer->data);
}

void log_follow_ask_again(struct log_follow *follow)
{
    if (!follow->away && !follow->closing)
        (void)uv_timer_start(follow->ask_again, on_ask_again, ASK_AGAIN_MS, 0);
}

static void on_come_back(uv_timer_t *timer)
{
    log_follow_check_end(timer->data);
}

static void on_drain_idle(uv_timer_t *timer)
{
    finish_wait(timer->data);
}

static bool is_busy(const struct log_item *item)
{
    const struct log_follow *follow = item->follow;

    if (!follow->options.follow)
        return log_item_is_speaking(item);
    if (follow->draining)
        return !item->running && (item->exit_due || log_item_is_speaking(item));
    if (item->unawaited &&
        item->running) /* what has come of it is printed, more is not waited for */
        return item->stream && !log_stream_is_empty(item->stream);
    if (item->unawaited)
        return log_item_is_speaking(item);
    return item->running || item->restarting || item->exit_due || item->starts_due > 0 ||
           log_item_is_speaking(item);
}

/* The longest of the waits: what is left of `span_ms` from an instant. */
static void wait_from(uint64_t at_ms, uint64_t span_ms, uint64_t now_ms, uint64_t *left_ms)
{
    uint64_t since_ms = now_ms - at_ms;

    if (since_ms < span_ms && span_ms - since_ms > *left_ms)
        *left_ms = span_ms - since_ms;
}

/* After a stop through the API: is a restart or a replacement still possible? */
static uint64_t stopped_wait_ms(struct log_follow *follow, uint64_t died_at_ms, uint64_t now_ms)
{
    uint64_t left_ms = 0, most_ms = 0;

    wait_from(died_at_ms, RESTART_MS, now_ms, &left_ms);
    wait_from(died_at_ms, COME_BACK_MS, now_ms, &most_ms);
    if (left_ms == 0 && most_ms > 0 &&
        project_lock_is_held(engine_client_url(follow->client), follow->options.project))
        left_ms = most_ms < LOCK_CHECK_MS ? most_ms : LOCK_CHECK_MS;
    return left_ms;
}

/* Nothing has run yet, and there is something that may. */
static bool awaits_run(const struct log_follow *follow)
{
    if (!follow->options.follow || !follow->options.await_run || follow->seen_running ||
        follow->draining)
        return false;
    for (const struct log_item *item = follow->items; item; item = item->next)
        if (!item->gone)
            return true;
    return false;
}

void log_follow_check_end(struct log_follow *follow)
{
    uint64_t now_ms = uv_now(session_loop(follow->session)), left_ms = 0, died_at_ms = 0;
    uint64_t stopped_at_ms = 0;

    if (follow->brief) /* each call is some progress */
        (void)uv_timer_start(follow->come_back, on_drain_idle, DRAIN_MS, 0);
    if (follow->list || follow->taking_list || (follow->away && !follow->draining))
        return;
    if (!follow->started) { /* first of all, also when an abort option has struck already */
        for (struct log_item *item = follow->items; item; item = item->next)
            if (item->inspect || item->passing_over || item->attaching)
                return;
        follow->started = true;
        if (follow->waiting)
            session_stop(follow->session);
        return;
    }
    if (follow->ended)
        return;
    for (struct log_item *item = follow->items; item; item = item->next) {
        if (is_busy(item))
            return;
        if (item->died_at_ms > died_at_ms)
            died_at_ms = item->died_at_ms;
        if (item->stopped_by_api && !item->gone && !item->unawaited)
            stopped_at_ms = item->died_at_ms > stopped_at_ms ? item->died_at_ms : stopped_at_ms;
    }
    if (awaits_run(follow))
        return;
    if (stopped_at_ms != 0 && follow->options.follow && !follow->draining)
        left_ms = stopped_wait_ms(follow, stopped_at_ms, now_ms);
    /* One that was created may be there to replace one that has just been stopped. */
    if (follow->created_at_ms != 0)
        wait_from(follow->created_at_ms > died_at_ms ? follow->created_at_ms : died_at_ms,
                  COME_BACK_MS, now_ms, &left_ms);
    if (follow->options.follow && !follow->draining && left_ms > 0)
        (void)uv_timer_start(follow->come_back, on_come_back, left_ms, 0);
    else
        finish_wait(follow);
}

/* What callers do. */

/* Until `*ended`: others may stop the loop, too. */
static bool turn(struct log_follow *follow, const bool *ended, struct error *err)
{
    bool good = true;

    follow->waiting = true;
    while (good && !*ended && !error_is_set(&follow->failure))
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
        follow->listener = (struct session_listener){.on_ready = on_ready,
                                                     .on_event = log_follow_on_event,
                                                     .on_away = on_away,
                                                     .on_lost = on_lost,
                                                     .owner = follow};
        if (!session_listen(follow->session, follow->options.project, &follow->listener, err))
            return false;
        follow->listening = true;
    } else {
        log_follow_list(follow);
    }
    return turn(follow, &follow->started, err);
}

bool log_follow_wait(struct log_follow *follow, struct error *err)
{
    follow->ended = false;
    uv_update_time(session_loop(follow->session));
    log_follow_check_end(follow);
    if (follow->ended)
        return true;
    return turn(follow, &follow->ended, err);
}

void log_follow_expect_start(struct log_follow *follow, const char *id)
{
    struct log_item *item = log_follow_find(follow, id);

    if (item)
        item->starts_due++;
}

void log_follow_stop(struct log_follow *follow)
{
    finish_wait(follow);
}

void log_follow_drain(struct log_follow *follow, bool briefly)
{
    struct error ignored;

    error_init(&ignored);
    follow->draining = true;
    follow->brief = briefly;
    log_follow_list(follow);
    if (!log_follow_wait(follow, &ignored))
        error_finish(&ignored); /* interrupted once more: then that was all */
    (void)uv_timer_stop(follow->come_back);
    log_merge_flush(follow->merge);
}

bool log_follow_finish(struct log_follow *follow, struct error *err)
{
    if (!log_follow_wait(follow, err))
        return false;
    log_merge_flush(follow->merge);
    return true;
}

bool log_follow_is_empty(const struct log_follow *follow)
{
    return follow->items == NULL;
}

void log_follow_names(const struct log_follow *follow, struct arena *arena,
                      struct strings *ret_names)
{
    struct strings names = {0};
    size_t length = strlen(follow->options.project);

    for (const struct log_item *item = follow->items; item; item = item->next) {
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
    for (struct log_item *item = follow->items; item; item = item->next) {
        if (item->inspect)
            engine_request_cancel(item->inspect);
        log_item_leave_back_off(item);
        if (item->reader)
            log_reader_cancel(item->reader);
    }
    session_settle(follow->session, &follow->in_flight);
    for (struct log_item *item = follow->items; item; item = item->next)
        log_reader_destroy(item->reader);
    log_merge_destroy(follow->merge);
    log_printer_destroy(follow->printer);
    uv_close((uv_handle_t *)follow->come_back, on_timer_closed);
    uv_close((uv_handle_t *)follow->ask_again, on_timer_closed);
    error_finish(&follow->failure);
    arena_destroy(follow->arena);
    free(follow);
}
