/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "compose/console/console.h"
#include "compose/streams/log_follow_internal.h"
#include "compose/streams/log_merge.h"
#include "compose/streams/log_reader.h"
#include "engine_client/client.h"
#include "engine_client/json_find.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"

/* One that is attached to and does not run may be silent for ever; its end is due while its stream ends. */
static bool is_being_read(const struct log_item *item)
{
    return item->reader && log_reader_is_open(item->reader) &&
           (!log_reader_attaches(item->reader) || item->running || item->exit_due);
}

bool log_item_is_speaking(const struct log_item *item)
{
    return item->inspect || is_being_read(item) ||
           (item->stream && !log_stream_is_empty(item->stream));
}

static void on_printed(void *owner)
{
    struct log_item *item = owner;

    if (item->reader)
        log_reader_go_on(item->reader);
    log_follow_check_end(item->follow);
}

/* The name that lines begin with. */
static const char *shown_name(const struct log_item *item)
{
    size_t length = strlen(item->follow->options.project);
    bool ours = strncmp(item->name, item->follow->options.project, length) == 0 &&
                (item->name[length] == '-' || item->name[length] == '_') && item->name[length + 1];

    return ours ? item->name + length + 1 : item->name;
}

static void report_exit(struct log_item *item)
{
    const struct log_follow_options *options = &item->follow->options;

    if (item->exit_reported || !options->follow)
        return;
    item->exit_reported = true;
    if (options->on_exit)
        options->on_exit(options->owner, item->service, item->exit_code);
}

void log_item_ended(struct log_item *item, int exit_code)
{
    item->running = false;
    item->end_seen = true;
    item->exit_code = exit_code;
    item->exit_due = true;
    item->exit_reported = false;
    item->died_at_ms = uv_now(session_loop(item->follow->session));
    if (item->known) /* else it may be an old one, which the inspection shows */
        report_exit(item);
}

static void print_exit(struct log_item *item)
{
    char message[64]; /* the text below and a number */

    (void)snprintf(message, sizeof(message), "exited with code %d%s", item->exit_code,
                   item->restarting ? " (restarting)" : "");
    if (!item->stream)
        item->stream = log_merge_add(
            item->follow->merge, log_printer_add_unaligned(item->follow->printer, shown_name(item)),
            on_printed, item);
    log_stream_status(item->stream, message);
}

void log_item_tell_exit(struct log_item *item)
{
    if (!item->exit_due || item->inspect || (item->reader && log_reader_is_open(item->reader)))
        return;
    item->exit_due = false;
    report_exit(item);
    if (item->follow->options.follow && !item->unawaited && (item->stream || item->silent))
        print_exit(item);
}

/* live: until the container ends; else what there is. */
static void ask_for_log(struct log_item *item, bool live)
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

void log_item_open(struct log_item *item)
{
    item->open_again = false;
    item->broken = false;
    item->last_words = false;
    ask_for_log(item, item->follow->options.follow);
}

static void on_attached(void *owner)
{
    struct log_item *item = owner;

    item->attaching = false;
    if (!item->attached_early) {
        item->check_attached = true;
        item->inspect_again = item->inspect != NULL;
        log_item_inspect(item);
    }
    log_follow_check_end(item->follow);
}

/* An engine that is asked too late keeps the stream open for the next run, which may never come. */
static void check_attached(struct log_item *item, bool runs)
{
    if (item->check_attached && !runs)
        log_reader_cancel(item->reader);
    item->check_attached = false;
}

/* Before the container is started, if possible: nothing of it can be read later. */
static void attach(struct log_item *item)
{
    log_reader_attach(item->reader, on_attached);
    item->attaching = true;
    item->attached_early = !item->running;
    log_item_open(item);
}

/*
 * Attached `up` reads what engines keep. A driver that keeps nothing to read back is seen here, or by the refusal of the
 * first reading; `logs` shows what there is, and says so where there is nothing.
 */
static bool keeps_no_log(const struct engine_container *container)
{
    struct span driver = engine_json_find(container->raw, "HostConfig.LogConfig.Type");

    return driver.bytes &&
           (span_equals(driver, "\"none\"") || span_equals(driver, "\"passthrough\""));
}

/*
 * The connection broke. Who had told something new is asked again at once; a log that breaks without a word waits for
 * the event stream to find the engine, or a while where that stream is well: the list that follows tells whether there
 * is more to read.
 */
static void take_up_again(struct log_item *item)
{
    item->broken = true;
    if (log_reader_has_progressed(item->reader))
        log_item_open(item);
    else
        log_follow_ask_again(item->follow);
}

