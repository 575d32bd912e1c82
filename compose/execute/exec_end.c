/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/exec_end.h"

#include <stdlib.h>
#include <uv.h>

#include "compose/session/session.h"
#include "engine_client/container.h"
#include "engine_client/event.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

enum { PATIENCE_MS = 5000 };

struct exec_end {
    struct session *session;
    struct engine_client *client;
    char *project, *id;
    exec_end_fn *done;
    void *owner;
    struct session_listener listener;
    struct engine_request *request; /* NULL: not asking */
    uv_timer_t patience;
    bool listening, again, over, closed;
    int exit_code;
    struct error failure;
};

static void ask(struct exec_end *end);

/* Both the timer and the request must have told that they are through. */
static void leave(struct exec_end *end)
{
    if (!end->closed || end->request)
        return;
    end->done(end->owner, end->exit_code, error_is_set(&end->failure) ? &end->failure : NULL);
    error_finish(&end->failure);
    free(end->project);
    free(end->id);
    free(end);
}

static void on_closed(uv_handle_t *handle)
{
    struct exec_end *end = handle->data;

    end->closed = true;
    if (end->listening)
        session_unlisten(end->session, &end->listener);
    leave(end);
}

static void finish(struct exec_end *end, const struct error *failure)
{
    if (end->over)
        return;
    end->over = true;
    if (failure)
        error_copy(&end->failure, failure);
    if (end->request)
        engine_request_cancel(end->request);
    uv_close((uv_handle_t *)&end->patience, on_closed);
}

static void on_patience_over(uv_timer_t *timer)
{
    struct exec_end *end = timer->data;
    struct error failure;

    error_init(&failure);
    (void)error_set(
        &failure, ERROR_CONNECTION,
        "the connection to the process was cut while it runs: its exit code is not known");
    finish(end, &failure);
    error_finish(&failure);
}

static void on_ready(void *owner)
{
    ask(owner); /* it may have ended before the events began */
}

static void on_event(void *owner, const struct engine_event *event)
{
    if (text_starts_with(event->action, "exec_die"))
        ask(owner);
}

static void on_lost(void *owner, const struct error *failure)
{
    finish(owner, failure);
}

static void wait_for_it(struct exec_end *end)
{
    struct error failure;

    if (end->listening)
        return;
    error_init(&failure);
    end->listening = true;
    (void)uv_timer_start(&end->patience, on_patience_over, PATIENCE_MS, 0);
    if (!session_listen(end->session, end->project, &end->listener, &failure)) {
        end->listening = false;
        finish(end, &failure);
    }
    error_finish(&failure);
}

static void on_inspected(void *owner, struct engine_request *request, const struct error *failure)
{
    struct exec_end *end = owner;
    struct engine_exec exec;
    struct error problem;

    end->request = NULL;
    if (end->over) {
        leave(end);
        return;
    }
    error_init(&problem);
    if (failure) {
        finish(end, failure);
    } else if (!engine_exec_decode(engine_request_body(request), &exec, &problem)) {
        finish(end, &problem);
    } else if (!exec.running) {
        end->exit_code = exec.exit_code;
        finish(end, NULL);
    } else if (end->again) {
        ask(end);
    } else {
        wait_for_it(end);
    }
    error_finish(&problem);
}

static void ask(struct exec_end *end)
{
    struct engine_call call = {.method = "GET"};
    struct arena *arena;

    if (end->over)
        return;
    end->again = end->request != NULL;
    if (end->request)
        return;
    arena = arena_create();
    call.path = engine_path(arena, "/exec/%s/json", end->id);
    end->request = engine_request_start(end->client, &call, on_inspected, end);
    arena_destroy(arena);
}

struct exec_end *exec_end_start(struct session *session, const char *project, const char *exec_id,
                                exec_end_fn *done, void *owner, struct error *err)
{
    struct engine_client *client;
    struct exec_end *end;

    if (!session_client(session, &client, err))
        return NULL;
    end = xcalloc(1, sizeof(*end));
    *end = (struct exec_end){
        .session = session,
        .client = client,
        .project = xstrdup(project),
        .id = xstrdup(exec_id),
        .done = done,
        .owner = owner,
        .listener = {.on_ready = on_ready, .on_event = on_event, .on_lost = on_lost, .owner = end},
    };
    error_init(&end->failure);
    (void)uv_timer_init(session_loop(session), &end->patience);
    end->patience.data = end;
    ask(end);
    return end;
}

void exec_end_cancel(struct exec_end *end)
{
    struct error failure;

    error_init(&failure);
    (void)error_set(&failure, ERROR_CANCELED, "given up");
    finish(end, &failure);
    error_finish(&failure);
}
