/* SPDX-License-Identifier: Apache-2.0 */
/* stop, start, restart, kill, pause, unpause, rm. Source: Docker Compose 5.5.0. */
#include "compose/reconcile/reconcile_lifecycle.h"

#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/names.h"
#include "compose/observe/wanted_names.h"
#include "compose/reconcile/reconcile_release.h"
#include "spec/base/arena.h"
#include "spec/project.h"

struct deletion lifecycle_deletion(const struct lifecycle_plan *p)
{
    return (struct deletion){
        .plan = p->plan,
        .wanted = p->wanted,
        .observed = p->observed,
        .services = &p->options->services,
        .by_name = p->options->by_name,
    };
}

bool lifecycle_covers(const struct lifecycle_plan *p, const char *service)
{
    struct deletion deletion = lifecycle_deletion(p);

    return deletion_covers(&deletion, service);
}

/* Last steps of each service's containers, by its place in `wanted`. */
struct ends {
    struct step **items;
    size_t count, capacity;
};

static void add_end(struct lifecycle_plan *p, struct ends *ends, struct step *step)
{
    ends->items =
        arena_grow(p->arena, ends->items, &ends->capacity, ends->count + 1, sizeof(struct step *));
    ends->items[ends->count++] = step;
}

void lifecycle_walk_back(struct lifecycle_plan *p, lifecycle_container_fn *each)
{
    struct ends *own = arena_array(p->arena, p->wanted->count, sizeof(*own));
    struct ends *dependents = arena_array(p->arena, p->wanted->count, sizeof(*dependents));

    for (size_t i = p->wanted->count; i > 0; i--) {
        const struct spec_service *service = p->wanted->services[i - 1].service;
        const struct observed_container **list;
        const char *name;
        size_t count = reconcile_containers_of(p->arena, p->observed, service->name, false, &list);

        for (size_t j = 0; lifecycle_covers(p, service->name) && j < count; j++)
            add_end(p, &own[i - 1],
                    each(p, list[j], service, dependents[i - 1].items, dependents[i - 1].count));
        for (size_t j = 0; (name = wanted_predecessor(&p->wanted->services[i - 1], j)) != NULL;
             j++) {
            uint32_t at = index_find(&p->wanted->index, name);

            for (size_t k = 0; at != INDEX_NONE && k < own[i - 1].count; k++)
                add_end(p, &dependents[at], own[i - 1].items[k]);
            /* A service in between without containers passes the order on. */
            for (size_t k = 0;
                 at != INDEX_NONE && own[i - 1].count == 0 && k < dependents[i - 1].count; k++)
                add_end(p, &dependents[at], dependents[i - 1].items[k]);
        }
    }
}

struct step *lifecycle_add_stop(struct lifecycle_plan *p,
                                const struct observed_container *container,
                                const struct spec_service *service, struct step *const *before,
                                size_t count)
{
    struct step *stop = reconcile_add_asked_stop(p->plan, container, service,
                                                 p->options->has_timeout, p->options->timeout_s);
    size_t first = p->plan->count - 1;

    while (first > 0 && p->plan->steps[first - 1]->kind == STEP_HOOK_EXEC &&
           strcmp(p->plan->steps[first - 1]->name, container->name) == 0)
        first--;
    for (size_t i = 0; i < count; i++)
        plan_after(p->plan, p->plan->steps[first], before[i]);
    return stop;
}

static struct step *stop_one(struct lifecycle_plan *p, const struct observed_container *container,
                             const struct spec_service *service, struct step *const *before,
                             size_t count)
{
    struct step *stop = lifecycle_add_stop(p, container, service, before, count);

    stop->stays = true;
    plan_reason(p->plan, stop, REASON_WANTED, "stop");
    return stop;
}

/* -- start and restart: the rules of `up` for what is there -- */

