/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/watch_plan.h"

#include <string.h>

#include "compose/observe/observed.h"
#include "compose/reconcile/plan.h"
#include "compose/watch/watch_rules.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/project.h"

enum { MOST_REMOVED_AT_ONCE = 500, MOST_REMOVED_BYTES = 64 * 1024 };

static bool is_target(const struct observed_container *container,
                      const struct spec_service *service)
{
    return !container->one_off && container->entry->state == ENGINE_STATE_RUNNING &&
           container->service && strcmp(container->service, service->name) == 0;
}

static struct step *add_step(struct plan *plan, enum step_kind kind,
                             const struct observed_container *container,
                             const struct spec_service *service, struct step *before)
{
    struct step *step = plan_add(plan, kind, NULL);

    step->object.known = container->id;
    step->name = container->name;
    step->service = service;
    plan_after(plan, step, before);
    return step;
}

static struct step *add_removal(struct plan *plan, const struct observed_container *container,
                                const struct spec_service *service, const struct strings *words,
                                struct step *before)
{
    struct step *step = add_step(plan, STEP_HOOK_EXEC, container, service, before);
    struct spec_hook *hook = arena_alloc(plan->arena, sizeof(*hook));

    hook->command = (struct spec_command){.set = true, .words = *words};
    step->hook = hook;
    return step;
}

static bool is_below(const char *directory, const char *path)
{
    size_t length = strlen(directory);

    return strncmp(directory, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/*
 * May the directory be removed with everything in it? Not when the whole watched path is gone, as by a checkout of a
 * branch without it: the target then keeps what did not come from here. And never what is mounted in it.
 */
static bool may_remove(const struct observed_container *container, const struct watch_file *file)
{
    if (!file->directory)
        return true;
    if (file->root_gone)
        return false;
    for (size_t i = 0; i < container->entry->mount_count; i++)
        if (is_below(file->target, container->entry->mounts[i].target))
            return false;
    return true;
}

/* `rm` for what is gone; what was in a directory that is removed too needs no word of its own. */
static struct step *remove_files(struct plan *plan, const struct observed_container *container,
                                 const struct watch_sync *sync)
{
    struct step *last = NULL;
    const char *directory = NULL;
    struct strings words = {0};
    size_t bytes = 0;

    for (size_t i = 0; i < sync->count; i++) {
        const char *target = sync->files[i].target;

        if (!sync->files[i].gone || !may_remove(container, &sync->files[i]) ||
            (directory && is_below(directory, target)))
            continue;
        directory = target;
        if (words.count == 0) {
            strings_add(&words, plan->arena, "rm");
            strings_add(&words, plan->arena, "-rf");
            strings_add(&words, plan->arena, "--");
        }
        strings_add(&words, plan->arena, target);
        bytes += strlen(target) + 1;
        if (words.count < MOST_REMOVED_AT_ONCE && bytes < MOST_REMOVED_BYTES)
            continue;
        last = add_removal(plan, container, sync->service, &words, last);
        words = (struct strings){0};
        bytes = 0;
    }
    return words.count > 0 ? add_removal(plan, container, sync->service, &words, last) : last;
}

static bool has_files(const struct watch_sync *sync)
{
    for (size_t i = 0; i < sync->count; i++)
        if (!sync->files[i].gone)
            return true;
    return false;
}

static void add_sync(struct plan *plan, const struct observed *observed,
                     const struct watch_sync *sync)
{
    for (size_t i = 0; i < observed->container_count; i++) {
        const struct observed_container *container = &observed->containers[i];
        struct step *last;

        if (!is_target(container, sync->service))
            continue;
        last = remove_files(plan, container, sync);
        if (!has_files(sync))
            continue;
        last = add_step(plan, STEP_CONTAINER_SYNC, container, sync->service, last);
        last->sync = sync;
    }
}

static void add_exec(struct plan *plan, const struct observed *observed,
                     const struct watch_exec *exec)
{
    for (size_t i = 0; i < observed->container_count; i++)
        if (is_target(&observed->containers[i], exec->service))
            add_step(plan, STEP_HOOK_EXEC, &observed->containers[i], exec->service, NULL)->hook =
                exec->hook;
}

struct plan *watch_plan_sync(const struct watch_batch *batch, const struct observed *observed)
{
    struct plan *plan = plan_create();

    for (size_t i = 0; i < batch->sync_count; i++)
        add_sync(plan, observed, &batch->syncs[i]);
    return plan;
}

struct plan *watch_plan_exec(const struct watch_batch *batch, const struct observed *observed)
{
    struct plan *plan = plan_create();

    for (size_t i = 0; i < batch->exec_count; i++)
        add_exec(plan, observed, &batch->execs[i]);
    return plan;
}
