/* SPDX-License-Identifier: Apache-2.0 */
/* Starting what does not run, each when its dependencies are as they should be. Source: Docker Compose 5.5.0, `up`. */
#include <string.h>

#include "compose/observe/wanted_names.h"
#include "compose/reconcile/reconcile_internal.h"
#include "compose/reconcile/reconcile_release.h"
#include "spec/base/arena.h"
#include "spec/node.h"

enum { MOST_PREREQUISITES = 4 };

static enum step_condition condition_of(const char *name)
{
    if (name && strcmp(name, "service_healthy") == 0)
        return CONDITION_HEALTHY;
    if (name && strcmp(name, "service_completed_successfully") == 0)
        return CONDITION_COMPLETED;
    return CONDITION_STARTED;
}

static bool needs_start(const struct reconcile_slot *slot)
{
    return !slot->runs;
}

static bool any_needs_start(const struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++)
        if (needs_start(&service->slots[i]))
            return true;
    return false;
}

/* Known from the list already, and this plan does not touch it. */
static bool holds_already(const struct reconcile_service *service, enum step_condition condition)
{
    for (size_t i = 0; i < service->slot_count; i++) {
        const struct reconcile_slot *slot = &service->slots[i];

        if (slot->started || !slot->container)
            return false;
        if (condition == CONDITION_HEALTHY &&
            slot->container->entry->health != ENGINE_HEALTH_HEALTHY)
            return false;
        if (condition == CONDITION_COMPLETED)
            return false;
    }
    return true;
}

static void fill_wait(struct reconcile *r, struct step *wait,
                      const struct reconcile_service *service)
{
    wait->containers = arena_array(r->arena, service->slot_count, sizeof(*wait->containers));
    wait->container_names =
        arena_array(r->arena, service->slot_count, sizeof(*wait->container_names));
    wait->container_count = service->slot_count;
    for (size_t i = 0; i < service->slot_count; i++) {
        wait->containers[i] = service->slots[i].id;
        wait->container_names[i] = service->slots[i].name;
        plan_after(r->plan, wait, service->slots[i].started);
        if (!service->slots[i].started)
            plan_after(r->plan, wait, service->slots[i].ready);
    }
}

static struct step *find_wait(struct reconcile *r, const struct spec_service *service,
                              enum step_condition condition, bool optional)
{
    for (size_t i = 0; i < r->plan->count; i++) {
        struct step *step = r->plan->steps[i];

        if (step->kind == STEP_WAIT && step->service == service && step->condition == condition &&
            step->optional == optional)
            return step;
    }
    return NULL;
}

static struct step *add_wait(struct reconcile *r, const struct reconcile_service *service,
                             enum step_condition condition, bool optional, const char *waiter)
{
    const struct spec_service *model = service->wanted->service;
    struct step *wait = find_wait(r, model, condition, optional);

    if (wait)
        return wait;
    wait = plan_add(r->plan, STEP_WAIT, NULL);
    wait->service = model;
    wait->condition = condition;
    wait->optional = optional;
    wait->waiter = waiter;
    wait->name = model->name;
    fill_wait(r, wait, service);
    return wait;
}

struct prerequisites {
    struct step **items;
    size_t count, capacity;
};

struct release_wait {
    const struct release **items;
    size_t count;
};

static void need(struct reconcile *r, struct prerequisites *list, struct step *step)
{
    if (!step)
        return;
    list->items =
        arena_grow(r->arena, list->items, &list->capacity, list->count + 1, sizeof(struct step *));
    list->items[list->count++] = step;
}

static void need_started(struct reconcile *r, struct prerequisites *list,
                         const struct reconcile_service *other)
{
    for (size_t i = 0; i < other->slot_count; i++)
        need(r, list, other->slots[i].started);
}

static bool add_dependency(struct reconcile *r, const struct reconcile_service *service,
                           const struct spec_dependency_entry *entry, struct prerequisites *list,
                           struct error *err)
{
    struct reconcile_service *other = reconcile_find_service(r, entry->key);
    enum step_condition condition = condition_of(entry->value->condition);
    struct place place = spec_node_place(service->wanted->service->node);

    if (!other)
        return true; /* disabled, or left out by --no-deps */
    if (r->options->restart && (!wanted_restarts_with(service->wanted, entry->key) ||
                                other->slot_count == 0 || !other->slots[0].started))
        return true;
    if (other->wanted->service->provider || other->wanted->scale == 0)
        return true;
    if (condition == CONDITION_STARTED) {
        need_started(r, list, other);
        return true;
    }
    if (other->slot_count == 0) {
        if (entry->value->required)
            return error_set_at(err, ERROR_INPUT, place, "%s is missing dependency %s",
                                service->wanted->service->name, entry->key);
        warnings_add(&r->plan->warnings, place, "%s is missing dependency %s",
                     service->wanted->service->name, entry->key);
        return true;
    }
    if (!holds_already(other, condition))
        need(
            r, list,
            add_wait(r, other, condition, !entry->value->required, service->wanted->service->name));
    return true;
}

