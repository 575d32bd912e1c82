/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/run_prepare.h"

#include "compose/command.h"
#include "compose/execute/converge.h"
#include "compose/root.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/project.h"

struct run_job {
    struct converge job;
    struct reconcile_options options;
};

static bool make(struct converge *converge_job, const struct observed *observed,
                 struct plan **ret_plan, struct error *err)
{
    struct run_job *job = converge_job->owner;

    job->options.images_done = converge_job->images_done;
    job->options.answers = converge_job->answers;
    job->options.now_ns = instant_now();
    return reconcile_up(converge_job->wanted, observed, &job->options, ret_plan, err);
}

static bool read_orphans(struct command_context *context, const struct run_prepare *prepare,
                         struct reconcile_options *options, struct error *err)
{
    options->remove_orphans = prepare->remove_orphans;
    options->ignore_orphans =
        root_truthy(session_variable(context->session, "COMPOSE_IGNORE_ORPHANS"));
    if (options->remove_orphans && options->ignore_orphans)
        return error_set(err, ERROR_USAGE,
                         "cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans");
    return true;
}

bool run_prepare(struct command_context *context, struct spec_project *project,
                 const struct run_prepare *prepare, const char **ret_id, struct error *err)
{
    const struct reconcile_one_off one_off = {
        .service = prepare->service,
        .name = prepare->name,
        .slug = prepare->slug,
        .attach_stdin = prepare->attach_stdin,
        .auto_remove = prepare->auto_remove,
        .no_service_aliases = prepare->no_service_aliases,
    };
    struct run_job job = {
        .options = {.start = true,
                    .one_off = &one_off,
                    .build = prepare->build,
                    .pull = prepare->pull,
                    .known = prepare->known},
        .job = {.context = context,
                .operation = "run",
                .make = make,
                .stdin_is_data = true,
                .execute = {.quiet_pull = prepare->quiet_pull,
                            .quiet_build = prepare->quiet_build}},
    };
    bool good;

    job.job.owner = &job;
    if (!read_orphans(context, prepare, &job.options, err) ||
        !wanted_create(project, NULL, NULL, &job.job.wanted, err))
        return false;
    wanted_read_contents(job.job.wanted);
    converge_want_all(&job.job.wants, context->arena, job.job.wanted);
    good = converge(&job.job, err);
    wanted_destroy(job.job.wanted);
    *ret_id = job.job.one_off_id;
    return good;
}

static bool has_started(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_CONTAINER_START)
            return plan->steps[i]->state == STEP_DONE;
    return false;
}

bool run_start(struct command_context *context, struct spec_project *project,
               const struct run_prepare *prepare, const char *id, session_signal_fn *on_signal,
               void *signal_owner, bool *ret_started, struct error *err)
{
    struct execute_options how = {.on_signal = on_signal, .signal_owner = signal_owner};
    struct execute_outcome outcome = {0};
    struct wanted *wanted;
    struct plan *plan;
    bool good;

    if (!wanted_create(project, NULL, NULL, &wanted, err))
        return false;
    how.docker = session_docker_config(context->session);
    how.project_name = project->name;
    how.wanted = wanted;
    good = reconcile_start_one(wanted, prepare->service, id, prepare->name, &plan, err);
    if (good) {
        good = execute(context, plan, &how, &outcome, err);
        *ret_started = has_started(plan);
        plan_destroy(plan);
    }
    wanted_destroy(wanted);
    return good;
}