static void fail(struct log_item *item, const struct error *failure)
{
    CLEANUP(error_finish) struct error mine;

    error_init(&mine);
    error_copy(&mine, failure);
    (void)error_wrap(&mine, "logs of %s", item->name);
    log_follow_fail(item->follow, &mine);
}

static void on_reader_closed(void *owner, const struct error *failure)
{
    struct log_item *item = owner;
    struct log_follow *follow = item->follow;
    bool attached = log_reader_attaches(item->reader);

    item->attaching = false;
    log_stream_close(item->stream);
    log_follow_landed(follow);
    if (follow->closing)
        return;
    if (attached && failure && failure->kind == ERROR_CANCELED)
        failure = NULL; /* by check_attached() */
    if (!attached && failure && failure->status >= 500 && follow->options.only_new &&
        (item->running || item->passing_over)) {
        item->passing_over = false;
        attach(item);
        return;
    }
    if (item->passing_over) {
        item->passing_over = false;
        if (item->open_again)
            log_item_open(item);
    } else if (failure && failure->kind == ERROR_CONNECTION && follow->options.follow) {
        take_up_again(item);
    } else if (failure && failure->status == 0) {
        fail(item, failure); /* the connection broke, or what came is no container output */
    } else if (follow->options.follow && !failure && !item->last_words && !attached) {
        /*
         * A follower may miss the last line of a container that ends without a newline (seen with 20.10): what stands
         * behind the cursor is read once more.
         */
        item->last_words = true;
        ask_for_log(item, false);
        return;
    } else {
        /* A removed container has told all. */
        if (failure && !item->gone && failure->status != 404 && failure->status != 409)
            console_warn(
                session_console(follow->session), "Can't retrieve logs for \"%s\": %s", item->name,
                failure->engine_message ? failure->engine_message : failure->frames[0].text);
        log_item_tell_exit(item);
        if (item->open_again && !failure)
            log_item_open(item);
    }
    log_follow_check_end(follow);
}

/* From now on it has its place among the names, which are printed as wide as the widest. */
static void add_stream(struct log_item *item)
{
    struct log_follow *follow = item->follow;

    if (item->silent || item->stream)
        return;
    item->source = log_printer_add(follow->printer, shown_name(item), NULL);
    log_printer_describe(item->source, item->service, item->name);
    item->stream = log_merge_add(follow->merge, item->source, on_printed, item);
}

/* Has another one of its name been shown? */
static bool is_recreated(const struct log_item *item)
{
    for (const struct log_item *at = item->follow->items; at != item; at = at->next)
        if (at->known && strcmp(at->name, item->name) == 0)
            return item->fresh;
    return false;
}

/* It is known what it is: read it. */
static void begin(struct log_item *item, const struct engine_container *container)
{
    struct log_follow *follow = item->follow;

    item->known = true;
    item->running =
        container->running && !container->restarting; /* Docker says both in a back-off */
    item->restarting = container->restarting;
    item->end_seen = item->end_seen && !item->running;
    follow->seen_running = follow->seen_running || item->running || item->restarting;
    item->started_ns = container->started_ns;
    if (item->ended_before && (item->running || item->restarting)) {
        item->ended_before = false; /* since it was listed it has begun a life */
        item->fresh = follow->options.only_new;
    } else if (item->ended_before) {
        item->ended_ns = container->finished_ns;
    }
    if (item->silent)
        return;
    add_stream(item);
    if (is_recreated(item))
        log_stream_status(item->stream, "has been recreated");
    item->reader =
        log_reader_create(follow->client, item->id, container->tty, on_reader_closed, item);
    log_reader_set_stream(item->reader, item->stream);
    if (follow->options.only_new && keeps_no_log(container)) {
        attach(item);
        return;
    }
    if (!follow->options.only_new || item->fresh || item->running) {
        log_item_open(item);
    } else if (container->finished_ns > 0) {
        item->passing_over = true; /* what was said in earlier lives is not shown */
        follow->in_flight++;
        log_reader_pass_over(item->reader);
    }
}

/* Old news: the event stream begins early, and told of a container that had been removed before we looked. */
static void forget(struct log_item *item)
{
    item->gone = true;
    item->running = item->restarting = item->exit_due = false;
    item->starts_due = 0;
    if (item->stream)
        log_stream_close(item->stream);
}

static void on_back_off_over(void *owner, struct engine_request *request,
                             const struct error *failure)
{
    struct log_item *item = owner;

    log_follow_landed(item->follow);
    if (item->back_off != request)
        return;
    item->back_off = NULL;
    if (item->follow->closing || item->running || item->gone)
        return;
    item->back_off_over = true;
    if (failure && failure->kind == ERROR_CONNECTION)
        return; /* the list tells, once the engine is there again */
    item->inspect_again = item->inspect != NULL;
    log_item_inspect(item);
}

