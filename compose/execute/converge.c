/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/converge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/build/bake_run.h"
#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/prompt.h"
#include "compose/console/terminal.h"
#include "compose/execute/failure_cause.h"
#include "compose/execute/failure_report.h"
#include "compose/execute/pending_settle.h"
#include "compose/execute/project_lock.h"
#include "compose/execute/replan.h"
#include "compose/root.h"
#include "compose/session/far_engine.h"
#include "compose/session/session.h"
#include "engine_client/client.h"
#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/project.h"
#include "spec/refresh_window.h"

enum { MOST_REPLANS = 10, MOST_TURNS = 16 };

static void want_image(struct observe_wants *wants, struct arena *arena, const char *image,
                       const char *platform)
{
    if (!image || !*image)
        return;
    if (!strings_contain(&wants->images, image))
        strings_add(&wants->images, arena, image);
    for (size_t i = 0; i < wants->image_platforms.count; i++)
        if (strcmp(wants->image_platforms.items[i].key, image) == 0 &&
            strcmp(wants->image_platforms.items[i].value, platform) == 0)
            return;
    if (*platform)
        pairs_add(&wants->image_platforms, arena, image, platform);
}

void converge_want_all(struct observe_wants *wants, struct arena *arena,
                       const struct wanted *wanted)
{
    wants->project_name = wanted->project->name;
    wants->networks = wants->volumes = true;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct wanted_service *service = &wanted->services[i];
        int64_t window_s;

        if (service->service->provider)
            continue;
        want_image(wants, arena, service->image, service->platform);
        if (spec_refresh_window(service->service->pull_policy, &window_s) && window_s > 0)
            strings_add(&wants->image_ages, arena, service->image);
        for (size_t j = 0; j < service->service->volumes.count; j++)
            if (service->service->volumes.items[j]->type &&
                strcmp(service->service->volumes.items[j]->type, "image") == 0)
                want_image(wants, arena, service->service->volumes.items[j]->source, "");
        for (size_t j = 0; j < service->service->pre_start.count; j++)
            want_image(wants, arena, service->service->pre_start.items[j]->image, "");
    }
}

/* Questions are put one by one; the answers stay for the later turns. */
static bool ask(struct converge *job, const struct plan *plan, struct error *err)
{
    struct arena *arena = job->context->arena;

    for (size_t i = 0; i < plan->need_count; i++) {
        const struct plan_need *need = &plan->needs[i];
        bool yes;

        if (need->kind != NEED_ANSWER)
            continue;
        yes = job->assume_yes;
        if (!yes && (job->plan_only || job->context->dry_run)) {
            pairs_set(&job->answers, arena, arena_strdup(arena, need->subject),
                      RECONCILE_ANSWER_ASSUMED);
            continue;
        }
        if (!yes && (!job->stdin_is_data || terminal_is(STDIN_FILENO)) &&
            !prompt_confirm(job->context->session, need->question, &yes, err))
            return false;
        pairs_set(&job->answers, arena, arena_strdup(arena, need->subject),
                  yes ? RECONCILE_ANSWER_YES : RECONCILE_ANSWER_NO);
    }
    return true;
}

/*
 * ask() assumes a yes of a user who is not asked. When that makes the plan impossible, what happens without a yes can still
 * be shown: the answers become no, and `ret_reason` is why.
 */
static bool withdraw_answers(struct converge *job, const char **ret_reason, struct error *err)
{
    struct arena *arena = job->context->arena;
    bool withdrawn = false;
    char *message;

    for (size_t i = 0; i < job->answers.count; i++) {
        withdrawn |= strcmp(job->answers.items[i].value, RECONCILE_ANSWER_ASSUMED) == 0;
        job->answers.items[i].value = RECONCILE_ANSWER_NO;
    }
    if (!withdrawn)
        return false;
    message = error_message(err);
    *ret_reason = arena_strdup(arena, message);
    free(message);
    error_finish(err);
    return true;
}

