/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaving and joining networks: of containers that stay, of those that give way to another while their network is
 * replaced, and of stopped ones whose network was replaced meanwhile. Source: Docker Compose 5.5.0, `up`.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/node.h"

static struct step *leave(struct reconcile *r, const struct observed_container *container,
                          const char *network_id, const char *name, struct step *before)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_DISCONNECT, NULL);

    step->object.known = network_id;
    step->name = name;
    step->container.known = container->id;
    step->container_name = container->name;
    step->ignore_missing = true;
    plan_after(r->plan, step, before);
    return step;
}

/* As the service says. */
static struct step *join(struct reconcile *r, struct reconcile_service *service,
                         struct reconcile_slot *slot, const char *key, const char *name)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_CONNECT, NULL);
    struct step_create *create = arena_alloc(r->arena, sizeof(*create));

    create->final_name = slot->name;
    create->number = slot->number;
    reconcile_links(r, service, slot->number, step, &create->links);
    step->object.known = step->name = name;
    step->key = key;
    step->service = reconcile_model(service);
    step->create = create;
    step->container.known = slot->container->id;
    step->container_name = slot->name;
    return step;
}

/* As the container was on it before; NULL when that has to be found out first. */
static struct step *join_as_before(struct reconcile *r, const struct reconcile_slot *slot,
                                   const char *name)
{
    struct step *step;

    if (!slot->container->details) {
        plan_need(r->plan, NEED_CONTAINER, slot->container->id, NULL);
        return NULL;
    }
    step = plan_add(r->plan, STEP_NETWORK_CONNECT, NULL);
    step->object.known = step->name = name;
    step->endpoint_of = slot->container->details->raw;
    step->container.known = slot->container->id;
    step->container_name = slot->name;
    return step;
}

static void add_join(struct reconcile *r, struct reconcile_slot *slot, struct step *step,
                     struct step *network_ready, struct step *left)
{
    plan_after(r->plan, step, network_ready);
    plan_after(r->plan, step, left);
    plan_after(r->plan, step, slot->ready);
    slot->ready = step;
}

bool reconcile_is_on_replaced(const struct observed_container *container,
                              const struct reconcile_network *network)
{
    const struct engine_container_network *have = reconcile_endpoint(container, network->name);

    return network->replaced && have &&
           (!*have->network_id || strcmp(have->network_id, network->old_id) == 0 ||
            strcmp(have->network_id, network->name) == 0);
}

bool reconcile_is_displaced(struct reconcile *r, const struct observed_container *container)
{
    for (size_t i = 0; i < r->network_count; i++)
        if (reconcile_is_on_replaced(container, &r->networks[i]))
            return true;
    return false;
}

void reconcile_leave_replaced(struct reconcile *r, const struct observed_container *container,
                              struct step *stop)
{
    for (size_t i = 0; i < r->network_count; i++) {
        const struct reconcile_network *network = &r->networks[i];

        if (reconcile_is_on_replaced(container, network))
            plan_after(r->plan, network->removed,
                       leave(r, container, network->old_id, network->name, stop));
    }
}

/* The container stops for it, and starts again when it has joined the new one. */
static struct step *leave_for_replacement(struct reconcile *r, struct reconcile_service *service,
                                          struct reconcile_slot *slot,
                                          const struct reconcile_network *network)
{
    if (!slot->stopped && reconcile_is_active(slot->container)) {
        slot->stopped = reconcile_stop_once(r, service, slot->container, NULL);
        if (slot->stopped->reason_count == 0)
            plan_reason(r->plan, slot->stopped, REASON_RELATED, "network %s is replaced",
                        network->name);
        slot->runs = false;
    }
    if (!reconcile_endpoint(slot->container, network->name))
        return slot->stopped;
    return leave(r, slot->container, network->old_id, network->name, slot->stopped);
}

static void rejoin_wanted(struct reconcile *r, struct reconcile_service *service,
                          struct reconcile_slot *slot, struct reconcile_network *network)
{
    struct step *left = NULL;

