/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several files of reconcile_*.c use: look-ups, and the steps for a stop with hooks, a removal, a start with files and
 * hooks.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compose/reconcile/deletion.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/project.h"

#define NANOSECONDS_PER_SECOND INT64_C(1000000000)

enum { DEFAULT_GRACE_S = 10 };

struct reconcile_service *reconcile_find_service(struct reconcile *r, const char *name)
{
    uint32_t at = index_find(&r->wanted->index, name);

    return at == INDEX_NONE ? NULL : &r->services[at];
}

const char *reconcile_container_id_line(struct arena *arena, const char *name)
{
    return arena_printf(arena, "Container %s", name);
}

bool reconcile_is_up(const struct observed_container *container)
{
    return container->entry->state == ENGINE_STATE_RUNNING ||
           container->entry->state == ENGINE_STATE_RESTARTING;
}

bool reconcile_is_active(const struct observed_container *container)
{
    return reconcile_is_up(container) || container->entry->state == ENGINE_STATE_PAUSED;
}

struct step *reconcile_find_step(struct reconcile *r, enum step_kind kind, const char *container_id)
{
    for (size_t i = 0; i < r->plan->count; i++) {
        struct step *step = r->plan->steps[i];

        if (step->kind == kind && step->object.known &&
            strcmp(step->object.known, container_id) == 0)
            return step;
    }
    return NULL;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct observed_container *a = *(const struct observed_container *const *)left;
    const struct observed_container *b = *(const struct observed_container *const *)right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return strcmp(a->name, b->name);
}

size_t reconcile_containers_of(struct arena *arena, const struct observed *observed,
                               const char *service, bool one_offs,
                               const struct observed_container ***ret_list)
{
    const struct observed_container **list =
        arena_array(arena, observed->container_count, sizeof(struct observed_container *));
    size_t count = 0;

    for (size_t i = 0; i < observed->container_count; i++) {
        const struct observed_container *container = &observed->containers[i];

        if (strcmp(container->service, service) == 0 && (one_offs || !container->one_off) &&
            container->entry->state != ENGINE_STATE_REMOVING)
            list[count++] = container;
    }
    if (count > 1)
        qsort(list, count, sizeof(struct observed_container *), compare_numbers);
    *ret_list = list;
    return count;
}

const struct observed_container *reconcile_first_container(const struct observed *observed,
                                                           const char *service)
{
    for (size_t i = 0; i < observed->container_count; i++)
        if (strcmp(observed->containers[i].service, service) == 0 &&
            !observed->containers[i].one_off)
            return &observed->containers[i];
    return NULL;
}

struct step *reconcile_add_hooks(struct plan *plan, const struct spec_hook_list *hooks,
                                 const char *kind, const struct spec_service *service,
                                 const char *container_name, struct step_value container,
                                 struct step *before)
{
    for (size_t i = 0; i < hooks->count; i++) {
        struct step *step = plan_add(plan, STEP_HOOK_EXEC, NULL);

        step->service = service;
        step->hook = hooks->items[i];
        step->hook_name = arena_printf(plan->arena, "%s[%zu]", kind, i);
        step->name = container_name;
        step->object = container;
        plan_after(plan, step, before);
        before = step;
    }
    return before;
}

/* As long as the engine waits for the container itself, with room for a hook where that is no time at all. */
static void bound_hook(struct step *step, const struct spec_service *service, bool has_timeout,
                       int64_t timeout_s)
{
    int64_t grace_s = service->stop_grace_period.set
                          ? service->stop_grace_period.value / NANOSECONDS_PER_SECOND
                          : DEFAULT_GRACE_S;

    step->has_timeout = !has_timeout || timeout_s >= 0; /* -1: without end */
    if (has_timeout)
        step->timeout_s = timeout_s > 1 ? timeout_s : 1;
    else
        step->timeout_s = grace_s > DEFAULT_GRACE_S ? grace_s : DEFAULT_GRACE_S;
}

static struct step *add_stop(struct plan *plan, const struct observed_container *container,
                             const struct spec_service *service, bool has_timeout,
                             int64_t timeout_s, struct step *before, bool hooks_may_fail)
{
    struct step_value id = {.known = container->id};
    struct step *step;

    if (service && reconcile_is_up(container)) {
        before = reconcile_add_hooks(plan, &service->pre_stop, "pre_stop", service, container->name,
                                     id, before);
        for (size_t i = 0; i < service->pre_stop.count; i++) {
            step = plan->steps[plan->count - 1 - i];
            step->ignore_missing = true;
            step->optional = hooks_may_fail;
            if (hooks_may_fail)
                bound_hook(step, service, has_timeout, timeout_s);
        }
    }
    step = plan_add(plan, STEP_CONTAINER_STOP,
                    reconcile_container_id_line(plan->arena, container->name));
    step->object = id;
    step->name = container->name;
    step->service = service;
    step->has_timeout = has_timeout;
    step->timeout_s = timeout_s;
    step->ignore_missing = true;
    plan_after(plan, step, before);
    return step;
}

struct step *reconcile_add_stop(struct plan *plan, const struct observed_container *container,
                                const struct spec_service *service, bool has_timeout,
                                int64_t timeout_s, struct step *before)
{
    return add_stop(plan, container, service, has_timeout, timeout_s, before, true);
}

struct step *reconcile_add_asked_stop(struct plan *plan, const struct observed_container *container,
                                      const struct spec_service *service, bool has_timeout,
                                      int64_t timeout_s)
{
    return add_stop(plan, container, service, has_timeout, timeout_s, NULL, false);
}

void reconcile_remove_hook(struct plan *plan, const struct observed_container *hook)
{
    struct step *remove = deletion_container(plan, hook, NULL);

    remove->working = remove->done = "";
    plan_reason(plan, remove, REASON_LEFTOVER, "a hook's, left by an interrupted run");
}

struct step *reconcile_add_start(struct plan *plan, const struct wanted *wanted,
                                 const struct wanted_service *service, const char *container_name,
                                 struct step_value container, struct step *const *before,
                                 size_t before_count, struct error *err)
{
    const char *id = reconcile_container_id_line(plan->arena, container_name);
    struct step *copy = NULL, *start, *last;
    struct step_file *files;
    size_t file_count;

    if (!wanted_files(plan->arena, wanted, service->service, &files, &file_count, err))
        return NULL;
    if (file_count > 0) {
        copy = plan_add(plan, STEP_CONTAINER_COPY, NULL);
        copy->object = container;
        copy->name = container_name;
        copy->service = service->service;
        copy->files = files;
        copy->file_count = file_count;
        plan_after_all(plan, copy, before, before_count);
    }
    start = plan_add(plan, STEP_CONTAINER_START, id);
    start->object = container;
    start->name = container_name;
    start->service = service->service;
    plan_after(plan, start, copy);
    plan_after_all(plan, start, before, before_count);
    last = reconcile_add_hooks(plan, &service->service->post_start, "post_start", service->service,
                               container_name, container, start);
    if (last != start) { /* "Started" is told when the hooks have run */
        start->done = "";
        last->id = id;
        last->done = step_kind_rows[STEP_CONTAINER_START].done;
    }
    return last;
}
