/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for containers: started, healthy, completed. What is known of a container comes from the event stream, which is
 * open before anything starts; only what was there before, or may have a health check that the file does not
 * declare, is inspected, once. Nothing polls.
 */
#include <string.h>

#include "compose/execute/execute_internal.h"
#include "compose/observe/wanted.h"
#include "engine_client/event.h"
#include "engine_client/query.h"
#include "spec/node.h"
#include "spec/project.h"

static struct execute_container *find(struct execution *run, const char *id)
{
    for (size_t i = 0; i < run->container_count; i++)
        if (strcmp(run->containers[i].id, id) == 0)
            return &run->containers[i];
    return NULL;
}

static struct execute_container *get(struct execution *run, const char *id)
{
    struct execute_container *container = find(run, id);

    if (container)
        return container;
    run->containers = arena_grow(run->arena, run->containers, &run->container_capacity,
                                 run->container_count + 1, sizeof(*run->containers));
    container = &run->containers[run->container_count++];
    *container = (struct execute_container){.id = arena_strdup(run->arena, id)};
    return container;
}

/* Ask again what the health check says. */
static void forget_answer(struct execute_container *container)
{
    container->asked = container->trusted = false;
}

static void start_unpause(struct execute_container *container)
{
    container->unpaused = container->unpausing = container->awaits_probe = true;
    container->health = ENGINE_HEALTH_NONE;
    forget_answer(container);
}

void execute_note_unpause(struct execution *run, const char *id)
{
    start_unpause(get(run, id));
}

static void on_event(void *owner, const struct engine_event *event)
{
    struct execution *run = owner;
    struct execute_container *container = get(run, event->id);

    if (event->time_ns < container->started_ns)
        return; /* the stream begins a little in the past */
    if (strcmp(event->action, "start") == 0) {
        container->running = true;
        container->exited = false;
        container->health = ENGINE_HEALTH_NONE;
        container->up_since_ms = uv_now(session_loop(run->session));
    } else if (strcmp(event->action, "die") == 0) {
        container->exited = true;
        container->running = container->confirmed = false;
        container->exit_code = event->exit_code;
    } else if (container->unpausing && strcmp(event->action, "unpause") != 0) {
        return; /* from before: the stream begins a little in the past */
    } else if (strcmp(event->action, "health_status") == 0) {
        container->health = event->health;
        container->has_check = container->checked = true;
        container->awaits_probe = false;
    } else if (container->unpaused && strcmp(event->action, "pause") == 0) {
        start_unpause(container); /* what came before it was an earlier unpause */
    } else if (container->unpausing) {
        container->unpausing = false;
        container->probe_after_ns = event->time_ns;
        forget_answer(container);
    } else if (container->awaits_probe && (strcmp(event->action, "exec_create") == 0 ||
                                           strcmp(event->action, "exec_die") == 0)) {
        forget_answer(container); /* maybe a probe: no other event reports that it failed again */
    } else {
        return;
    }
    container->stirred = true;
    execute_advance(run);
}

static void on_ready(void *owner)
{
    struct execution *run = owner;

    if (run->ready) { /* after a gap: look at what is waited for again */
        for (size_t i = 0; i < run->container_count; i++)
            run->containers[i].asked = run->containers[i].trusted = false;
    }
    run->ready = true;
    execute_advance(run);
}

static void on_away(void *owner)
{
    struct execution *run = owner;

    session_warn_away(run->session);
}

static void on_lost(void *owner, const struct error *failure)
{
    struct execution *run = owner;

    run->ready = true;
    for (size_t i = 0; i < run->plan->count; i++)
        if (run->plan->steps[i]->kind == STEP_WAIT && run->plan->steps[i]->state == STEP_RUNNING)
            execute_failed(run, run->plan->steps[i], failure);
    execute_advance(run);
}

bool execute_listen(struct execution *run, struct error *err)
{
    run->listener = (struct session_listener){.on_ready = on_ready,
                                              .on_event = on_event,
                                              .on_away = on_away,
                                              .on_lost = on_lost,
                                              .owner = run};
    if (!session_listen(run->session, run->options->project_name, &run->listener, err))
        return false;
    run->listening = true;
    return true;
}