/* It was left under a replacement's name, and its own name is free, or will be after `gone`. */
static bool has_temporary_name(const struct reconcile *r, const struct spec_service *model,
                               const struct observed_container *container, const struct step *gone)
{
    const char *name = container->name;

    if (!names_is_replacement(name, (char[NAMES_OLD_ID_DIGITS + 1]){0}) ||
        !*labels_get(&container->entry->labels, LABEL_REPLACE) ||
        (model->container_name && strcmp(model->container_name, name) == 0))
        return false;
    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct observed_container *other = &r->observed->containers[i];

        if (strcmp(other->name, name + NAMES_OLD_ID_DIGITS + 1) == 0)
            return gone && strcmp(gone->object.known, other->id) == 0;
    }
    return true;
}

/* One container for each place: what an interrupted replacement left is settled before anything starts. */
static void fill_service_slots(struct reconcile *r, struct reconcile_service *service, bool covered)
{
    const struct spec_service *model = service->wanted->service;
    const struct observed_container **list, *winner = NULL;
    size_t count = reconcile_containers_of(r->arena, r->observed, model->name, false, &list);
    struct step *gone = NULL;

    if (covered)
        gone = reconcile_settle_replacements(r, service, list, &count, reconcile_wins_by_state,
                                             &winner);
    service->slots = arena_array(r->arena, count, sizeof(*service->slots));
    service->slot_count = count;
    for (size_t i = 0; i < count; i++) {
        struct reconcile_slot *slot = &service->slots[i];

        *slot = (struct reconcile_slot){
            .number = list[i]->number,
            .name = list[i]->name,
            .container = list[i],
            .id = {.known = list[i]->id},
            .runs = reconcile_is_up(list[i]) || !covered,
        };
        if (covered && has_temporary_name(r, model, list[i], gone)) {
            slot->name += NAMES_OLD_ID_DIGITS + 1;
            reconcile_finish_name(r, slot, list[i] == winner ? gone : NULL);
        }
    }
}

static void fill_slots(struct reconcile *r, const bool *covered)
{
    r->services = arena_array(r->arena, r->wanted->count, sizeof(*r->services));
    r->service_count = r->wanted->count;
    for (size_t i = 0; i < r->service_count; i++)
        r->services[i].wanted = &r->wanted->services[i];
    for (size_t i = 0; i < r->service_count; i++)
        fill_service_slots(r, &r->services[i], covered[i]);
}

static bool *find_covered(const struct lifecycle_plan *p)
{
    bool *covered = arena_array(p->arena, p->wanted->count, sizeof(*covered));

    for (size_t i = 0; i < p->wanted->count; i++)
        covered[i] = lifecycle_covers(p, p->wanted->services[i].service->name);
    return covered;
}

/* Networks may have been replaced while a container did not run. */
static void reconnect_stopped(struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++)
        for (size_t j = 0; j < r->services[i].slot_count; j++)
            if (!r->services[i].slots[j].runs &&
                !reconcile_is_active(r->services[i].slots[j].container))
                reconcile_reconnect(r, &r->services[i], &r->services[i].slots[j]);
}

static struct reconcile context_of(const struct lifecycle_plan *p,
                                   const struct reconcile_options *options)
{
    return (struct reconcile){
        .plan = p->plan,
        .arena = p->arena,
        .wanted = p->wanted,
        .observed = p->observed,
        .options = options,
        .project = p->project,
    };
}

/* What the named services depend on is started with them: they would wait for it in vain. */
static void name_dependencies(const struct lifecycle_plan *p, struct strings *services)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct wanted_service *service = wanted_service(p->wanted, services->items[i]);

        for (size_t j = 0; service && j < service->service->depends_on.count; j++) {
            const char *name = service->service->depends_on.items[j].key;

            if (wanted_service(p->wanted, name) && !strings_contain(services, name))
                strings_add(services, p->arena, name);
        }
    }
}

static bool has_containers(const struct observed *observed)
{
    for (size_t i = 0; i < observed->container_count; i++)
        if (!observed->containers[i].one_off)
            return true;
    return false;
}