/* Plan, and plan again with what had to be found out. */
static bool make_plan(struct converge *job, struct observed *observed, struct plan **ret_plan,
                      struct error *err)
{
    const char *withdrawn = NULL;
    struct plan *plan;

    for (size_t turn = 0; turn < MOST_TURNS; turn++) {
        if (!job->make(job, observed, &plan, err)) {
            if (!withdraw_answers(job, &withdrawn, err))
                return false;
            continue;
        }
        if (!plan_is_unfinished(plan)) {
            if (withdrawn)
                strings_add(&plan->unknown, plan->arena, withdrawn);
            *ret_plan = plan;
            return true;
        }
        if (!ask(job, plan, err) || !observe_needs(job->context->session, observed, plan, err)) {
            plan_destroy(plan);
            return false;
        }
        plan_destroy(plan);
    }
    return error_set(err, ERROR_INPUT, "the plan for project \"%s\" does not settle",
                     job->wants.project_name);
}

static bool has_builds(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_IMAGE_BUILD)
            return true;
    return false;
}

static bool find_builder(struct converge *job, const struct plan *plan, struct error *err)
{
    struct bake_options *flags;
    struct builder *builder;

    if (!has_builds(plan) || job->execute.builder || job->context->dry_run)
        return true;
    builder = arena_alloc(job->context->arena, sizeof(*builder));
    if (!builder_find(job->context->session, job->context->arena, builder, err))
        return false;
    flags = arena_alloc(job->context->arena, sizeof(*flags));
    flags->single_platform = true;
    flags->proxies = builder->proxies;
    job->execute.builder = builder;
    job->execute.bake = flags;
    return true;
}

static bool is_image_step(const struct step *step)
{
    return step->kind == STEP_IMAGE_PULL || step->kind == STEP_IMAGE_BUILD;
}

/* Another step for this image did not end well. */
static bool is_image_open(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->count; i++)
        if (is_image_step(plan->steps[i]) && plan->steps[i]->state != STEP_DONE &&
            strcmp(plan->steps[i]->name, name) == 0)
            return true;
    return false;
}

/* Images that have come: the next plan takes them as they are, also when something else failed. */
static void note_images(struct converge *job, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (is_image_step(plan->steps[i]) && !is_image_open(plan, plan->steps[i]->name))
            strings_add_copy(&job->images_done, job->context->arena, plan->steps[i]->name);
}

static bool awaits_images(const struct plan *plan)
{
    for (size_t i = 0; i < plan->need_count; i++)
        if (plan->needs[i].kind == NEED_IMAGE)
            return true;
    return false;
}

static void show_running(struct converge *job, const struct plan *plan)
{
    struct arena *arena = job->context->arena;

    for (size_t i = 0; !job->quiet_running && i < plan->running.count; i++)
        console_progress(
            job->context->console,
            &(struct progress){.id = arena_printf(arena, "Container %s", plan->running.items[i]),
                               .text = "Running",
                               .status = PROGRESS_DONE});
}

/* A dry run tells what it cannot know. */
static void show_unknown(struct converge *job, const struct plan *plan)
{
    for (size_t i = 0; job->context->dry_run && i < plan->unknown.count; i++)
        console_note(job->context->console, "%s\n", plan->unknown.items[i]);
}

static void note_one_off(struct converge *job, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->create && plan->steps[i]->kind == STEP_CONTAINER_CREATE &&
            plan->steps[i]->create->one_off && plan->steps[i]->result)
            job->one_off_id = arena_strdup(job->context->arena, plan->steps[i]->result);
}

static bool run_plan(struct converge *job, struct plan *plan, struct execute_outcome *ret_outcome,
                     struct error *err)
{
    if (!job->execute.docker)
        job->execute.docker = session_docker_config(job->context->session);
    if (!find_builder(job, plan, err))
        return false;
    job->execute.project_name = job->wants.project_name;
    job->execute.wanted = job->wanted;
    job->execute.dry_run = job->context->dry_run;
    if (job->execute.wait_since_ms == 0)
        job->execute.wait_since_ms = uv_now(session_loop(job->context->session));
    show_running(job, plan);
    show_unknown(job, plan);
    return execute(job->context, plan, &job->execute, ret_outcome, err);
}

