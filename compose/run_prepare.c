/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/run_prepare.h"

#include <string.h>

#include "compose/command.h"
#include "compose/converge.h"
#include "compose/provision.h"
#include "compose/root.h"
#include "spec/base/arena.h"
#include "spec/project.h"

struct run_job {
    struct converge job;
    struct reconcile_options options;
};

static bool make(struct converge *converge_job, const struct observed *observed, struct plan **ret_plan,
                 struct error *err)
{
    struct run_job *job = converge_job->owner;

    job->options.images_done = converge_job->images_done;
    job->options.answers = converge_job->answers;
    job->options.now_ns = converge_now_ns();
    return reconcile_up(converge_job->wanted, observed, &job->options, ret_plan, err);
}

static void put_in_place(struct spec_project *project, struct spec_service *service)
{
    for (size_t i = 0; i < project->services.count; i++)
        if (strcmp(project->services.items[i].key, service->name) == 0)
            project->services.items[i].value = service;
}

bool run_prepare(struct command_context *context, struct spec_project *project, const struct run_prepare *prepare,
                 const char **ret_id, struct error *err)
{
    const struct reconcile_one_off one_off = {
        .service = prepare->service->name,
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
                    .remove_orphans = prepare->remove_orphans,
                    .ignore_orphans =
                        root_truthy(session_variable(context->session, "COMPOSE_IGNORE_ORPHANS"))},
        .job = {.context = context,
                .operation = "run",
                .make = make,
                .execute = {.quiet_pull = prepare->quiet_pull, .quiet_build = prepare->quiet_build}},
    };
    bool good;

    job.job.owner = &job;
    put_in_place(project, prepare->service);
    if (!provision_up(context, project, err) || !wanted_create(project, NULL, NULL, &job.job.wanted, err))
        return false;
    converge_want_all(&job.job.wants, context->arena, job.job.wanted);
    good = converge(&job.job, err);
    wanted_destroy(job.job.wanted);
    if (!good)
        return false;
    *ret_id = job.job.one_off_id;
    return true;
}