static bool add_dependencies(struct reconcile *r, const struct reconcile_service *service,
                             struct prerequisites *list, struct error *err)
{
    const struct spec_dependency_map *map = &service->wanted->service->depends_on;
    const char *name;

    for (size_t i = 0; i < map->count; i++)
        if (!add_dependency(r, service, &map->items[i], list, err))
            return false;
    for (size_t i = map->count; (name = wanted_predecessor(service->wanted, i)) != NULL; i++) {
        const struct reconcile_service *other = reconcile_find_service(r, name);

        if (other && (!r->options->restart || wanted_restarts_with(service->wanted, name)))
            need_started(r, list, other);
    }
    return true;
}

/* Before the first start of a service: containers that prepare it, one after the other. */
static bool add_pre_start(struct reconcile *r, struct reconcile_service *service,
                          struct prerequisites *list, const struct release_wait *released,
                          struct error *err)
{
    const struct spec_hook_list *hooks = &service->wanted->service->pre_start;
    struct step *last = NULL;

    for (size_t i = 0; i < service->slot_count; i++)
        if (service->slots[i].runs)
            return true;
    for (size_t i = 0; i < hooks->count; i++) {
        struct step *step;

        if (hooks->items[i]->per_replica)
            return error_set_at(
                err, ERROR_INPUT, spec_node_place(hooks->items[i]->node),
                "service \"%s\" pre_start[%zu]: per_replica is not yet supported; remove "
                "per_replica or set it to false",
                service->wanted->service->name, i);
        step = plan_add(r->plan, STEP_HOOK_RUN, NULL);
        step->service = service->wanted->service;
        step->hook = hooks->items[i];
        step->hook_name = arena_printf(r->arena, "pre_start[%zu]", i);
        step->name = service->wanted->service->name;
        step->containers = &service->slots[0].id;
        step->container_count = 1;
        for (size_t j = 0; j < list->count; j++)
            plan_after(r->plan, step, list->items[j]);
        for (size_t j = 0; j < released->count; j++)
            plan_after(r->plan, step, released->items[j]->last);
        for (size_t j = 0; j < service->slot_count; j++)
            plan_after(r->plan, step, service->slots[j].ready);
        plan_after(r->plan, step, last);
        last = step;
    }
    need(r, list, last);
    return true;
}

/* Ranges of published ports are handed out in order of start, so such replicas start one after the other. */
static bool shares_port_range(const struct spec_service *service)
{
    for (size_t i = 0; i < service->ports.count; i++)
        if (service->ports.items[i]->published && strchr(service->ports.items[i]->published, '-'))
            return true;
    return false;
}

static const char *start_reason(const struct reconcile_slot *slot)
{
    if (!slot->container || slot->container->entry->state == ENGINE_STATE_CREATED)
        return "new";
    if (slot->stopped)
        return "was stopped by this plan";
    return slot->container->entry->state == ENGINE_STATE_EXITED ? "not running"
                                                                : "does not run as it should";
}

/* A container that was there is not ordered by its creation: its networks come first, and smaller numbers exist first. */
static void need_what_is_before(struct reconcile *r, const struct reconcile_service *service,
                                const struct reconcile_slot *slot, struct prerequisites *list)
{
    const struct spec_service *model = service->wanted->service;

    for (size_t i = 0; slot->container && i < model->networks.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, model->networks.items[i].key);

        need(r, list, network ? network->ready : NULL);
    }
    for (size_t i = 0; i < service->slot_count; i++)
        if (!service->slots[i].container && service->slots[i].number < slot->number)
            need(r, list, service->slots[i].ready);
}

/* What has gone before it is ready, as the container that it replaces, is not waited for again. */
static void need_releases(struct reconcile *r, const struct reconcile_slot *slot,
                          const struct release_wait *released, struct prerequisites *list)
{
    size_t before_ready =
        slot->ready && released->count > 0 ? plan_mark_before(r->plan, slot->ready) : 0;

    for (size_t i = 0; i < released->count; i++) {
        struct step *last = released->items[i]->last;

        if (last != slot->stopped && !(before_ready > 0 && last->mark == before_ready))
            need(r, list, last);
    }
}

static bool start_slot(struct reconcile *r, struct reconcile_service *service,
                       struct reconcile_slot *slot, const struct prerequisites *shared,
                       const struct release_wait *released, struct step *previous,
                       struct error *err)
{
    struct prerequisites list = {0};
    size_t first = r->plan->count;