    if (network->replaced) {
        left = leave_for_replacement(r, service, slot, network);
        plan_after(r->plan, network->removed, left);
    } else if (reconcile_endpoint(slot->container, network->name)) {
        left = leave(r, slot->container, network->name, network->name, slot->stopped);
        plan_after(r->plan, left, network->ready);
    }
    add_join(r, slot, join(r, service, slot, network->key, network->name), network->ready, left);
}

void reconcile_rejoin_networks(struct reconcile *r, struct reconcile_service *service,
                               struct reconcile_slot *slot)
{
    struct strings keys = translate_networks_in_order(r->arena, reconcile_model(service));

    for (size_t i = 0; i < keys.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, keys.items[i]);

        if (!network || (!network->replaced && reconcile_is_attached(slot->container, network)))
            continue;
        if (!reconcile_endpoint(slot->container, network->name) &&
            !reconcile_fits_hash(service, slot->container))
            continue; /* --no-recreate: the file gained it since the container was created */
        rejoin_wanted(r, service, slot, network);
    }
    /* --no-recreate keeps a container that is on networks which its service does not have any more. */
    for (size_t i = 0; i < r->network_count; i++) {
        struct reconcile_network *network = &r->networks[i];
        struct step *left, *step;

        if (strings_contain(&keys, network->key) ||
            !reconcile_is_on_replaced(slot->container, network))
            continue;
        left = leave_for_replacement(r, service, slot, network);
        plan_after(r->plan, network->removed, left);
        step = join_as_before(r, slot, network->name);
        if (step)
            add_join(r, slot, step, network->ready, left);
    }
}

static bool exists(const struct reconcile *r, const char *network_id)
{
    for (size_t i = 0; i < r->observed->networks.count; i++)
        if (strcmp(r->observed->networks.items[i].id, network_id) == 0 ||
            strcmp(r->observed->networks.items[i].name, network_id) == 0)
            return true;
    return false;
}

/* The key of a network of the service, if the container is as its service says. */
static const char *current_key(struct reconcile *r, const struct reconcile_service *service,
                               const struct observed_container *container, const char *name)
{
    const struct spec_service *model = reconcile_model(service);
    const char *hash = labels_get(&container->entry->labels, LABEL_CONFIG_HASH);

    if (!service->wanted->hash ||
        (strcmp(hash, service->wanted->hash) != 0 && strcmp(hash, service->wanted->hash_2) != 0))
        return NULL;
    for (size_t i = 0; i < r->project->networks.count; i++) {
        const struct spec_network *network = r->project->networks.items[i].value;
        const char *key = r->project->networks.items[i].key;

        for (size_t j = 0; network && j < model->networks.count; j++)
            if (strcmp(model->networks.items[j].key, key) == 0 &&
                strcmp(network->name && *network->name ? network->name : key, name) == 0)
                return key;
    }
    return NULL;
}

void reconcile_reconnect(struct reconcile *r, struct reconcile_service *service,
                         struct reconcile_slot *slot)
{
    const struct engine_container_entry *entry = slot->container->entry;

    if (!r->observed->networks_known) {
        plan_need(r->plan, NEED_NETWORKS, "", NULL);
        return;
    }
    for (size_t i = 0; i < entry->network_count; i++) {
        const struct engine_container_network *have = &entry->networks[i];
        const char *key;
        struct step *step;

        if (!*have->network_id || exists(r, have->network_id) ||
            !observed_network_named(r->observed, have->name))
            continue;
        key = current_key(r, service, slot->container, have->name);
        if (key && translate_wanted_mac(r->arena, reconcile_model(service), key))
            warnings_add(&r->plan->warnings, spec_node_place(reconcile_model(service)->node),
                         "network %s was replaced while %s did not run: it starts with another MAC "
                         "address than the one of the file; `up` gives it that one",
                         have->name, slot->name);
        step = key ? join(r, service, slot, key, have->name) : join_as_before(r, slot, have->name);
        if (step)
            add_join(r, slot, step, NULL,
                     leave(r, slot->container, have->name, have->name, slot->ready));
    }
}