enum turn { TURN_END, TURN_AGAIN, TURN_OUTDATED, TURN_UNSETTLED, TURN_FAILED };

/* The plan is shown, or carried out with the lock in hand. */
static enum turn follow_plan(struct converge *job, struct project_lock *lock, struct plan *plan,
                             size_t *replans, struct error *err)
{
    struct execute_outcome outcome = {0};
    bool good;

    if (!job->warned && job->wanted)
        far_engine_check_binds(session_endpoint(job->context->session), job->wanted->project, plan,
                               &plan->warnings);
    if (!job->warned)
        console_warnings(job->context->console, &plan->warnings);
    job->warned = true;
    if (job->plan_only) {
        job->empty = plan_is_empty(plan) && plan->unknown.count == 0;
        job->show(job, plan);
        return TURN_END;
    }
    job->execute.lock = job->no_lock || job->context->dry_run ? NULL : lock;
    good = run_plan(job, plan, &outcome, err);
    note_one_off(job, plan);
    note_images(job, plan);
    if (outcome.outdated && (good || (*replans)++ < MOST_REPLANS)) {
        error_finish(err);
        return TURN_OUTDATED;
    }
    if (good)
        return awaits_images(plan) ? TURN_AGAIN : TURN_END;
    return outcome.replan && err->kind != ERROR_CANCELED ? TURN_UNSETTLED : TURN_FAILED;
}

static void report_failure(struct converge *job, struct plan *plan, struct error *err)
{
    execute_show_unsettled(job->context->console, plan);
    console_end(job->context->console);
    failure_report(job->context, plan, err);
    console_begin(job->context->console, job->operation);
}

/* What failed because the engine has changed meanwhile: would another plan do better? */
static bool is_worth_replanning(struct converge *job, const struct plan *plan,
                                const struct observed *before, struct error *err)
{
    struct observed *now = NULL;
    struct plan *next = NULL;
    struct error problem;
    bool worth;

    error_init(&problem);
    worth = observe(job->context->session, &job->wants, &now, &problem) &&
            make_plan(job, now, &next, &problem) &&
            replan_differs(plan, job->wants.project_name, before, next, now);
    if (!worth && !error_is_set(&problem) &&
        !replan_wait(job->context, job->wants.project_name, plan, &worth, &problem))
        worth = false;
    if (problem.kind == ERROR_CANCELED)
        error_move(err, &problem);
    error_finish(&problem);
    plan_destroy(next);
    observed_destroy(now);
    return worth;
}

static enum turn take_turn(struct converge *job, struct project_lock *lock, size_t *replans,
                           struct error *err)
{
    struct observed *observed = NULL;
    struct plan *plan = NULL;
    uint64_t seen = project_lock_generation(lock);
    enum project_lock_answer answer = PROJECT_LOCK_SAME;
    enum turn turn = TURN_FAILED;

    if (!observe(job->context->session, &job->wants, &observed, err)) {
        failure_cause_image(job->context->arena, job->wanted, err);
        return TURN_FAILED;
    }
    if (!make_plan(job, observed, &plan, err)) {
        observed_destroy(observed);
        return TURN_FAILED;
    }
    if (!plan_is_empty(plan) && !job->context->dry_run && !job->plan_only && !job->no_lock)
        answer = project_lock_take(lock, job->context->console, seen);
    if (answer == PROJECT_LOCK_CHANGED) {
        turn = TURN_AGAIN; /* somebody was faster: look again, with the lock in hand */
    } else if (answer == PROJECT_LOCK_INTERRUPTED) {
        (void)error_set(err, ERROR_CANCELED, "%s", "");
    } else {
        turn = follow_plan(job, lock, plan, replans, err);
    }
    if (turn == TURN_UNSETTLED && (*replans)++ < MOST_REPLANS &&
        is_worth_replanning(job, plan, observed, err)) {
        error_finish(err);
        turn = TURN_AGAIN;
    }
    if (turn == TURN_UNSETTLED)
        turn = TURN_FAILED;
    if (turn == TURN_FAILED)
        report_failure(job, plan, err);
    plan_destroy(plan);
    observed_destroy(observed);
    return turn;
}

