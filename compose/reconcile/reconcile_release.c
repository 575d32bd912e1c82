/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/reconcile/reconcile_release.h"

#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/wanted_names.h"
#include "spec/base/arena.h"

static bool may_run(const struct observed_container *container)
{
    return reconcile_is_up(container) || container->entry->state == ENGINE_STATE_PAUSED;
}

static struct release *find_release(struct release_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].container->id, id) == 0)
            return &list->items[i];
    return NULL;
}

struct dependency_walk {
    struct reconcile *r;
    bool *seen;
    uint32_t *queue;
    size_t count;
};

static void note_dependency(struct dependency_walk *walk, const char *name)
{
    uint32_t at = index_find(&walk->r->wanted->index, name);

    if (at == INDEX_NONE || walk->seen[at])
        return;
    walk->seen[at] = true;
    walk->queue[walk->count++] = at;
}

/* "db:service_healthy:true,cache": what the container's file said when it was created. */
static void note_label(struct dependency_walk *walk, const char *label)
{
    while (*label) {
        size_t item = strcspn(label, ","), name = strcspn(label, ":,");

        note_dependency(walk, arena_strndup(walk->r->arena, label, name));
        label += item + (label[item] == ',');
    }
}

static void note_service(struct dependency_walk *walk, const struct wanted_service *service)
{
    const char *name;

    for (size_t i = 0; (name = wanted_predecessor(service, i)) != NULL; i++)
        note_dependency(walk, name);
}

/* By today's file and by the one that it was created from. */
static bool *dependencies_of(struct reconcile *r, const struct observed_container *container)
{
    struct dependency_walk walk = {.r = r};
    const struct wanted_service *own = wanted_service(r->wanted, container->service);

    walk.seen = arena_array(r->arena, r->wanted->count, sizeof(*walk.seen));
    walk.queue = arena_array(r->arena, r->wanted->count, sizeof(*walk.queue));
    if (own)
        note_service(&walk, own);
    note_label(&walk, labels_get(&container->entry->labels, LABEL_DEPENDS_ON));
    for (size_t i = 0; i < walk.count; i++)
        note_service(&walk, &r->wanted->services[walk.queue[i]]);
    return walk.seen;
}

static struct release *add_release(struct reconcile *r, struct release_list *list,
                                   const struct observed_container *container, struct step *last)
{
    struct release *release = &list->items[list->count++];

    *release = (struct release){
        .container = container, .last = last, .dependencies = dependencies_of(r, container)};
    return release;
}

struct release_list reconcile_releases(struct reconcile *r)
{
    struct release_list list = {0};

    list.items = arena_array(r->arena, r->observed->container_count, sizeof(*list.items));
    list.awaited = arena_array(r->arena, r->service_count, sizeof(bool *));
    for (size_t i = 0; i < r->plan->count; i++) {
        struct step *step = r->plan->steps[i];
        const struct observed_container *container;
        struct release *release;

        if ((step->kind != STEP_CONTAINER_STOP && step->kind != STEP_CONTAINER_REMOVE) ||
            !step->object.known)
            continue;
        release = find_release(&list, step->object.known);
        container = release ? NULL : observed_container(r->observed, step->object.known);
        if (container && may_run(container))
            release = add_release(r, &list, container, step);
        if (release && step->kind == STEP_CONTAINER_REMOVE)
            release->last = step;
    }
    return list;
}

static bool is_started(const struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++)
        if (service->slots[i].started)
            return true;
    return false;
}

static bool *awaited_by_dependencies(struct reconcile *r, const struct release_list *releases,
                                     const struct reconcile_service *service)
{
    bool *awaited = arena_array(r->arena, releases->count, sizeof(*awaited));
    const char *name;

    for (size_t i = 0;
         !r->options->restart && (name = wanted_predecessor(service->wanted, i)) != NULL; i++) {
        const struct reconcile_service *other = reconcile_find_service(r, name);
        const bool *earlier = other ? releases->awaited[other - r->services] : NULL;

        for (size_t j = 0; earlier && is_started(other) && j < releases->count; j++)
            awaited[j] = awaited[j] || earlier[j];
    }
    return awaited;
}

const struct release **reconcile_released_before(struct reconcile *r,
                                                 const struct release_list *releases,
                                                 const struct reconcile_service *service,
                                                 size_t *ret_count)
{
    const struct release **list =
        arena_array(r->arena, releases->count, sizeof(const struct release *));
    bool *awaited = awaited_by_dependencies(r, releases, service);
    struct claims claims = reconcile_claims(r, service);
    size_t place = (size_t)(service - r->services), count = 0;

    for (size_t i = 0; i < releases->count; i++) {
        const struct release *release = &releases->items[i];

        if (awaited[i] || (!release->dependencies[place] &&
                           !reconcile_claims_overlap(r, &claims, release->container)))
            continue;
        awaited[i] = true;
        list[count++] = release;
    }
    releases->awaited[place] = awaited;
    *ret_count = count;
    return list;
}

/* Observed containers are in order of name. */
static const struct observed_container *find_by_name(const struct reconcile *r, const char *name)
{
    size_t low = 0, high = r->observed->container_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(r->observed->containers[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->observed->container_count &&
                   strcmp(r->observed->containers[low].name, name) == 0
               ? &r->observed->containers[low]
               : NULL;
}

void reconcile_order_names(struct reconcile *r)
{
    for (size_t i = 0; i < r->plan->count; i++) {
        struct step *step = r->plan->steps[i], *removal;
        const struct observed_container *holder;

        if (step->kind != STEP_CONTAINER_CREATE && step->kind != STEP_CONTAINER_RENAME)
            continue;
        holder = find_by_name(r, step->name);
        removal = holder ? reconcile_find_step(r, STEP_CONTAINER_REMOVE, holder->id) : NULL;
        if (removal && step->mark != plan_mark_before(r->plan, removal) &&
            removal->mark != plan_mark_before(r->plan, step))
            plan_after(r->plan, step, removal);
    }
}
