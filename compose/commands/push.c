/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/execute/converge.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"ignore-push-failures", .kind = OPTION_BOOL, .help = "Push what it can and ignores images with push failures"},
    {"include-deps", .kind = OPTION_BOOL, .help = "Also push images of services declared as dependencies"},
    {"quiet", 'q', OPTION_BOOL, .help = "Push without printing progress information"},
    OPTION_END,
};
/* clang-format on */

static void add_push(struct plan *plan, const char *image, const struct spec_service *service)
{
    struct step *step;

    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->steps[i]->name, image) == 0)
            return;
    step = plan_add(plan, STEP_IMAGE_PUSH, arena_printf(plan->arena, "Image %s", image));
    step->object.known = image;
    step->name = image;
    step->service = service;
    plan_reason(plan, step, REASON_WANTED, "push");
}

static bool make(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                 struct error *err)
{
    struct plan *plan = plan_create();

    (void)observed;
    (void)err;
    for (size_t i = 0; i < job->wanted->count; i++) {
        const struct spec_service *service = job->wanted->services[i].service;

        if (!service->build || !service->image || !*service->image) {
            console_progress(job->context->console, &(struct progress){.id = service->name,
                                                                       .text = "Skipped",
                                                                       .status = PROGRESS_DONE});
            continue;
        }
        add_push(plan, service->image, service);
        for (size_t j = 0; j < service->build->tags.count; j++)
            add_push(plan, service->build->tags.items[j], service);
    }
    *ret_plan = plan;
    return true;
}

static bool run_push(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct converge job = {
        .context = context,
        .operation = "push",
        .pending = PENDING_NONE,
        .make = make,
        .execute = {.quiet_pull = options_bool(options, "quiet"),
                    .continue_pulls = options_bool(options, "ignore-push-failures")},
    };
    struct spec_project *project;
    bool good;

    if (!session_project(context, PROJECT_MODEL, NULL, &project, err) ||
        !spec_project_select(project, &options->arguments, !options_bool(options, "include-deps"),
                             true, err) ||
        !wanted_create(project, NULL, NULL, &job.wanted, err))
        return false;
    job.wants.project_name = project->name;
    good = converge(&job, err);
    wanted_destroy(job.wanted);
    return good;
}

const struct command_body cmd_push = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_push,
};
