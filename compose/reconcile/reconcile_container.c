/* SPDX-License-Identifier: Apache-2.0 */
/* The containers of one service: which stay, which are replaced, made, or go. Source: Docker Compose 5.5.0, `up`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compose/observe/names.h"
#include "compose/reconcile/deletion.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/hash.h"
#include "spec/node.h"

static bool check_scale(const struct reconcile_service *service, struct error *err)
{
    const struct spec_service *model = reconcile_model(service);

    if (service->wanted->scale <= 1 || !model->container_name || !*model->container_name)
        return true;
    return error_set_at(
        err, ERROR_INPUT, spec_node_place(model->node),
        "WARNING: The \"%s\" service is using the custom container name \"%s\". Docker requires each "
        "container to have a unique name. Remove the custom name to scale the service",
        model->name, model->container_name);
}

struct candidate {
    const struct observed_container *container;
    bool stays;
    struct step_reason why;
};

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->stays != b->stays)
        return a->stays ? -1 : 1;
    if (a->container->number != b->container->number)
        return a->container->number < b->container->number ? -1 : 1;
    return strcmp(a->container->name, b->container->name);
}

static void scale_down(struct reconcile *r, struct reconcile_service *service,
                       const struct candidate *surplus)
{
    struct step *stop = NULL, *remove;

    if (reconcile_is_up(surplus->container) ||
        surplus->container->entry->state == ENGINE_STATE_PAUSED)
        stop = reconcile_add_stop(r->plan, surplus->container, reconcile_model(service),
                                  r->options->has_timeout, r->options->timeout_s, NULL);
    remove = deletion_container(r->plan, surplus->container, stop);
    plan_reason(r->plan, remove, REASON_LEFTOVER, "scaled down to %" PRId64,
                service->wanted->scale);
}

static bool keep_or_replace(struct reconcile *r, struct reconcile_service *service,
                            struct reconcile_slot *slot, struct candidate *candidate,
                            struct step *gone, struct error *err)
{
    *slot = (struct reconcile_slot){
        .number = candidate->container->number,
        .container = candidate->container,
        .id = {.known = candidate->container->id},
        .runs = reconcile_is_up(candidate->container),
    };
    slot->name = names_container(r->arena, r->project, reconcile_model(service), slot->number);
    if (candidate->stays) {
        reconcile_finish_name(r, slot, gone);
        if (!names_is_replacement(candidate->container->name, (char[NAMES_OLD_ID_DIGITS + 1]){0}))
            slot->name = candidate->container->name;
        reconcile_rejoin_networks(r, service, slot);
        return true;
    }
    if (reconcile_uses_replaced_volume(r, candidate->container))
        return reconcile_replace_with_volume(r, service, slot, &candidate->why, err);
    return reconcile_replace(r, service, slot, &candidate->why, err);
}

/*
 * Numbers go on above the highest that has ever run; gaps below it stay. Above it, what an interrupted run created
 * may have left some out: they are taken first, so that the end is the same.
 */
static int64_t next_number(const struct observed_container **list, size_t count, int64_t number)
{
    bool taken = true;

    while (taken) {
        taken = false;
        number++;
        for (size_t i = 0; i < count; i++)
            taken = taken || list[i]->number == number;
    }
    return number;
}

static int64_t highest_that_ran(const struct observed_container **list, size_t count)
{
    int64_t highest = 0;

    for (size_t i = 0; i < count; i++)
        if (list[i]->entry->state != ENGINE_STATE_CREATED && list[i]->number > highest)
            highest = list[i]->number;
    return highest;
}

static bool add_missing(struct reconcile *r, struct reconcile_service *service,
                        const struct observed_container **list, size_t have, struct error *err)
{
    int64_t number = highest_that_ran(list, have);

    for (size_t i = have; i < (size_t)service->wanted->scale; i++) {
        struct reconcile_slot *slot = &service->slots[i];
        struct step *create;

        slot->number = number = next_number(list, have, number);
        slot->name = names_container(r->arena, r->project, reconcile_model(service), slot->number);
        service->slot_count = i; /* what reconcile_add_create() may refer to */
        if (!reconcile_add_create(r, service, slot, slot->name, &create, err))
            return false;
        service->slot_count = i + 1;
        plan_reason(r->plan, create, REASON_MISSING,
                    have > 0 ? "scaled up to %" PRId64 : "not there", service->wanted->scale);
    }
    return true;
}

static void compute_hashes(struct reconcile *r, struct reconcile_service *service,
                           const struct pairs *known, size_t reference_count)
{
    const struct spec_service *resolved;

    service->hash = service->wanted->hash;
    service->hash_2 = service->wanted->hash_2;
    service->references = *known;
    if (!service->wanted->refers || known->count < reference_count)
        return;
    resolved = wanted_resolve(r->arena, reconcile_model(service), known);
    service->hash = spec_service_hash(r->arena, resolved, SPEC_HASH_5);
    service->hash_2 = spec_service_hash(r->arena, resolved, SPEC_HASH_2);
}

bool reconcile_service_containers(struct reconcile *r, struct reconcile_service *service,
                                  struct error *err)
{
    const struct observed_container **list, *winner;
    size_t count = reconcile_containers_of(r->arena, r->observed, reconcile_model(service)->name,
                                           false, &list);
    size_t wanted = (size_t)service->wanted->scale, reference_count;
    struct step_reference *references;
    struct candidate *candidates;
    struct pairs known = {0};
    struct step *gone;

    if (!check_scale(service, err) ||
        !reconcile_references(r, service, &references, &reference_count, &known, err))
        return false;
    compute_hashes(r, service, &known, reference_count);
    gone =
        reconcile_settle_replacements(r, service, list, &count, reconcile_wins_by_model, &winner);
    candidates = arena_array(r->arena, count, sizeof(*candidates));
    for (size_t i = 0; i < count; i++) {
        candidates[i].container = list[i];
        candidates[i].stays = reconcile_stays(r, service, list[i], &candidates[i].why);
    }
    if (count > 1)
        qsort(candidates, count, sizeof(*candidates), compare_candidates);
    service->slots =
        arena_array(r->arena, wanted > count ? wanted : count, sizeof(*service->slots));
    for (size_t i = wanted; i < count; i++)
        scale_down(r, service, &candidates[i]);
    for (size_t i = 0; i < count && i < wanted; i++) {
        if (!keep_or_replace(r, service, &service->slots[i], &candidates[i],
                             candidates[i].container == winner ? gone : NULL, err))
            return false;
        service->slot_count = i + 1;
    }
    reconcile_warn_of_unknown_content(r, service);
    return add_missing(r, service, list, count, err);
}
