/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/container_stream.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/console/terminal.h"
#include "compose/session/session.h"
#include "compose/streams/stdio_stream.h"
#include "engine_client/client.h"
#include "engine_client/container.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

/* Signals beside those that the session hands out. */
static const int forwarded[] = {SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};

static const struct {
    int number;
    const char *name;
} signal_names[] = {
    {SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},   {SIGQUIT, "SIGQUIT"},
    {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGALRM, "SIGALRM"},
};

/* How often one may ask to end before the process is no longer asked. */
enum { PATIENCE = 2 };

/*
 * Once the process has ended: how long output may be stuck when the user has asked to end, after how many such periods
 * an open stream without output is closed; and after its connection broke how long the process may take to end.
 */
enum { DRAIN_MS = 1000, DRAIN_PERIODS = 10, CUT_MS = 5000 };

struct container_stream {
    struct session *session;
    struct engine_client *client;
    struct arena *arena;
    const struct container_stream_options *options;
    struct stdio_stream *stream;
    struct engine_request *waiting, *farewell;
    bool stream_ended, wait_open;
    bool ended;    /* the process, as far as the engine says */
    bool starting; /* from now on there may be a process that hears signals */
    bool had_terminal[STDERR_FILENO + 1];
    enum stdio_stream_end how;
    struct engine_wait_result result;
    struct error failure; /* the first one */
    uv_signal_t signals[COUNT_OF(forwarded)];
    uv_timer_t *drain; /* runs once the process or its stream has ended, but not yet the other */
    struct error cut;  /* how the connection broke */
    size_t pending_bytes;
    uint64_t received_bytes;
    unsigned idle_periods;
    bool given_up; /* the rest of the output: the engine does not end it */
    unsigned open_signals, asked_to_end;
    bool idle; /* everything that was begun has ended */
};

static void advance(struct container_stream *run)
{
    bool detached = run->stream_ended && run->how == STDIO_STREAM_DETACHED;

    /* Without a container that runs there is nothing to wait for; and who detaches does not wait. */
    if ((detached || error_is_set(&run->failure)) && run->waiting)
        engine_request_cancel(run->waiting);
    if (error_is_set(&run->failure) && !run->stream_ended)
        stdio_stream_cancel(run->stream);
    run->idle = run->stream_ended && !run->waiting && !run->farewell;
    if (run->idle || run->wait_open)
        session_stop(run->session);
}

static void fail(struct container_stream *run, const struct error *failure)
{
    if (!error_is_set(&run->failure))
        error_copy(&run->failure, failure);
}

/* The rest of the output: a reader of stdout that takes nothing is not waited for. */

static size_t count_pending_bytes(const struct container_stream *run)
{
    struct console *console = session_console(run->session);

    return output_pending_bytes(console_stdout(console)) +
           output_pending_bytes(console_stderr(console));
}

static void on_drain_tick(uv_timer_t *timer)
{
    struct container_stream *run = timer->data;
    size_t pending_bytes = count_pending_bytes(run);
    uint64_t received_bytes = stdio_stream_received_bytes(run->stream);
    bool idle = pending_bytes == run->pending_bytes && received_bytes == run->received_bytes;
    struct error stuck;

    run->idle_periods = idle ? run->idle_periods + 1 : 0;
    run->pending_bytes = pending_bytes;
    run->received_bytes = received_bytes;
    if (pending_bytes == 0 && run->idle_periods == DRAIN_PERIODS) {
        run->given_up = true;
        stdio_stream_cancel(run->stream);
    }
    if (pending_bytes == 0 || !idle || run->asked_to_end == 0)
        return;
    (void)uv_timer_stop(timer);
    error_init(&stuck);
    (void)error_set(&stuck, ERROR_CANCELED, "canceled");
    fail(run, &stuck);
    error_finish(&stuck);
    advance(run);
}

static void limit_drain(struct container_stream *run)
{
    if (run->stream_ended || !run->ended || uv_is_active((uv_handle_t *)run->drain))
        return;
    run->pending_bytes = count_pending_bytes(run);
    run->received_bytes = stdio_stream_received_bytes(run->stream);
    (void)uv_timer_start(run->drain, on_drain_tick, DRAIN_MS, DRAIN_MS);
}

/* The process had time enough to be the reason. */
static void on_cut_over(uv_timer_t *timer)
{
    struct container_stream *run = timer->data;

    fail(run, &run->cut);
    advance(run);
}

/* Requests */