    for (size_t i = 0; i < shared->count; i++)
        need(r, &list, shared->items[i]);
    need_releases(r, slot, released, &list);
    need(r, &list, slot->ready);
    need(r, &list, slot->stopped);
    need(r, &list, previous);
    need_what_is_before(r, service, slot, &list);
    if (slot->container && slot->container->entry->state == ENGINE_STATE_PAUSED && !slot->stopped) {
        struct step *step = plan_add(r->plan, STEP_CONTAINER_UNPAUSE,
                                     reconcile_container_id_line(r->arena, slot->name));

        step->object = slot->id;
        step->name = slot->name;
        for (size_t i = 0; i < list.count; i++)
            plan_after(r->plan, step, list.items[i]);
        plan_reason(r->plan, step, REASON_WANTED, "it is paused");
        slot->started = step;
        return true;
    }
    slot->started = reconcile_add_start(r->plan, r->wanted, service->wanted, slot->name, slot->id,
                                        list.items, list.count, err);
    if (!slot->started)
        return false;
    /* One that this plan stops has its files from its last start: it must not stay stopped. */
    if (slot->container && !slot->stopped)
        reconcile_refuse_missing(r, service, r->plan->steps[first]);
    for (size_t i = r->plan->count; i > 0; i--)
        if (r->plan->steps[i - 1]->kind == STEP_CONTAINER_START) {
            plan_reason(r->plan, r->plan->steps[i - 1], REASON_WANTED, "%s", start_reason(slot));
            break;
        }
    return true;
}

/* Stopped because a dependency with `restart: true` is replaced: it starts again. */
static void note_stops(struct reconcile *r, struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++) {
        struct reconcile_slot *slot = &service->slots[i];

        for (size_t j = 0; slot->container && j < r->plan->count; j++) {
            struct step *step = r->plan->steps[j];

            if (step->kind == STEP_CONTAINER_STOP && step->object.known &&
                strcmp(step->object.known, slot->container->id) == 0) {
                slot->stopped = step;
                slot->runs = false;
            }
        }
    }
}

bool reconcile_prerequisites(struct reconcile *r, const struct reconcile_service *service,
                             struct step ***ret_steps, size_t *ret_count, struct error *err)
{
    struct prerequisites list = {0};

    if (!add_dependencies(r, service, &list, err))
        return false;
    *ret_steps = list.items;
    *ret_count = list.count;
    return true;
}

static bool start_service(struct reconcile *r, struct reconcile_service *service,
                          const struct release_list *releases, struct error *err)
{
    const struct spec_service *model = service->wanted->service;
    struct prerequisites list = {0};
    struct release_wait released;
    struct step *previous = NULL;

    note_stops(r, service);
    if (!any_needs_start(service))
        return true;
    if (!add_dependencies(r, service, &list, err))
        return false;
    released.items = reconcile_released_before(r, releases, service, &released.count);
    if (!add_pre_start(r, service, &list, &released, err))
        return false;
    for (size_t i = 0; i < service->slot_count; i++) {
        struct reconcile_slot *slot = &service->slots[i];

        if (!needs_start(slot))
            continue;
        if (!start_slot(r, service, slot, &list, &released,
                        shares_port_range(model) ? previous : NULL, err))
            return false;
        previous = slot->started;
    }
    return true;
}

bool reconcile_starts(struct reconcile *r, struct error *err)
{
    struct release_list releases = reconcile_releases(r);

    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *service = &r->services[i];

        if (r->options->one_off &&
            strcmp(r->options->one_off->service, service->wanted->service->name) == 0)
            continue;
        if (service->wanted->service->provider)
            continue;
        if (!start_service(r, service, &releases, err))
            return false;
    }
    return true;
}

static bool is_awaited_to_complete(struct reconcile *r, const char *name)
{
    for (size_t i = 0; i < r->service_count; i++) {
        const struct spec_dependency_map *map = &r->services[i].wanted->service->depends_on;

        for (size_t j = 0; j < map->count; j++)
            if (strcmp(map->items[j].key, name) == 0 &&
                condition_of(map->items[j].value->condition) == CONDITION_COMPLETED)
                return true;
    }
    return false;
}

/* Runs and has no health check, as the list tells; Podman's does not. */
static bool runs_unchecked(const struct reconcile *r, const struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++) {
        const struct reconcile_slot *slot = &service->slots[i];

        if (r->observed->podman || slot->started || !slot->container ||
            slot->container->entry->state != ENGINE_STATE_RUNNING ||
            (slot->container->entry->health != ENGINE_HEALTH_NONE &&
             slot->container->entry->health != ENGINE_HEALTH_HEALTHY))
            return false;
    }
    return true;
}

void reconcile_final_waits(struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *service = &r->services[i];
        const struct spec_service *model = service->wanted->service;
        bool completes = is_awaited_to_complete(r, model->name);

        if (model->provider || service->slot_count == 0 ||
            (!completes && runs_unchecked(r, service)))
            continue;
        add_wait(r, service, completes ? CONDITION_COMPLETED : CONDITION_RUNNING_OR_HEALTHY, false,
                 NULL);
    }
}

bool reconcile_start_one(const struct wanted *wanted, const char *service, const char *container_id,
                         const char *container_name, struct plan **ret_plan, struct error *err)
{
    struct plan *plan = plan_create();
    struct step_value container = {.known = arena_strdup(plan->arena, container_id)};

    if (!reconcile_add_start(plan, wanted, wanted_service(wanted, service), container_name,
                             container, NULL, 0, err)) {
        plan_destroy(plan);
        return false;
    }
    for (size_t i = 0; i < plan->count; i++)
        plan->steps[i]->id = NULL; /* the terminal is the container's by now */
    *ret_plan = plan;
    return true;
}
