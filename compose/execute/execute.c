/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/execute.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/build/bake_run.h"
#include "compose/build/build_display.h"
#include "compose/execute/exec_end.h"
#include "compose/execute/execute_internal.h"
#include "compose/execute/project_lock.h"
#include "compose/root.h"
#include "compose/session/child.h"
#include "engine_client/build.h"
#include "engine_client/image_stream.h"
#include "engine_client/registry_auth.h"
#include "engine_client/tar_stream.h"
#include "spec/base/text.h"

enum { BRIEF_SLOT_MS = 200, MS_PER_SECOND = 1000 };

static execute_start_fn *const start_functions[STEP_KINDS] = {
#define STEP(kind, function, flags, noun, verb, working, done) [STEP_##kind] = execute_##function,
#include "compose/reconcile/steps.def"
};

static bool is_passive(const struct step *step)
{
    return (step_kind_rows[step->kind].flags & STEP_PASSIVE) != 0;
}

void execute_progress(struct execution *run, const struct step *step, const char *text,
                      enum progress_status status)
{
    if (step->id && text && *text)
        console_progress(run->console,
                         &(struct progress){.id = step->id, .text = text, .status = status});
}

static const char *working_text(const struct step *step)
{
    return step->working ? step->working : step_kind_rows[step->kind].working;
}

static const char *done_text(const struct step *step)
{
    return step->done ? step->done : step_kind_rows[step->kind].done;
}

static void free_timer(uv_handle_t *handle)
{
    free(handle);
}

static void finish_work(struct step *step)
{
    struct step_work *work = step->work;

    if (!work)
        return;
    step->work = NULL;
    build_display_destroy(work->display);
    if (work->timer)
        uv_close((uv_handle_t *)work->timer, free_timer);
    if (work->slot_timer)
        uv_close((uv_handle_t *)work->slot_timer, free_timer);
    text_finish(&work->tail);
    error_finish(&work->hook_failure);
    free(work->auth);
    free(work->exec_id);
    tar_stream_destroy(work->tar);
    free(work);
}

static void leave(struct execution *run, struct step *step, enum step_state state)
{
    if (step->state != STEP_RUNNING)
        return;
    schedule_end(&run->schedule, step, state);
    execute_settle_pending(run, step);
    finish_work(step);
    execute_advance(run);
}

void execute_done(struct execution *run, struct step *step, const char *result)
{
    if (result && !step->result)
        step->result = arena_strdup(run->arena, result);
    execute_progress(run, step, done_text(step), PROGRESS_DONE);
    leave(run, step, STEP_DONE);
}

void execute_skipped(struct execution *run, struct step *step, const char *text)
{
    if (step->id)
        console_progress(
            run->console,
            &(struct progress){.id = step->id, .text = text, .status = PROGRESS_WARNING});
    leave(run, step, STEP_DONE);
}

static void show_failure(struct console *console, const struct step *step, const char *line)
{
    if (step->failure.kind != ERROR_CANCELED && step->id)
        console_progress(console, &(struct progress){.id = step->id,
                                                     .text = "Error",
                                                     .details = line,
                                                     .status = PROGRESS_ERROR});
}

static char *failure_line(const struct step *step, const struct error *failure)
{
    bool is_transfer = step->kind == STEP_IMAGE_PULL ||
                       step->kind == STEP_IMAGE_PUSH; /* the words are a registry's */

    return is_transfer && failure->engine_message ? xstrdup(failure->engine_message)
                                                  : error_message(failure);
}

void execute_failed_with(struct execution *run, struct step *step, const struct error *failure,
                         const char *line)
{
    error_copy(&step->failure, failure);
    if (!step->unsettled)
        show_failure(run->console, step, line);
    leave(run, step, STEP_FAILED);
}

void execute_failed(struct execution *run, struct step *step, const struct error *failure)
{
    char *line = failure_line(step, failure);

    execute_failed_with(run, step, failure, line);
    free(line);
}

void execute_show_unsettled(struct console *console, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];
        char *line;

        if (!step->unsettled || step->state != STEP_FAILED)
            continue;
        line = failure_line(step, &step->failure);
        show_failure(console, step, line);
        free(line);
    }
}

void execute_send(struct execution *run, struct step *step, const char *method, const char *path,
                  const char *query, struct span body, engine_done_fn *done)
{
    struct engine_call call = {.method = method, .path = path, .query = query, .body = body};

    step->work->request = engine_request_start(run->client, &call, done, step);
}

/* Podman answers 500 where Docker answers 409. Source: Podman 4.3, creation of networks, volumes and containers. */
static bool is_name_conflict(const char *message)
{
    return strstr(message, "network already exists") || strstr(message, "volume already exists") ||
           strstr(message, "container already exists") || strstr(message, "name is already in use");
}

void execute_note_outdated(struct execution *run, struct step *step, const struct error *failure)
{
    const char *message = failure->engine_message ? failure->engine_message : "";

    if (failure->kind == ERROR_ENGINE &&
        (failure->status == 404 || failure->status == 409 || is_name_conflict(message) ||
         strstr(message, "is ambiguous")) &&
        !strstr(message, "No such image"))
        run->outcome->replan = step->unsettled = true;
}