static void on_wait_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct container_stream *run = owner;
    struct error bad;

    run->waiting = NULL;
    error_init(&bad);
    if (failure && failure->kind != ERROR_CANCELED)
        fail(run, failure);
    else if (!failure &&
             !engine_wait_decode(run->arena, engine_request_body(request), &run->result, &bad))
        fail(run, &bad);
    error_finish(&bad);
    run->ended = true;
    (void)uv_timer_stop(run->drain);
    limit_drain(run);
    advance(run);
}

/* The engine has noted that we wait: from now on the end cannot be missed. */
static void on_waiting(void *owner, struct engine_request *request)
{
    struct container_stream *run = owner;

    (void)request;
    run->wait_open = true;
    advance(run);
}

/* Podman says 0 for whatever it has removed. */
static const char *wait_condition(const struct container_stream *run)
{
    if (!run->options->start)
        return NULL;
    return run->options->auto_remove && !engine_client_is_podman(run->client)
               ? "condition=removed"
               : "condition=next-exit";
}

static void on_stream_open(void *owner, struct stdio_stream *stream)
{
    struct container_stream *run = owner;
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(run->arena, "/containers/%s/wait", run->options->id),
        .query = wait_condition(run),
        .on_open = on_waiting,
    };

    (void)stream;
    run->waiting = engine_request_start(run->client, &call, on_wait_done, run);
}

static void on_stream_end(void *owner, enum stdio_stream_end how, const struct error *failure)
{
    struct container_stream *run = owner;

    run->stream_ended = true;
    run->how = run->given_up ? STDIO_STREAM_CLOSED : how;
    (void)uv_timer_stop(run->drain);
    if (how == STDIO_STREAM_CUT && !run->ended) {
        error_copy(&run->cut, failure);
        (void)uv_timer_start(run->drain, on_cut_over, CUT_MS, 0);
    } else if (failure && how != STDIO_STREAM_CUT && !run->given_up) {
        fail(run, failure);
    }
    advance(run);
}

/* Signals */

static void on_kill_done(void *owner, struct engine_request *request, const struct error *failure)
{
    /* A container that has ended meanwhile needs no signal. */
    (void)owner;
    (void)request;
    (void)failure;
}

/* The hang-up has been passed on; there is nobody left to stay for. */
static void on_farewell_done(void *owner, struct engine_request *request,
                             const struct error *failure)
{
    struct container_stream *run = owner;

    (void)request;
    (void)failure;
    run->farewell = NULL;
    if (!error_is_set(&run->failure))
        (void)error_set(&run->failure, ERROR_CANCELED, "canceled");
    advance(run);
}

static bool has_lost_terminal(const struct container_stream *run)
{
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (run->had_terminal[i] && !terminal_is(i))
            return true;
    return false;
}

static struct engine_request *send_signal(struct container_stream *run, const char *name,
                                          engine_done_fn *done, void *owner)
{
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(run->arena, "/containers/%s/kill", run->options->id),
        .query = arena_printf(run->arena, "signal=%s", name),
    };

    return engine_request_start(run->client, &call, done, owner);
}

/*
 * A process may not listen, the first one of a container least of all: whoever goes on asking gets the container that
 * we have started killed, and then lets go of it. One that ran before us is only let go of.
 */
static bool forward(void *owner, int number)
{
    struct container_stream *run = owner;
    bool ours = run->options->start != NULL;

    if (ours && !run->starting)
        return false;
    if (number == SIGHUP && has_lost_terminal(run)) {
        if (!run->farewell)
            run->farewell = send_signal(run, "SIGHUP", on_farewell_done, run);
        return true;
    }
    if (number == SIGINT || number == SIGTERM) {
        run->asked_to_end++;
        limit_drain(run);
    }
    if (run->asked_to_end > PATIENCE) {
        if (!ours || run->asked_to_end > PATIENCE + 1)
            return false;
        (void)send_signal(run, "SIGKILL", on_kill_done, NULL);
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(signal_names); i++)
        if (signal_names[i].number == number) {
            (void)send_signal(run, signal_names[i].name, on_kill_done, NULL);
            if (number == SIGINT && run->asked_to_end == PATIENCE && terminal_is(STDERR_FILENO))
                console_note(session_console(run->session),
                             "press Ctrl+C again to %s the container\n", ours ? "kill" : "leave");
            return true;
        }
    return false;
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)forward(handle->data, number);
}

static void watch_signals(struct container_stream *run)
{
    if (!run->options->forward_signals)
        return;
    session_on_signal(run->session, forward, run);
    for (size_t i = 0; i < COUNT_OF(forwarded); i++) {
        (void)uv_signal_init(session_loop(run->session), &run->signals[i]);
        run->signals[i].data = run;
        (void)uv_signal_start(&run->signals[i], on_signal, forwarded[i]);
        uv_unref((uv_handle_t *)&run->signals[i]);
        run->open_signals++;
    }
}