/* False: none that matters. */
static bool list_pending(struct converge *job, const struct project_lock *lock,
                         struct pending_list *ret_notes)
{
    struct pending_list all;
    size_t kept = 0;

    project_lock_pending(lock, job->context->arena, &all);
    for (size_t i = 0; i < all.count; i++)
        if (pending_matters(all.items[i].kind, job->pending))
            all.items[kept++] = all.items[i];
    all.count = kept;
    *ret_notes = all;
    return kept > 0;
}

/* Nothing is waited for in vain: most runs find no note, which costs no request. */
static bool settle_pending(struct converge *job, struct project_lock *lock, bool *ret_found,
                           struct error *err)
{
    struct command_context *context = job->context;
    struct pending_list notes;
    bool locks = !job->plan_only && !context->dry_run && !job->no_lock;

    *ret_found = false;
    if (!list_pending(job, lock, &notes))
        return true;
    /* Notes of a run that goes on are gone once it has let go of the lock. */
    if (locks && project_lock_take(lock, context->console, 0) == PROJECT_LOCK_INTERRUPTED)
        return error_set(err, ERROR_CANCELED, "%s", "");
    if (!list_pending(job, lock, &notes))
        return true;
    *ret_found = true;
    if (!pending_settle(context->session, &notes, err))
        return false;
    project_lock_forget(lock, job->pending);
    return true;
}

static enum turn take_turns(struct converge *job, struct project_lock *lock, struct error *err)
{
    enum turn turn = TURN_AGAIN;
    size_t replans = 0, turns = 0;

    while (turn == TURN_OUTDATED || (turn == TURN_AGAIN && turns++ < MOST_TURNS))
        turn = take_turn(job, lock, &replans, err);
    if (turn == TURN_AGAIN)
        (void)error_set(err, ERROR_INPUT, "project \"%s\" does not come to rest",
                        job->wants.project_name);
    return turn;
}

/* What was noted is there by now, or never will be: a command that removes or ends looks once more. */
static bool run_turns(struct converge *job, struct project_lock *lock, struct error *err)
{
    bool found = false;

    if (!job->pending_last && !settle_pending(job, lock, &found, err))
        return false;
    if (take_turns(job, lock, err) != TURN_END)
        return false;
    if (job->pending_last && !settle_pending(job, lock, &found, err))
        return false;
    return !found || job->pending != PENDING_STARTS || take_turns(job, lock, err) == TURN_END;
}

static void warn_unlocked(struct converge *job, const struct project_lock *lock)
{
    if (project_lock_problem(lock) && !job->plan_only && !job->context->dry_run && !job->no_lock &&
        job->pending != PENDING_NONE)
        console_warn(job->context->console,
                     "Project \"%s\" cannot be locked, so other runs may change it at the same "
                     "time: %s",
                     job->wants.project_name, project_lock_problem(lock));
}

bool converge(struct converge *job, struct error *err)
{
    struct engine_client *client;
    struct project_lock *lock;
    bool good;

    if (!session_client(job->context->session, &client, err))
        return false;
    lock = project_lock_create(engine_client_url(client), job->wants.project_name);
    console_begin(job->context->console, job->operation);
    warn_unlocked(job, lock);
    good = run_turns(job, lock, err);
    console_end(job->context->console);
    (void)project_lock_release(lock, true);
    project_lock_destroy(lock);
    return good;
}
