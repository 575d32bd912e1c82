/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/execute/converge.h"
#include "compose/session/session.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"ignore-buildable", .kind = OPTION_BOOL, .help = "Ignore images that can be built"},
    {"ignore-pull-failures", .kind = OPTION_BOOL, .help = "Pull what it can and ignores images with pull failures"},
    {"include-deps", .kind = OPTION_BOOL, .help = "Also pull services declared as dependencies"},
    {"no-parallel", .kind = OPTION_BOOL, .deprecated = "option '--no-parallel' is DEPRECATED and will be ignored."},
    {"parallel", .kind = OPTION_BOOL, .deprecated = "option '--parallel' is DEPRECATED and will be ignored."},
    {"policy", .kind = OPTION_STRING, .values = "missing|always", .help = "Apply pull policy (\"missing\"|\"always\")"},
    {"quiet", 'q', OPTION_BOOL, .help = "Pull without printing progress information"},
    OPTION_END,
};
/* clang-format on */

struct pull {
    struct converge job;
    struct strings skipped;   /* ids that were told already */
    struct strings buildable; /* services whose image could not be pulled, but can be built */
    struct error failure;     /* of the first of them */
};

static void on_unpulled(void *owner, const struct step *step, const struct error *failure)
{
    struct pull *pull = owner;

    if (!step->optional)
        return;
    strings_add_copy(&pull->buildable, pull->job.context->arena, step->service->name);
    if (!error_is_set(&pull->failure))
        error_copy(&pull->failure, failure);
}

/* Images that can be built are no reason to stop the others, but they are not here. */
static bool tell_buildable(struct pull *pull, struct error *err)
{
    if (pull->buildable.count == 0)
        return true;
    strings_sort(&pull->buildable);
    console_note(
        pull->job.context->console,
        "WARNING: Some service image(s) must be built from source by running:\n    docker compose build %s\n",
        strings_join(&pull->buildable, pull->job.context->arena, " "));
    if (pull->job.execute.continue_pulls)
        return true;
    error_move(err, &pull->failure);
    return false;
}

static bool is_latest(const char *image)
{
    const char *slash = strrchr(image, '/'), *name = slash ? slash + 1 : image;
    const char *colon = strchr(name, ':');

    return !strchr(name, '@') && (!colon || strcmp(colon, ":latest") == 0);
}

static void skip(struct pull *pull, const char *id, const char *details)
{
    if (strings_contain(&pull->skipped, id))
        return;
    strings_add(&pull->skipped, pull->job.context->arena, id);
    console_progress(pull->job.context->console,
                     &(struct progress){
                         .id = id, .text = "Skipped", .details = details, .status = PROGRESS_DONE});
}

/* Source: Docker Compose 5.5.0, `pull`. */
static bool is_pulled(struct pull *pull, const struct wanted_service *service,
                      const struct observed *observed)
{
    const struct options *options = pull->job.context->options;
    const struct spec_service *model = service->service;
    const char *policy =
        *options_string(options, "policy") ? options_string(options, "policy") : model->pull_policy;
    const char *id = arena_printf(pull->job.context->arena, "Image %s", service->image);

    if (!model->image || !*model->image) {
        skip(pull, model->name, "No image to be pulled");
        return false;
    }
    if (model->build && options_bool(options, "ignore-buildable")) {
        skip(pull, id, "Image can be built");
        return false;
    }
    if (policy && (strcmp(policy, "never") == 0 || strcmp(policy, "build") == 0)) {
        skip(pull, id, NULL);
        return false;
    }
    if (policy && (strcmp(policy, "missing") == 0 || strcmp(policy, "if_not_present") == 0) &&
        observed_image(observed, service->image, "") && !is_latest(service->image)) {
        skip(pull, id, "Image is already present locally");
        return false;
    }
    return true;
}

static struct step *add_pull(struct plan *plan, const char *image,
                             const struct wanted_service *service)
{
    struct step *step;

    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->steps[i]->name, image) == 0 &&
            strcmp(plan->steps[i]->platform, service->platform) == 0)
            return plan->steps[i];
    step = plan_add(plan, STEP_IMAGE_PULL, arena_printf(plan->arena, "Image %s", image));
    step->object.known = image;
    step->name = image;
    step->platform = service->platform;
    step->service = service->service;
    plan_reason(plan, step, REASON_WANTED, "pull");
    return step;
}

static bool make(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                 struct error *err)
{
    struct pull *pull = job->owner;
    struct plan *plan = plan_create();

    (void)err;
    for (size_t i = 0; i < job->wanted->count; i++) {
        const struct wanted_service *service = &job->wanted->services[i];
        const char *policy = service->service->pull_policy;

        if (service->service->provider)
            continue;
        if (is_pulled(pull, service, observed)) {
            struct step *step = add_pull(plan, service->image, service);

            step->optional = service->service->build != NULL;
        }
        for (size_t j = 0; j < service->service->pre_start.count; j++) {
            const char *image = service->service->pre_start.items[j]->image;

            if (image && *image && !(policy && strcmp(policy, "never") == 0))
                (void)add_pull(plan, image, service);
        }
    }
    *ret_plan = plan;
    return true;
}

static bool run_pull(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    const char *policy = options_string(options, "policy");
    struct pull pull = {0};
    struct spec_project *project;
    bool good;

    if (*policy && strcmp(policy, "missing") != 0 && strcmp(policy, "always") != 0)
        return error_set(err, ERROR_USAGE, "unsupported pull policy \"%s\"", policy);
    if (!session_project(context, PROJECT_MODEL, NULL, &project, err) ||
        !spec_project_select(project, &options->arguments, !options_bool(options, "include-deps"),
                             true, err))
        return false;
    pull.job = (struct converge){
        .context = context,
        .operation = "pull",
        .pending = PENDING_NONE,
        .make = make,
        .owner = &pull,
        .execute = {.quiet_pull = options_bool(options, "quiet"),
                    .continue_pulls = options_bool(options, "ignore-pull-failures"),
                    .on_unpulled = on_unpulled,
                    .unpulled_owner = &pull},
    };
    error_init(&pull.failure);
    if (!wanted_create(project, NULL, NULL, &pull.job.wanted, err))
        return false;
    converge_want_all(&pull.job.wants, context->arena, pull.job.wanted);
    pull.job.wants.networks = pull.job.wants.volumes = false;
    good = converge(&pull.job, err) && tell_buildable(&pull, err);
    error_finish(&pull.failure);
    wanted_destroy(pull.job.wanted);
    return good;
}

const struct command_body cmd_pull = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_pull,
};