void execute_unlisten(struct execution *run)
{
    if (run->listening)
        session_unlisten(run->session, &run->listener);
    run->listening = false;
}

static bool declares_check(const struct step *wait)
{
    const struct spec_healthcheck *check = wait->service ? wait->service->healthcheck : NULL;

    return check && !check->disable && check->test.set && check->test.words.count > 0 &&
           strcmp(check->test.words.items[0], "NONE") != 0;
}

/*
 * A pause ends the health check, and the engine calls the container unhealthy until a later probe succeeds, without a
 * failing one. Source: dockerd 20.10 to 28.5.
 */
static enum engine_health health_of(struct execute_container *container,
                                    const struct engine_container *details)
{
    const struct engine_health_probe *last =
        details->probe_count > 0 ? &details->probes[details->probe_count - 1] : NULL;

    if (details->health != ENGINE_HEALTH_UNHEALTHY)
        return details->health;
    container->awaits_probe =
        container->unpausing || details->failing_streak == 0 ||
        (container->probe_after_ns > 0 && (!last || last->ended_ns < container->probe_after_ns));
    return container->awaits_probe ? ENGINE_HEALTH_STARTING : ENGINE_HEALTH_UNHEALTHY;
}

static void on_inspected(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *wait = owner;
    struct execution *run = wait->work->run;
    struct engine_container details;
    struct execute_container *container;
    struct error problem;

    wait->work->request = NULL;
    if (failure) {
        execute_note_outdated(run, wait, failure);
        execute_failed(run, wait, failure);
        return;
    }
    error_init(&problem);
    if (!engine_container_decode(run->arena, engine_request_body(req), &details, &problem)) {
        execute_failed(run, wait, &problem);
        error_finish(&problem);
        return;
    }
    container = get(run, details.id);
    container->checked = true;
    container->trusted = container->asked = !container->stirred; /* otherwise once more */
    container->started_ns = details.started_ns;
    container->has_check = details.health != ENGINE_HEALTH_NONE || container->has_check;
    if (details.state != ENGINE_STATE_CREATED) {
        container->running =
            details.running && !details.restarting; /* both are told of one that restarts */
        container->exited = !details.running && !details.restarting;
        container->confirmed = true;
        container->exit_code = details.exit_code;
        container->health = container->running ? health_of(container, &details)
                                               : ENGINE_HEALTH_NONE; /* that of the run before */
    }
    execute_advance(run);
}

/* One at a time: the answer of one is often all that is missing. */
static void ask(struct execution *run, struct step *wait)
{
    bool health =
        wait->condition == CONDITION_HEALTHY || wait->condition == CONDITION_RUNNING_OR_HEALTHY;

    for (size_t i = 0; i < wait->container_count && !wait->work->request; i++) {
        const char *id = step_value_get(wait->containers[i]);
        struct execute_container *container = get(run, id);

        if (container->asked ||
            (container->trusted &&
             (!health || declares_check(wait) || container->health == ENGINE_HEALTH_HEALTHY)))
            continue;
        container->asked = true;
        container->stirred = false;
        execute_send(run, wait, "GET", engine_path(run->arena, "/containers/%s/json", id), NULL,
                     (struct span){0}, on_inspected);
    }
}

enum { SETTLED_AFTER_MS = 500 };

static void on_settled(uv_timer_t *timer)
{
    execute_advance(timer->data);
}

/* May the engine start it again after this end? */
static bool may_restart(const struct spec_service *service, int exit_code)
{
    const struct spec_restart_policy *policy =
        service->deploy ? service->deploy->restart_policy : NULL;
    const char *name = policy ? policy->condition : service->restart;

    if (!name || !*name || strcmp(name, "no") == 0 || strcmp(name, "none") == 0)
        return false;
    return !text_starts_with(name, "on-failure") || exit_code != 0;
}