bool execute_is_fine(struct execution *run, struct step *step, const struct error *failure)
{
    bool missing = failure->kind == ERROR_ENGINE && failure->status == 404;

    if (missing && step->ignore_missing)
        return true;
    if (failure->kind == ERROR_ENGINE && failure->status == 409 && step->ignore_missing &&
        (step->kind == STEP_CONTAINER_REMOVE || step->kind == STEP_HOOK_EXEC))
        return true; /* somebody else removes it, or it does not run any more */
    /* Those two are asked for whatever the state, so another look changes nothing. */
    if (step->kind != STEP_CONTAINER_PAUSE && step->kind != STEP_CONTAINER_UNPAUSE)
        execute_note_outdated(run, step, failure);
    return false;
}

bool execute_created(struct execution *run, struct step *step, struct engine_request *req,
                     struct engine_created *ret_created)
{
    struct error problem;
    bool good;

    error_init(&problem);
    good = engine_created_decode(run->arena, engine_request_body(req), ret_created, &problem);
    if (!good)
        execute_failed(run, step, &problem);
    error_finish(&problem);
    return good;
}

void execute_on_done(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    (void)req;
    step->work->request = NULL;
    if (failure && !execute_is_fine(run, step, failure))
        execute_failed(run, step, failure);
    else
        execute_done(run, step, NULL);
}

static void cancel_step(struct step *step)
{
    struct step_work *work = step->work;

    if (!work)
        return;
    if (work->request)
        engine_request_cancel(work->request);
    if (work->attach)
        engine_request_cancel(work->attach);
    if (work->stream)
        engine_image_stream_cancel(work->stream);
    if (work->lookup)
        registry_auth_cancel(work->lookup);
    if (work->all_logins)
        registry_auth_builds_cancel(work->all_logins);
    if (work->build)
        engine_build_cancel(work->build);
    if (work->exec_end)
        exec_end_cancel(work->exec_end);
    if (work->child)
        child_signal(work->child, SIGTERM);
}

/* What has nothing under way to give up ends at once: waits, back-offs. */
static void end_idle(struct execution *run, struct step *step)
{
    struct step_work *work = step->work;
    struct error canceled;

    if (step->state != STEP_RUNNING || !work || work->request || work->attach || work->launch ||
        work->stream || work->lookup || work->all_logins || work->build || work->exec_end ||
        work->child || step->batched)
        return;
    error_init(&canceled);
    (void)error_set(&canceled, ERROR_CANCELED, "given up");
    execute_failed(run, step, &canceled);
    error_finish(&canceled);
}

static void give_up(struct execution *run)
{
    run->schedule.stopping = true;
    for (size_t i = 0; i < run->plan->count; i++)
        if (run->plan->steps[i]->state == STEP_RUNNING)
            cancel_step(run->plan->steps[i]);
    if (run->bake)
        bake_cancel(run->bake);
    for (size_t i = 0; i < run->plan->count; i++)
        end_idle(run, run->plan->steps[i]);
    execute_advance(run);
}

static bool on_signal(void *owner, int signal_number)
{
    struct execution *run = owner;

    (void)signal_number;
    run->canceled = true;
    give_up(run);
    return true;
}

static void on_deadline(uv_timer_t *timer)
{
    struct execution *run = timer->data;

    run->timed_out = true;
    give_up(run);
}

static void start_dry(struct execution *run, struct step *step)
{
    const char *known = step_value_get(step->object);

    execute_done(run, step,
                 step->kind == STEP_CONTAINER_CREATE ? step->name
                 : known                             ? known
                                                     : step->name);
}

void execute_release_slot(struct execution *run, struct step *step)
{
    schedule_release_slot(&run->schedule, step);
    execute_advance(run);
}

static void on_brief_slot_over(uv_timer_t *timer)
{
    struct step *step = timer->data;

    execute_release_slot(step->work->run, step);
}

/* A stop takes as long as its container needs: others must not wait for that. */
static void limit_slot(struct execution *run, struct step *step)
{
    struct step_work *work = step->work;

    if (!schedule_is_brief(step))
        return;
    work->slot_timer = xcalloc(1, sizeof(*work->slot_timer));
    (void)uv_timer_init(session_loop(run->session), work->slot_timer);
    work->slot_timer->data = step;
    (void)uv_timer_start(work->slot_timer, on_brief_slot_over, BRIEF_SLOT_MS, 0);
}

static void refuse(struct execution *run, struct step *step)
{
    struct error failure;

    error_init(&failure);
    (void)error_set_at(&failure, ERROR_INPUT, step->refusal_place, "%s", step->refusal);
    execute_failed(run, step, &failure);
    error_finish(&failure);
}