/* With a container of any service, those without are passed over in silence, as in the reference. */
static bool check_startable(const struct lifecycle_plan *p, struct error *err)
{
    for (size_t i = 0; i < p->wanted->count; i++) {
        const struct wanted_service *service = &p->wanted->services[i];

        if (lifecycle_covers(p, service->service->name) && service->scale > 0 &&
            !service->service->provider)
            return error_set(err, ERROR_INPUT, "service \"%s\" has no container to start",
                             service->service->name);
    }
    return true;
}

static bool start_all(struct lifecycle_plan *p, struct error *err)
{
    struct reconcile_options options = {.start = true, .wait = p->options->wait};
    struct reconcile_containers *all = arena_alloc(p->arena, sizeof(*all));
    struct reconcile r = context_of(p, &options);

    *all = *p->options;
    name_dependencies(p, &all->services);
    p->options = all;
    if (p->observed->container_count == 0 && p->options->by_name)
        return error_set(err, ERROR_INPUT, "no container found for project \"%s\": not found",
                         p->project->name);
    if (!has_containers(p->observed) && !check_startable(p, err))
        return false;
    fill_slots(&r, find_covered(p));
    reconnect_stopped(&r);
    if (!reconcile_starts(&r, err))
        return false;
    if (p->options->wait)
        reconcile_final_waits(&r);
    return true;
}

/* By place in `wanted`: the named services, those that restart with them, and so on; dependencies come first. */
static bool *find_restarted(const struct lifecycle_plan *p)
{
    bool *restarted = arena_array(p->arena, p->wanted->count, sizeof(*restarted));

    for (size_t i = 0; i < p->wanted->count; i++) {
        const struct wanted_service *service = &p->wanted->services[i];
        const char *name;

        restarted[i] = lifecycle_covers(p, service->service->name);
        for (size_t j = 0; !p->options->no_deps && !restarted[i] &&
                           (name = wanted_predecessor(service, j)) != NULL;
             j++) {
            uint32_t at = index_find(&p->wanted->index, name);

            restarted[i] = at != INDEX_NONE && restarted[at] && wanted_restarts_with(service, name);
        }
    }
    return restarted;
}

static struct step *restart_one(struct reconcile *r, const struct lifecycle_plan *p,
                                const struct reconcile_service *service,
                                const struct reconcile_slot *slot)
{
    const struct spec_service *model = service->wanted->service;
    struct step *hook = NULL, *restart;

    if (reconcile_is_up(slot->container))
        hook = reconcile_add_hooks(r->plan, &model->pre_stop, "pre_stop", model, slot->name,
                                   slot->id, NULL);
    restart = plan_add(r->plan, STEP_CONTAINER_RESTART,
                       reconcile_container_id_line(r->arena, slot->name));
    restart->object = slot->id;
    restart->name = slot->name;
    restart->service = model;
    restart->has_timeout = p->options->has_timeout;
    restart->timeout_s = p->options->timeout_s;
    plan_after(r->plan, restart, hook);
    plan_after(r->plan, restart, slot->ready);
    plan_reason(r->plan, restart, REASON_WANTED, "restart");
    return reconcile_add_hooks(r->plan, &model->post_start, "post_start", model, slot->name,
                               slot->id, restart);
}

static bool restart_service(struct reconcile *r, const struct lifecycle_plan *p,
                            struct reconcile_service *service, const struct release_list *releases,
                            struct error *err)
{
    const struct release **released;
    struct step **before = NULL;
    size_t count = 0, released_count;

    if (!p->options->no_deps && !reconcile_prerequisites(r, service, &before, &count, err))
        return false;
    released = reconcile_released_before(r, releases, service, &released_count);
    for (size_t i = 0; i < service->slot_count; i++) {
        struct reconcile_slot *slot = &service->slots[i];
        size_t first;

        if (!reconcile_is_active(slot->container))
            reconcile_reconnect(r, service, slot);
        first = r->plan->count;
        slot->started = restart_one(r, p, service, slot);
        for (size_t j = 0; j < count; j++)
            plan_after(r->plan, r->plan->steps[first], before[j]);
        for (size_t j = 0; j < released_count; j++)
            plan_after(r->plan, r->plan->steps[first], released[j]->last);
    }
    return true;
}

