/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/commands/lifecycle.h"
#include "compose/console/console.h"
#include "compose/execute/converge.h"
#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_builds.h"
#include "compose/session/session.h"
#include "compose/watch/watch_internal.h"
#include "compose/watch/watch_plan.h"
#include "engine_client/image.h"
#include "engine_client/instant.h"
#include "engine_client/query.h"
#include "spec/base/text.h"
#include "spec/project.h"

void watch_log(struct watch *watch, const char *format, ...)
{
    struct text line;
    va_list args;

    text_init(&line, 0);
    va_start(args, format);
    text_vaddf(&line, format, args);
    va_end(args);
    watch->settings.log(watch->settings.owner, line.bytes);
    text_finish(&line);
}

/* `["a" "b"]` */
static const char *quoted(struct arena *arena, const struct strings *names)
{
    return arena_printf(arena, "[\"%s\"]", strings_join(names, arena, "\" \""));
}

/* A failure is told and forgotten; an interruption ends the watch. */
static bool is_survived(struct watch *watch, const char *what, struct error *err)
{
    char *message;

    if (err->kind == ERROR_CANCELED)
        return false;
    message = error_message(err);
    if (what)
        watch_log(watch, "%s. Error: %s", what, message);
    console_warn(watch->context->console, "Error handling changed files: %s", message);
    free(message);
    error_finish(err);
    return true;
}

/* -- Rebuild -- */

struct rebuild {
    struct watch *watch;
    struct wanted *wanted; /* the services and what depends on them */
    struct strings built;  /* images */
    struct reconcile_builds builds;
    struct reconcile_options reconcile;
};

/* The services and, over any number of links, what depends on them: nobody else has to do with a rebuild. */
static struct spec_project *narrowed(struct watch *watch, const struct strings *services)
{
    struct arena *arena = watch->batch_arena;
    const struct spec_service_map *all = &watch->settings.project->services;
    struct spec_project *project = arena_alloc(arena, sizeof(*project));
    struct strings names = {0};
    size_t before;

    for (size_t i = 0; i < services->count; i++)
        strings_add(&names, arena, services->items[i]);
    do {
        before = names.count;
        for (size_t i = 0; i < all->count; i++) {
            const struct spec_dependency_map *needs = &all->items[i].value->depends_on;

            for (size_t j = 0; j < needs->count; j++)
                if (strings_contain(&names, needs->items[j].key) &&
                    !strings_contain(&names, all->items[i].key))
                    strings_add(&names, arena, all->items[i].key);
        }
    } while (names.count > before);
    *project = *watch->settings.project;
    project->services = (struct spec_service_map){0};
    project->services.items = arena_array(arena, all->count, sizeof(*all->items));
    for (size_t i = 0; i < all->count; i++)
        if (strings_contain(&names, all->items[i].key))
            project->services.items[project->services.count++] = all->items[i];
    return project;
}

static bool make_builds(struct converge *job, const struct observed *observed,
                        struct plan **ret_plan, struct error *err)
{
    struct rebuild *rebuild = job->owner;

    (void)observed;
    (void)err;
    *ret_plan = reconcile_builds(job->wanted, &rebuild->builds);
    return true;
}

static bool make_containers(struct converge *job, const struct observed *observed,
                            struct plan **ret_plan, struct error *err)
{
    struct rebuild *rebuild = job->owner;

    rebuild->reconcile.images_done = rebuild->built;
    rebuild->reconcile.answers = job->answers;
    rebuild->reconcile.now_ns = instant_now();
    return reconcile_up(job->wanted, observed, &rebuild->reconcile, ret_plan, err);
}

static bool run_rebuild(struct rebuild *rebuild, converge_plan_fn *make, struct error *err)
{
    struct converge job = {
        .context = rebuild->watch->context,
        .operation = "rebuild",
        .wanted = rebuild->wanted,
        .make = make,
        .owner = rebuild,
        .execute = {.quiet_build = rebuild->watch->settings.quiet,
                    .on_hook_output = rebuild->watch->settings.output,
                    .output_owner = rebuild->watch->settings.owner},
    };

    converge_want_all(&job.wants, rebuild->watch->batch_arena, rebuild->wanted);
    return converge(&job, err);
}