static void start(struct execution *run, struct step *step)
{
    struct error failure;

    schedule_begin(&run->schedule, step);
    execute_progress(run, step, working_text(step), PROGRESS_WORKING);
    if (step->refusal) {
        refuse(run, step);
        return;
    }
    if (run->options->dry_run) {
        start_dry(run, step);
        return;
    }
    step->work = xcalloc(1, sizeof(*step->work));
    step->work->run = run;
    engine_frames_init(&step->work->frames, false);
    text_init(&step->work->tail, 0);
    error_init(&step->work->hook_failure);
    limit_slot(run, step);
    error_init(&failure);
    execute_note_pending(run, step);
    if (!start_functions[step->kind](run, step, &failure))
        execute_failed(run, step, &failure);
    error_finish(&failure);
}

/* Others may change the project while we only wait. */
static void free_lock(struct execution *run)
{
    if (!run->options->lock || run->lock_free || run->schedule.changing > 0 ||
        run->schedule.in_flight == 0)
        return;
    run->lock_seen = project_lock_release(run->options->lock, true);
    run->lock_free = true;
}

/* Before a change. False when somebody else has changed the project meanwhile, so that the plan does not hold any more,
 * or when the user gave up waiting for it. */
static bool retake_lock(struct execution *run)
{
    if (!run->lock_free)
        return true;
    run->lock_free = false;
    switch (project_lock_take(run->options->lock, run->console, run->lock_seen)) {
    case PROJECT_LOCK_SAME:
        return true;
    case PROJECT_LOCK_CHANGED:
        run->outcome->outdated = true;
        break;
    case PROJECT_LOCK_INTERRUPTED:
        run->canceled = true;
        break;
    }
    give_up(run);
    return false;
}

static void sweep(struct execution *run)
{
    struct step *step;

    for (size_t at = 0; (step = schedule_next(&run->schedule, &at)) != NULL;) {
        if (!is_passive(step) && !retake_lock(run))
            return;
        start(run, step);
    }
    execute_bake_gathered(run);
    run->again = run->again || run->schedule.blocked_more;
    run->schedule.blocked_more = false;
}

/* What ends at once while steps are started asks for another round instead of nesting. */
void execute_advance(struct execution *run)
{
    run->again = true;
    if (run->advancing)
        return;
    run->advancing = true;
    while (run->again) {
        run->again = false;
        sweep(run);
        execute_check_waits(run);
    }
    run->advancing = false;
    free_lock(run);
    if (run->schedule.in_flight == 0 && !run->finished) {
        run->finished = true;
        if (run->turning)
            session_stop(run->session);
    }
}

static void set_deadline(struct execution *run)
{
    uint64_t now_ms = uv_now(session_loop(run->session));
    uint64_t due_ms =
        run->options->wait_since_ms + (uint64_t)run->options->wait_timeout_s * MS_PER_SECOND;

    if (run->options->wait_timeout_s <= 0)
        return;
    run->deadline = xcalloc(1, sizeof(*run->deadline));
    (void)uv_timer_init(session_loop(run->session), run->deadline);
    run->deadline->data = run;
    (void)uv_timer_start(run->deadline, on_deadline, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void collect_outcome(struct execution *run, struct error *err)
{
    struct error failures;

    error_init(&failures);
    if (run->canceled)
        (void)error_set(&failures, ERROR_CANCELED, "%s", "");
    else
        plan_failures(run->plan, &failures);
    if (run->timed_out && !error_is_set(&failures))
        (void)error_set(&failures, ERROR_TIMEOUT, "application not healthy after %lds",
                        (long)run->options->wait_timeout_s);
    if (error_is_set(&failures))
        error_move(err, &failures);
}

static bool run_to_end(struct execution *run, struct error *err)
{
    if (plan_has_waits(run->plan) && !run->options->dry_run && !execute_listen(run, err))
        return false;
    if (!run->listening)
        run->ready = true;
    if (run->ready)
        execute_advance(run);
    run->turning = true;
    if (session_run_until(run->session, &run->finished, err))
        return true;
    /* The signal handler of the caller let it through. */
    error_finish(err);
    run->canceled = true;
    give_up(run);
    session_drain(run->session, &run->finished);
    return true;
}

bool execute(struct command_context *context, struct plan *plan,
             const struct execute_options *options, struct execute_outcome *ret_outcome,
             struct error *err)
{
    struct execution run = {
        .session = context->session,
        .console = context->console,
        .plan = plan,
        .options = options,
        .arena = plan->arena,
        .told = {.arena = plan->arena},
        .outcome = ret_outcome,
        .schedule = {.plan = plan,
                     .gathers_builds = options->builder && options->builder->kind == BUILDER_BAKE},
    };
    bool good;

    *ret_outcome = (struct execute_outcome){0};
    if (plan->count == 0)
        return true;
    schedule_set_bound(&run.schedule, context->root->parallel, context->root->parallel_given,
                       sysconf(_SC_NPROCESSORS_ONLN));
    if (!session_client(run.session, &run.client, err))
        return false;
    session_on_signal(run.session, options->on_signal ? options->on_signal : on_signal,
                      options->on_signal ? options->signal_owner : &run);
    set_deadline(&run);
    good = run_to_end(&run, err);
    if (run.deadline)
        uv_close((uv_handle_t *)run.deadline, free_timer);
    execute_unlisten(&run);
    session_on_signal(run.session, NULL, NULL);
    if (!good)
        return false;
    collect_outcome(&run, err);
    return !error_is_set(err);
}