/* An end is believed when nothing restarts the container; with a restart policy the engine is asked first. */
static bool is_sure(const struct step *wait, struct execute_container *container)
{
    if (!container->exited || container->confirmed ||
        !may_restart(wait->service, container->exit_code))
        return true;
    container->asked = container->trusted = false;
    return false;
}

enum verdict { VERDICT_OPEN, VERDICT_GOOD, VERDICT_EXITED, VERDICT_UNHEALTHY, VERDICT_NO_CHECK };

static enum verdict judge(const struct step *wait, const struct execute_container *container)
{
    if (wait->condition == CONDITION_COMPLETED)
        return container->exited ? (container->exit_code == 0 ? VERDICT_GOOD : VERDICT_EXITED)
                                 : VERDICT_OPEN;
    if (wait->condition == CONDITION_RUNNING_OR_HEALTHY && container->exited &&
        container->exit_code == 0)
        return VERDICT_GOOD; /* a job that is done */
    if (container->exited)
        return VERDICT_EXITED;
    if (container->health == ENGINE_HEALTH_UNHEALTHY)
        return VERDICT_UNHEALTHY;
    if (container->health == ENGINE_HEALTH_HEALTHY)
        return VERDICT_GOOD;
    if (!container->running)
        return VERDICT_OPEN;
    if (container->checked && !container->has_check)
        return wait->condition == CONDITION_HEALTHY ? VERDICT_NO_CHECK : VERDICT_GOOD;
    return VERDICT_OPEN;
}

/*
 * Without a health check nothing tells that a container does well but that it goes on running: it has this long to fail.
 * The reference looks for the first time after as much.
 */
static bool is_settled(struct execution *run, struct step *wait,
                       const struct execute_container *container)
{
    uint64_t now_ms = uv_now(session_loop(run->session)),
             due_ms = container->up_since_ms + SETTLED_AFTER_MS;

    if (wait->condition != CONDITION_RUNNING_OR_HEALTHY || container->up_since_ms == 0 ||
        container->has_check || container->exited || now_ms >= due_ms)
        return true;
    if (!wait->work->timer) {
        wait->work->timer = xcalloc(1, sizeof(*wait->work->timer));
        (void)uv_timer_init(session_loop(run->session), wait->work->timer);
        wait->work->timer->data = run;
    }
    (void)uv_timer_start(wait->work->timer, on_settled, due_ms - now_ms, 0);
    return false;
}

static void tell(struct execution *run, const char *name, const char *text,
                 enum progress_status status)
{
    const char *id = arena_printf(run->arena, "Container %s", name);

    console_progress(run->console, &(struct progress){.id = id, .text = text, .status = status});
}

static void end_wait(struct execution *run, struct step *wait)
{
    struct error given_up;

    if (wait->work->request) {
        engine_request_cancel(wait->work->request); /* its completion ends the wait */
        return;
    }
    error_init(&given_up);
    (void)error_set(&given_up, ERROR_CANCELED, "given up");
    wait->work->decided = true;
    execute_failed(run, wait, &given_up);
    error_finish(&given_up);
}

/* --wait is over with its first failure; starts and what they wait for go on. */
static void end_waits(struct execution *run)
{
    run->wait_failed = true;
    for (size_t i = 0; i < run->plan->count; i++) {
        struct step *step = run->plan->steps[i];

        if (step->kind == STEP_WAIT && !step->waiter && step->state == STEP_RUNNING)
            end_wait(run, step);
    }
}

/* Nothing would ever make it healthy: the mistake is in the file, at the condition. */
static void explain_no_check(const struct execution *run, const struct step *wait,
                             struct error *failure)
{
    const struct spec_service *waiter =
        wait->waiter ? spec_project_service(run->options->wanted->project, wait->waiter) : NULL;
    const struct spec_node *dependency =
        waiter ? spec_node_get(spec_node_get(waiter->node, "depends_on"), wait->service->name)
               : NULL;
    const struct spec_node *condition = spec_node_get(dependency, "condition");

    if (condition)
        (void)error_place(failure, spec_node_place(condition));
    (void)error_hint(failure, "give %s a `healthcheck`, or wait for service_started only",
                     wait->service->name);
}