/*
 * Who waits to be started again by its policy may be told to stay away, and no event follows from `kill` (seen with
 * Docker 20.10 and 28.5). It counts as running until then, so waiting for its end tells.
 */
static void watch_back_off(struct log_item *item)
{
    struct log_follow *follow = item->follow;
    struct engine_call call = {.method = "POST", .query = "condition=not-running"};
    struct arena *arena;

    if (!follow->options.follow || !item->restarting || item->back_off || item->back_off_over)
        return;
    arena = arena_create();
    call.path = engine_path(arena, "/containers/%s/wait", item->id);
    follow->in_flight++;
    item->back_off = engine_request_start(follow->client, &call, on_back_off_over, item);
    arena_destroy(arena);
}

void log_item_leave_back_off(struct log_item *item)
{
    struct engine_request *request = item->back_off;

    item->back_off = NULL;
    item->back_off_over = false;
    if (request)
        engine_request_cancel(request);
}

static void on_inspected(void *owner, struct engine_request *request, const struct error *failure)
{
    struct log_item *item = owner;
    struct log_follow *follow = item->follow;
    struct engine_container container;
    struct arena *arena;
    struct error ignored;
    bool known;

    item->inspect = NULL;
    log_follow_landed(follow);
    if (follow->closing)
        return;
    if (item->inspect_again) {
        item->inspect_again = false;
        log_item_inspect(item);
        return;
    }
    arena = arena_create();
    error_init(&ignored);
    known = !failure &&
            engine_container_decode(arena, engine_request_body(request), &container, &ignored);
    if (!known && failure && failure->kind != ERROR_ENGINE && !follow->options.follow)
        log_follow_fail(follow, failure);
    if (known && !item->known)
        begin(item, &container);
    else if (known && !item->running)
        item->restarting = container.restarting || container.running;
    else if (!item->known && failure && failure->status == 404)
        forget(item);
    if (known)
        check_attached(item, container.running);
    watch_back_off(item);
    log_item_tell_exit(item);
    error_finish(&ignored);
    arena_destroy(arena);
    log_follow_check_end(follow);
}

void log_item_inspect(struct log_item *item)
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

struct log_item *log_item_add(struct log_follow *follow, const char *id, const char *name,
                              const char *service, bool fresh)
{
    struct log_item *item = arena_alloc(follow->arena, sizeof(*item));
    struct log_item **at = &follow->items;

    *item = (struct log_item){.follow = follow, .fresh = fresh};
    while (*at)
        at = &(*at)->next;
    item->id = arena_strdup(follow->arena, id);
    item->name = arena_strdup(follow->arena, name);
    item->service = arena_strdup(follow->arena, service);
    item->silent = strings_contain(&follow->options.silent, service);
    item->unawaited = strings_contain(&follow->options.unawaited, service);
    log_item_inspect(item);
    *at = item;
    /* Later an event may tell of one that was removed long ago: that leaves no trace. */
    if (!fresh)
        add_stream(item);
    return item;
}

/* We have started it, and it has ended before the event of its start came. */
static void begin_ended_run(struct log_item *item, int exit_code)
{
    item->ended_before = false;
    item->ended_ns = engine_client_clock_ns(item->follow->client); /* the start is older */
    item->fresh = item->fresh || item->follow->options.only_new;
    log_item_ended(item, exit_code);
    if (item->reader && log_reader_is_open(item->reader))
        item->open_again = true;
    else if (item->reader)
        log_item_open(item);
}

void log_item_update(struct log_item *item, const struct engine_container_entry *entry)
{
    bool runs = entry->state == ENGINE_STATE_RUNNING || entry->state == ENGINE_STATE_PAUSED;

    if (!item->known) {
        log_item_inspect(item); /* the engine went away before it could say */
        return;
    }
    if (item->starts_due > 0 && !runs && entry->state == ENGINE_STATE_EXITED)
        begin_ended_run(item, entry->exit_code);
    item->starts_due = 0; /* the list tells what has become of it */
    if (item->running && !runs && entry->state != ENGINE_STATE_RESTARTING)
        log_item_ended(item, entry->exit_code);
    item->running = runs;
    item->end_seen = item->end_seen && !runs;
    item->follow->seen_running = item->follow->seen_running || runs;
    item->ended_before = item->ended_before && !runs;
    item->restarting = entry->state == ENGINE_STATE_RESTARTING;
    if ((runs || item->broken) && item->reader && !log_reader_is_open(item->reader))
        log_item_open(item);
    if (item->restarting)
        watch_back_off(item);
    else
        log_item_leave_back_off(item);
    log_item_tell_exit(item);
}
