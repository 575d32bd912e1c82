/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds. With buildx one child builds many images of a plan, so the steps gather until no further build can become
 * ready or as many have as may build at a time; the engine's own builders take them one by one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compose/build/bake_run.h"
#include "compose/build/build_display.h"
#include "compose/execute/execute_internal.h"
#include "compose/observe/labels.h"
#include "compose/observe/wanted.h"
#include "engine_client/build.h"
#include "engine_client/docker_config.h"
#include "engine_client/registry_auth.h"
#include "spec/base/path.h"
#include "spec/node.h"
#include "spec/project.h"

/* A pull that was tried first has brought the image: nothing is left to build. */
static const char *pulled(const struct step *step)
{
    for (size_t i = 0; !step->force && i < step->after_count; i++)
        if (step->after[i]->kind == STEP_IMAGE_PULL && step->after[i]->result)
            return step->after[i]->result;
    return NULL;
}

/* -- buildx -- */

static void on_bake_message(void *owner, const struct engine_build_message *message)
{
    struct execution *run = owner;

    build_display_message(run->bake_display, message);
}

/* Several platforms make an index, which only some builders load into the engine. */
static bool may_stay_in_builder(struct execution *run, const struct step *step)
{
    struct strings platforms;
    struct error ignored;
    bool several;

    error_init(&ignored);
    several = bake_platforms(run->arena, run->options->wanted->project, step->service,
                             run->options->bake->single_platform, &platforms, &ignored) &&
              platforms.count > 1;
    error_finish(&ignored); /* it would have ended the build before */
    return several;
}

static void finish_baked(struct execution *run, struct step *step, const struct bake_end *end)
{
    if (run->options->bake->check || run->options->bake->push) {
        execute_done(run, step, step->name);
        return;
    }
    if (may_stay_in_builder(run, step))
        step->work->built_digest =
            arena_strdup(run->arena, pairs_find(&end->digests, step->service->name)->value);
    execute_inspect_image(run, step);
}

/* One build of several fails, and buildx cancels the others: that is no failure of theirs. */
static void interrupt_baked(struct execution *run, struct step *step)
{
    struct error canceled;

    error_init(&canceled);
    (void)error_set(&canceled, ERROR_CANCELED, "the build was interrupted");
    execute_progress(run, step, "Interrupted", PROGRESS_WARNING);
    execute_failed(run, step, &canceled);
    error_finish(&canceled);
}

/* The step that buildx names; NULL: none of them. */
static const struct step *find_culprit(const struct execution *run, const struct bake_end *end)
{
    for (size_t i = 0; end->failed_service && i < run->plan->count; i++)
        if (run->plan->steps[i]->batched &&
            strcmp(run->plan->steps[i]->service->name, end->failed_service) == 0)
            return run->plan->steps[i];
    return NULL;
}

/* Where no step is named, all have failed, and the message is recorded once. */
static void fail_baked(struct execution *run, struct step *step, const struct bake_end *end,
                       const struct step *culprit, bool first)
{
    if (end->failure->kind == ERROR_CANCELED || (culprit && step != culprit))
        interrupt_baked(run, step);
    else if (end->summary)
        execute_failed_with(run, step, end->failure, end->summary);
    else
        execute_failed(run, step, end->failure);
    if (!culprit && !first)
        error_finish(&step->failure);
}

static void on_baked(void *owner, const struct bake_end *end)
{
    struct execution *run = owner;
    const struct step *culprit = find_culprit(run, end);
    bool first = true, was_advancing = run->advancing;

    run->bake = NULL;
    schedule_end_batch(&run->schedule);
    build_display_destroy(run->bake_display);
    run->bake_display = NULL;
    if (end->output.length > 0)
        console_write(run->console, end->output.bytes, end->output.length);
    run->advancing = true; /* all of them end before anything new begins */
    for (size_t i = 0; i < run->plan->count; i++) {
        struct step *step = run->plan->steps[i];

        if (!step->batched)
            continue;
        step->batched = false;
        if (end->failure)
            fail_baked(run, step, end, culprit, first);
        else
            finish_baked(run, step, end);
        first = false;
    }
    run->advancing = was_advancing;
    execute_advance(run);
}

static bool start_bake(struct execution *run, struct strings *services, struct error *failure)
{
    struct bake_file *file = arena_alloc(run->arena, sizeof(*file));

    *file = (struct bake_file){.project = run->options->wanted->project,
                               .services = services,
                               .options = run->options->bake};
    if (!bake_prepare(run->arena, file, failure))
        return false;
    run->bake_display = build_display_create(run->console, run->options->quiet_build);
    run->bake = bake_start(session_loop(run->session), run->options->builder, file, on_bake_message,
                           NULL, on_baked, run);
    return true;
}

void execute_bake_gathered(struct execution *run)
{
    struct strings *services;
    struct error failure;

    if (!schedule_begin_batch(&run->schedule))
        return;
    services = arena_alloc(run->arena, sizeof(*services));
    for (size_t i = 0; i < run->plan->count; i++)
        if (run->plan->steps[i]->batched)
            strings_add(services, run->arena, run->plan->steps[i]->service->name);
    error_init(&failure);
    if (!start_bake(run, services, &failure))
        on_baked(run, &(struct bake_end){.failure = &failure});
    error_finish(&failure);
}

/* -- The engine's own builder -- */

