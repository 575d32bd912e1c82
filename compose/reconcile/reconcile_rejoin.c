/* SPDX-License-Identifier: Apache-2.0 */
/* Networks of containers that stay. Source: Docker Compose 5.5.0, `up`. */
#include <string.h>

#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

static void join(struct reconcile *r, const struct spec_service *model, struct reconcile_slot *slot,
                 struct reconcile_network *network, struct step *leave, struct step **before)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_CONNECT, NULL);
    struct step_create *create = arena_alloc(r->arena, sizeof(*create));

    create->final_name = slot->name;
    create->number = slot->number;
    step->object.known = network->name;
    step->name = network->name;
    step->key = network->key;
    step->service = model;
    step->create = create;
    step->container.known = slot->container->id;
    step->container_name = slot->name;
    plan_after(r->plan, step, network->ready);
    plan_after(r->plan, step, leave);
    plan_after(r->plan, step, *before);
    *before = step;
}

static struct step *leave(struct reconcile *r, const struct reconcile_slot *slot,
                          const char *network_id, const char *name, struct step *before)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_DISCONNECT, NULL);

    step->object.known = network_id;
    step->name = name;
    step->container.known = slot->container->id;
    step->container_name = slot->name;
    step->ignore_missing = true;
    plan_after(r->plan, step, before);
    return step;
}

/* A network that is made anew, or that went away while the container was stopped: leave the old, join the new. */
void reconcile_rejoin_networks(struct reconcile *r, struct reconcile_service *service,
                               struct reconcile_slot *slot)
{
    const struct spec_service *model = reconcile_model(service);
    struct strings keys = translate_networks_in_order(r->arena, model);

    for (size_t i = 0; i < keys.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, keys.items[i]);
        const struct engine_container_network *have;
        struct step *stop = NULL, *left = NULL;

        if (!network || (!network->replaced && reconcile_is_attached(slot->container, network)))
            continue;
        have = reconcile_endpoint(slot->container, network->name);
        if (network->replaced && reconcile_is_up(slot->container) && slot->runs) {
            stop = reconcile_add_stop(r->plan, slot->container, model, r->options->has_timeout,
                                      r->options->timeout_s, NULL);
            plan_reason(r->plan, stop, REASON_RELATED, "network %s is replaced", network->name);
            slot->runs = false;
            slot->stopped = stop;
        }
        if (have)
            left = leave(r, slot, network->replaced ? network->old_id : network->name,
                         network->name, slot->stopped);
        if (network->replaced)
            plan_after(r->plan, network->removed, left ? left : slot->stopped);
        else if (left)
            plan_after(r->plan, left, network->ready);
        join(r, model, slot, network, left, &slot->ready);
    }
}