static void fail(struct execution *run, struct step *wait, const char *name, enum verdict verdict,
                 int exit_code)
{
    const char *service = wait->service->name, *what;
    struct error failure;

    error_init(&failure);
    what = verdict == VERDICT_EXITED
               ? arena_printf(run->arena, "container %s exited (%d)", name, exit_code)
           : verdict == VERDICT_UNHEALTHY
               ? arena_printf(run->arena, "container %s is unhealthy", name)
               : arena_printf(run->arena, "container %s has no healthcheck configured", name);
    if (wait->condition == CONDITION_COMPLETED)
        (void)error_set(&failure, ERROR_INPUT,
                        "service \"%s\" didn't complete successfully: exit %d", service, exit_code);
    else if (wait->waiter)
        (void)error_set(&failure, ERROR_INPUT, "dependency failed to start: %s", what);
    else
        (void)error_set(&failure, ERROR_INPUT, "%s", what);
    if (verdict == VERDICT_NO_CHECK)
        explain_no_check(run, wait, &failure);
    if (wait->optional) {
        const char *text =
            wait->condition == CONDITION_COMPLETED
                ? arena_printf(run->arena,
                               "optional dependency \"%s\" didn't complete successfully: exit %d",
                               service, exit_code)
                : arena_printf(run->arena, "optional dependency \"%s\" failed to start: %s",
                               service, what);

        console_warn(run->console, "%s", text);
        tell(run, name, arena_printf(run->arena, "Skipped: %s", text), PROGRESS_WARNING);
        execute_done(run, wait, NULL);
    } else {
        tell(run, name,
             wait->waiter ? arena_printf(run->arena, "Error dependency %s failed to start", service)
                          : "Error",
             PROGRESS_ERROR);
        execute_failed(run, wait, &failure);
        if (!wait->waiter)
            end_waits(run);
    }
    error_finish(&failure);
}

static void check(struct execution *run, struct step *wait)
{
    size_t good = 0;

    for (size_t i = 0; i < wait->container_count; i++) {
        struct execute_container *container = get(run, step_value_get(wait->containers[i]));
        enum verdict verdict =
            container->trusted && is_sure(wait, container) ? judge(wait, container) : VERDICT_OPEN;

        if (verdict == VERDICT_GOOD && is_settled(run, wait, container))
            good++;
        else if (verdict == VERDICT_GOOD)
            continue;
        else if (verdict != VERDICT_OPEN &&
                 !(wait->condition == CONDITION_COMPLETED && i + 1 < wait->container_count)) {
            if (wait->condition == CONDITION_COMPLETED && good > 0)
                break;
            wait->work->decided = true;
            fail(run, wait, wait->container_names[i], verdict, container->exit_code);
            return;
        }
    }
    if (good == wait->container_count || (good > 0 && wait->condition == CONDITION_COMPLETED)) {
        wait->work->decided = true;
        for (size_t i = 0; i < wait->container_count; i++)
            tell(run, wait->container_names[i],
                 get(run, step_value_get(wait->containers[i]))->exited ? "Exited" : "Healthy",
                 PROGRESS_DONE);
        execute_done(run, wait, NULL);
        return;
    }
    ask(run, wait);
}

bool execute_wait(struct execution *run, struct step *step, struct error *failure)
{
    if (run->wait_failed && !step->waiter)
        return error_set(failure, ERROR_CANCELED, "given up");
    for (size_t i = 0; i < step->container_count; i++) {
        struct execute_container *container = get(run, step_value_get(step->containers[i]));

        /* Made by this plan, after the stream was opened: its events tell all. */
        container->trusted = container->trusted || step->containers[i].from;
        tell(run, step->container_names[i], "Waiting", PROGRESS_WORKING);
    }
    run->again = true; /* looked at by the sweep that started it */
    return true;
}

void execute_check_waits(struct execution *run)
{
    for (size_t i = 0; i < run->plan->count; i++) {
        struct step *step = run->plan->steps[i];

        if (step->kind == STEP_WAIT && step->state == STEP_RUNNING && step->work &&
            !step->work->decided && !step->work->request)
            check(run, step);
    }
}