static void free_when_closed(struct container_stream *run)
{
    if (run->open_signals == 0)
        free(run);
}

static void on_signal_closed(uv_handle_t *handle)
{
    struct container_stream *run = handle->data;

    run->open_signals--;
    free_when_closed(run);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

/* The handles outlive the call by a turn of the loop. */
static void destroy(struct container_stream *run)
{
    uv_close((uv_handle_t *)run->drain, on_timer_closed);
    error_finish(&run->failure);
    error_finish(&run->cut);
    if (run->options->forward_signals) {
        session_on_signal(run->session, NULL, NULL);
        for (size_t i = 0; i < COUNT_OF(forwarded); i++)
            uv_close((uv_handle_t *)&run->signals[i], on_signal_closed);
    }
    free_when_closed(run);
}

/* Life */

static bool start_stream(struct container_stream *run, struct error *err)
{
    const struct container_stream_options *options = run->options;
    const char *keys = options->detach_keys;
    struct stdio_stream_options stream = {
        .path = engine_path(run->arena, "/containers/%s/attach", options->id),
        .tty = options->tty,
        .input = options->input,
        .keep_input_open = options->keep_input_open,
        .resize_path = engine_path(run->arena, "/containers/%s/resize", options->id),
        .redraw = !options->start,
        .on_open = on_stream_open,
        .on_end = on_stream_end,
        .owner = run,
    };
    struct text query;

    if (!detach_keys_parse(keys[0] ? keys : DETACH_KEYS_DEFAULT, &stream.detach_keys, err))
        return false;
    text_init(&query, 0);
    engine_query_add(&query, "stream", "1");
    engine_query_add(&query, "stdout", "1");
    engine_query_add(&query, "stderr", "1");
    engine_query_bool(&query, "stdin", options->input);
    /* Its own reading of the keys must not come before ours. */
    engine_query_add(&query, "detachKeys", keys[0] ? keys : NULL);
    stream.query = query.bytes;
    run->stream = stdio_stream_start(run->session, run->client, &stream);
    text_finish(&query);
    return true;
}

static bool finish(struct container_stream *run, struct container_stream_result *ret_result,
                   struct error *err)
{
    if (error_is_set(&run->failure)) {
        error_move(err, &run->failure);
        return false;
    }
    *ret_result = (struct container_stream_result){.detached = run->how == STDIO_STREAM_DETACHED,
                                                   .exit_code = (int)run->result.status_code};
    if (!ret_result->detached && run->result.error && run->result.error[0])
        return error_set(err, ERROR_ENGINE, "%s", run->result.error);
    return true;
}

static bool start_container(struct container_stream *run, struct error *err)
{
    const struct container_stream_options *options = run->options;

    if (!options->start)
        return true;
    run->starting = true;
    if (!options->start(options->owner, options->forward_signals ? forward : NULL, run, err))
        return false;
    if (options->forward_signals)
        session_on_signal(run->session, forward, run);
    if (!run->stream_ended)
        stdio_stream_resize(run->stream);
    return true;
}

static bool run_until_open(struct container_stream *run, struct error *err)
{
    bool good = true;

    while (good && !run->wait_open && !run->idle)
        good = session_run(run->session, err);
    return good;
}

bool container_stream_run(struct session *session, struct engine_client *client,
                          struct arena *arena, const struct container_stream_options *options,
                          struct container_stream_result *ret_result, struct error *err)
{
    struct container_stream *run = xcalloc(1, sizeof(*run));
    bool good;

    *run = (struct container_stream){
        .session = session, .client = client, .arena = arena, .options = options};
    error_init(&run->failure);
    error_init(&run->cut);
    run->drain = xcalloc(1, sizeof(*run->drain));
    (void)uv_timer_init(session_loop(session), run->drain);
    run->drain->data = run;
    for (int i = 0; i <= STDERR_FILENO; i++)
        run->had_terminal[i] = terminal_is(i);
    watch_signals(run);
    good = start_stream(run, err);
    if (good) {
        good = run_until_open(run, err) && (run->idle || start_container(run, err)) &&
               session_run_until(session, &run->idle, err);
        if (!good) {
            if (!error_is_set(&run->failure))
                (void)error_set(&run->failure, ERROR_CANCELED, "canceled");
            if (run->farewell)
                engine_request_cancel(run->farewell);
            advance(run);
            session_drain(session, &run->idle);
        } else {
            good = finish(run, ret_result, err);
        }
    }
    destroy(run);
    return good;
}