/* `failed`: what the reference calls the failure of this part. */
static bool run_parts(struct rebuild *rebuild, const struct strings *services, const char **failed,
                      struct error *err)
{
    *failed = "Build failed";
    rebuild->builds = (struct reconcile_builds){.services = *services};
    if (!run_rebuild(rebuild, make_builds, err))
        return false;
    watch_log(rebuild->watch, "service(s) %s successfully built",
              quoted(rebuild->watch->batch_arena, services));
    for (size_t i = 0; i < rebuild->wanted->count; i++)
        strings_add(&rebuild->built, rebuild->watch->batch_arena,
                    rebuild->wanted->services[i].image);
    rebuild->reconcile = (struct reconcile_options){
        .targets = *services,
        .recreate = RECREATE_FORCE,
        .recreate_dependencies = RECREATE_NEVER,
        .no_build = true,
        .ignore_orphans = true,
    };
    *failed = "Failed to recreate services after update";
    if (!run_rebuild(rebuild, make_containers, err))
        return false;
    rebuild->reconcile.recreate = RECREATE_NEVER;
    rebuild->reconcile.start = true;
    *failed = "Application failed to start after update";
    return run_rebuild(rebuild, make_containers, err);
}

static bool list_dangling(struct watch *watch, struct engine_image_list *ret_images,
                          struct error *err)
{
    struct arena *arena = watch->batch_arena;
    struct pairs filters = {0};
    struct span answer;
    struct text query;
    bool good;

    pairs_add(&filters, arena, "dangling", "true");
    pairs_add(&filters, arena, "label",
              arena_printf(arena, LABEL_PROJECT "=%s", watch->settings.project->name));
    text_init(&query, 0);
    engine_query_filters(&query, &filters);
    good = session_fetch(watch->context->session, arena, "GET", "/images/json", query.bytes,
                         &answer, err) &&
           engine_image_list_decode(arena, answer, ret_images, err);
    text_finish(&query);
    return good;
}

/* Images that lost their name to newer ones, earlier ones too. One that is still in use stays. */
static bool prune(struct watch *watch, struct error *err)
{
    struct arena *arena = watch->batch_arena;
    struct engine_image_list images;
    struct session_call *calls;

    if (!list_dangling(watch, &images, err))
        return false;
    calls = arena_array(arena, images.count + 1, sizeof(*calls));
    for (size_t i = 0; i < images.count; i++) {
        calls[i].method = "DELETE";
        calls[i].path = engine_path(arena, "/images/%s", images.items[i].id);
    }
    if (!session_fetch_all(watch->context->session, arena, calls, images.count, err))
        return false;
    session_fetch_finish(calls, images.count);
    return true;
}

static bool rebuild(struct watch *watch, const struct strings *services, struct error *err)
{
    struct rebuild rebuild = {.watch = watch};
    const char *failed = NULL;
    bool good;

    watch_log(watch, "Rebuilding service(s) %s after changes were detected...",
              quoted(watch->batch_arena, services));
    good = wanted_create(narrowed(watch, services), NULL, NULL, &rebuild.wanted, err);
    if (good)
        wanted_read_contents(rebuild.wanted);
    good = good && run_parts(&rebuild, services, &failed, err) &&
           (!watch->settings.prune || prune(watch, err));
    wanted_destroy(rebuild.wanted);
    return good || is_survived(watch, failed, err);
}

/* -- Sync, exec -- */

static bool make_sync(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                      struct error *err)
{
    (void)err;
    *ret_plan = watch_plan_sync(job->owner, observed);
    return true;
}

static bool make_exec(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                      struct error *err)
{
    (void)err;
    *ret_plan = watch_plan_exec(job->owner, observed);
    return true;
}

static bool converge_batch(struct watch *watch, const struct watch_batch *batch,
                           const char *operation, converge_plan_fn *make, struct error *err)
{
    struct watch_batch copy = *batch;
    struct converge job = {
        .context = watch->context,
        .operation = operation,
        .make = make,
        .owner = &copy,
        .wants = {.project_name = watch->settings.project->name},
        .execute = {.on_hook_output = watch->settings.output,
                    .output_owner = watch->settings.owner},
    };

    return converge(&job, err);
}