static void on_message(void *owner, const struct engine_build_message *message)
{
    struct step *step = owner;

    build_display_message(step->work->display, message);
}

static void on_built(void *owner, const char *image_id, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    (void)image_id;
    step->work->build = NULL;
    if (failure)
        execute_failed(run, step, failure);
    else
        execute_inspect_image(run, step);
}

static struct strings host_lines(struct arena *arena, const struct spec_hosts *hosts)
{
    struct strings lines = {0};

    for (size_t i = 0; i < hosts->count; i++)
        for (size_t j = 0; j < hosts->items[i].addresses.count; j++)
            strings_add(&lines, arena,
                        arena_printf(arena, "%s:%s", hosts->items[i].name,
                                     hosts->items[i].addresses.items[j]));
    return lines;
}

static void add_ulimits(struct arena *arena, const struct spec_ulimit_map *map,
                        struct engine_build_options *options)
{
    struct engine_ulimit *limits = arena_array(arena, map->count, sizeof(*limits));

    for (size_t i = 0; i < map->count; i++) {
        const struct spec_ulimit *limit = map->items[i].value;

        limits[i] =
            (struct engine_ulimit){map->items[i].key, limit->single ? limit->single : limit->soft,
                                   limit->single ? limit->single : limit->hard};
    }
    options->ulimits = limits;
    options->ulimit_count = map->count;
}

static bool describe(struct execution *run, struct step *step,
                     struct engine_build_options *ret_options, struct error *failure)
{
    const struct spec_project *project = run->options->wanted->project;
    const struct spec_build *build = step->service->build;
    const struct bake_options *flags = run->options->bake;
    struct strings platforms;
    struct engine_build_options options = {
        .buildkit = run->options->builder->kind == BUILDER_BUILDKIT,
        .dockerfile = build->dockerfile,
        .dockerfile_inline = build->dockerfile_inline,
        .target = build->target,
        .network_mode = build->network,
        .isolation = build->isolation,
        .labels = bake_labels(run->arena, project, step->service),
        .arguments = bake_build_arguments(run->arena, project, build, flags),
        .cache_from = build->cache_from,
        .extra_hosts = host_lines(run->arena, &build->extra_hosts),
        .no_cache = build->no_cache || flags->no_cache,
        .pull = build->pull || flags->pull,
        .shm_bytes = build->shm_size,
        .memory_bytes = run->options->build_memory_bytes,
    };

    if (!bake_platforms(run->arena, project, step->service, true, &platforms, failure))
        return false;
    if (platforms.count > 1)
        return error_set_at(
            failure, ERROR_INPUT, spec_node_place(build->node),
            "the classic builder doesn't support multi-arch build, set DOCKER_BUILDKIT=1 to use "
            "BuildKit");
    options.platform = platforms.count == 1 ? platforms.items[0] : NULL;
    if (build->context && bake_context_is_remote(build->context))
        options.remote = build->context;
    else
        options.directory = build->context;
    strings_add(&options.tags, run->arena, step->name);
    for (size_t i = 0; i < build->tags.count; i++)
        strings_add(&options.tags, run->arena, build->tags.items[i]);
    if (options.buildkit == false)
        pairs_set(&options.labels, run->arena, LABEL_BUILDER, "classic");
    add_ulimits(run->arena, &build->ulimits, &options);
    if (run->build_logins && *run->build_logins)
        options.registry_config = run->build_logins;
    *ret_options = options;
    return true;
}

static bool send_build(struct execution *run, struct step *step, struct error *failure)
{
    struct engine_build_options options;

    if (!describe(run, step, &options, failure))
        return false;
    step->work->display = build_display_create(run->console, run->options->quiet_build);
    step->work->build = engine_build_start(run->client, &options, on_message, on_built, step);
    return true;
}

/* One build's answer is kept for those that begin later. */
static void on_logins(void *owner, const char *header, const struct strings *skipped,
                      const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct error problem;

    step->work->all_logins = NULL;
    if (failure) {
        execute_failed(run, step, failure);
        return;
    }
    for (size_t i = 0; !run->build_logins && i < skipped->count; i++)
        console_warn(run->console, "%s", skipped->items[i]);
    if (!run->build_logins)
        run->build_logins = arena_strdup(run->arena, header);
    error_init(&problem);
    if (!send_build(run, step, &problem))
        execute_failed(run, step, &problem);
    error_finish(&problem);
}

static bool start_build(struct execution *run, struct step *step, struct error *failure)
{
    const char *missing = builder_missing_feature(run->options->builder->kind, step->service);

    if (missing) {
        (void)error_set_at(failure, ERROR_INPUT, spec_node_place(step->service->build->node),
                           "services.%s.build.%s needs buildx", step->service->name, missing);
        return error_hint(failure, "%s",
                          run->options->builder->why_not_bake ? run->options->builder->why_not_bake
                                                              : "install the buildx plugin");
    }
    if (run->build_logins || !run->options->docker)
        return send_build(run, step, failure);
    step->work->all_logins = registry_auth_builds_start(session_loop(run->session),
                                                        run->options->docker, on_logins, step);
    return true;
}

bool execute_image_build(struct execution *run, struct step *step, struct error *failure)
{
    const char *there = pulled(step);

    if (there) {
        step->done = "";
        execute_done(run, step, there);
        return true;
    }
    if (run->options->builder->kind != BUILDER_BAKE)
        return start_build(run, step, failure);
    schedule_gather(&run->schedule, step);
    return true;
}