static bool restart_all(struct lifecycle_plan *p, struct error *err)
{
    struct reconcile_options options = {.start = true, .restart = true};
    struct reconcile r = context_of(p, &options);
    const bool *restarted = find_restarted(p);
    struct release_list releases;

    fill_slots(&r, restarted);
    releases = reconcile_releases(&r);
    for (size_t i = 0; i < r.service_count; i++) {
        struct reconcile_service *service = &r.services[i];

        if (restarted[i] && service->slot_count > 0 &&
            !restart_service(&r, p, service, &releases, err))
            return false;
    }
    return true;
}

/* -- kill, pause, unpause, rm -- */

static bool is_active(const struct observed_container *container)
{
    return reconcile_is_up(container) || container->entry->state == ENGINE_STATE_PAUSED;
}

static void signal_all(struct lifecycle_plan *p, enum step_kind kind, const char *reason)
{
    struct deletion deletion = lifecycle_deletion(p);

    for (size_t i = 0; i < p->observed->container_count; i++) {
        const struct observed_container *container = &p->observed->containers[i];
        bool known =
            lifecycle_covers(p, container->service) ||
            (p->options->remove_orphans && deletion_is_unknown(&deletion, container->service));
        struct step *step;

        if (!known || !is_active(container) || (container->one_off && kind != STEP_CONTAINER_KILL))
            continue;
        step = plan_add(p->plan, kind, reconcile_container_id_line(p->arena, container->name));
        step->object.known = container->id;
        step->name = container->name;
        step->signal = p->options->signal;
        step->stays = kind == STEP_CONTAINER_KILL;
        plan_reason(p->plan, step, REASON_WANTED, "%s", reason);
    }
}

static void remove_stopped(struct lifecycle_plan *p)
{
    struct deletion deletion = lifecycle_deletion(p);

    for (size_t i = 0; i < p->observed->container_count; i++) {
        const struct observed_container *container = &p->observed->containers[i];
        const struct wanted_service *service = wanted_service(p->wanted, container->service);
        struct step *stop = NULL, *remove;

        if (container->one_off || !service || !lifecycle_covers(p, container->service) ||
            (is_active(container) && !p->options->stop))
            continue;
        if (is_active(container))
            stop = reconcile_add_asked_stop(p->plan, container, service->service, false, 0);
        if (p->options->volumes) {
            (void)deletion_container_and_data(&deletion, container, "rm -v", stop);
            continue;
        }
        remove = deletion_container(p->plan, container, stop);
        plan_reason(p->plan, remove, REASON_WANTED, "rm");
    }
}

static bool decide(enum lifecycle what, struct lifecycle_plan *p, struct error *err)
{
    switch (what) {
    case LIFECYCLE_DOWN:
        return lifecycle_down(p, err);
    case LIFECYCLE_STOP:
        lifecycle_walk_back(p, stop_one);
        return true;
    case LIFECYCLE_START:
        return start_all(p, err);
    case LIFECYCLE_RESTART:
        return restart_all(p, err);
    case LIFECYCLE_KILL:
        signal_all(p, STEP_CONTAINER_KILL, "kill");
        return true;
    case LIFECYCLE_PAUSE:
        signal_all(p, STEP_CONTAINER_PAUSE, "pause");
        return true;
    case LIFECYCLE_UNPAUSE:
        signal_all(p, STEP_CONTAINER_UNPAUSE, "unpause");
        return true;
    case LIFECYCLE_RM:
        remove_stopped(p);
        return true;
    }
    return true;
}

bool reconcile_lifecycle(enum lifecycle what, const struct wanted *wanted,
                         const struct observed *observed,
                         const struct reconcile_containers *options, struct plan **ret_plan,
                         struct error *err)
{
    struct plan *plan = plan_create();
    struct lifecycle_plan p = {
        .plan = plan,
        .arena = plan->arena,
        .wanted = wanted,
        .observed = observed,
        .options = options,
        .project = wanted->project,
    };

    if (!decide(what, &p, err)) {
        plan_destroy(plan);
        return false;
    }
    *ret_plan = plan;
    return true;
}