static bool sync_files(struct watch *watch, const struct watch_batch *batch, struct error *err)
{
    for (size_t i = 0; i < batch->sync_count; i++)
        watch_log(watch, "Syncing service \"%s\" after %zu changes were detected",
                  batch->syncs[i].service->name, batch->syncs[i].count);
    if (batch->sync_count == 0 || converge_batch(watch, batch, "sync", make_sync, err))
        return true;
    watch_owe(watch, batch);
    return is_survived(watch, NULL, err);
}

/* -- Restart -- */

static bool restart(struct watch *watch, const struct strings *services, struct error *err)
{
    struct reconcile_containers options = {.services = *services, .named = true};

    if (!lifecycle_run_shown(watch->context, watch->settings.project, &options, LIFECYCLE_RESTART,
                             "restart", watch->settings.output, watch->settings.owner, err))
        return is_survived(watch, NULL, err);
    watch_log(watch, "service(s) %s restarted", quoted(watch->batch_arena, services));
    return true;
}

bool watch_carry_out(struct watch *watch, const struct watch_batch *batch, struct error *err)
{
    if (batch->rebuilds.count > 0 && !rebuild(watch, &batch->rebuilds, err))
        return false;
    if (!sync_files(watch, batch, err))
        return false;
    if (batch->restarts.count > 0 && !restart(watch, &batch->restarts, err))
        return false;
    return batch->exec_count == 0 || converge_batch(watch, batch, "exec", make_exec, err) ||
           is_survived(watch, NULL, err);
}

/* -- Initial sync -- */

/* When the image of the service's containers was made; 0 when none runs. */
static bool image_instant(struct watch *watch, const struct observed *observed, const char *service,
                          int64_t *ret_instant_ns, struct error *err)
{
    struct arena *arena = watch->batch_arena;
    struct engine_image image;
    struct span answer;

    *ret_instant_ns = 0;
    for (size_t i = 0; i < observed->container_count; i++) {
        const struct observed_container *container = &observed->containers[i];

        if (container->one_off || !container->service || strcmp(container->service, service) != 0)
            continue;
        if (!session_fetch(watch->context->session, arena, "GET",
                           engine_path(arena, "/images/%s/json", container->entry->image_id), NULL,
                           &answer, err) ||
            !engine_image_decode(arena, answer, &image, err))
            return false;
        *ret_instant_ns = image.created_ns;
        return true;
    }
    return true;
}

static bool sync_rule(struct watch *watch, const struct observed *observed,
                      const struct watch_rule *rule, struct error *err)
{
    /* Only the files are wanted: no restart and no command, nothing has changed yet. */
    struct watch_rule plain = *rule;
    struct watch_rules rules = {.items = &plain, .count = 1, .capacity = 1};
    struct watch_changes changes;
    struct watch_batch batch;
    int64_t made_ns;

    plain.action = WATCH_SYNC;
    if (!image_instant(watch, observed, rule->service->name, &made_ns, err))
        return false;
    if (made_ns == 0)
        return true;
    watch_tree_newer(watch->tree, rule, made_ns, watch->batch_arena, &changes);
    watch_rules_batch(watch->batch_arena, &rules, changes.items, changes.count, &batch);
    return sync_files(watch, &batch, err);
}

bool watch_initial_sync(struct watch *watch, struct error *err)
{
    struct observe_wants wants = {.project_name = watch->settings.project->name};
    struct observed *observed;
    bool good;

    if (!watch->batch_arena)
        watch->batch_arena = arena_create();
    if (!observe(watch->context->session, &wants, &observed, err))
        return is_survived(watch, NULL, err);
    good = true;
    for (size_t i = 0; good && i < watch->rules.count; i++) {
        const struct watch_rule *rule = &watch->rules.items[i];

        if (rule->watch->initial_sync &&
            (rule->action == WATCH_SYNC || rule->action == WATCH_SYNC_RESTART))
            good = sync_rule(watch, observed, rule, err) || is_survived(watch, NULL, err);
    }
    observed_destroy(observed);
    return good;
}
