/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is on a network that is replaced, or has a volume mounted that is. An engine removes neither while anybody is left,
 * so all of them must be stopped, taken off or removed by the plan before; else nothing is touched at all.
 */
#include <string.h>

#include "compose/reconcile/reconcile_internal.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/node.h"

struct others {
    struct strings names;
    const struct observed_container *first; /* of this project, or NULL */
};

static void add_other(struct reconcile *r, struct others *others,
                      const struct observed_container *container, const char *name)
{
    if (others->names.count == 0)
        others->first = container;
    strings_add(&others->names, r->arena, name);
}

static const char *way_out(struct reconcile *r, const struct others *others)
{
    const struct observed_container *container = others->first;

    if (!container)
        return "it is not of this project; take it off or remove it first";
    if (container->one_off)
        return arena_printf(r->arena,
                            "it was made by `run`; let it end, or remove it first "
                            "(`docker rm -f %s`)",
                            container->name);
    if (r->options->one_off)
        return "`up` replaces what has changed; do that first";
    if (reconcile_find_service(r, container->service) ||
        strings_contain(&r->options->known, container->service))
        return arena_printf(r->arena,
                            "it belongs to service \"%s\", which this command leaves alone; `up` "
                            "without names of services replaces what has changed",
                            container->service);
    return "its service is not in the files any more; --remove-orphans removes it";
}

static bool refuse(struct reconcile *r, const struct others *others, const char *what,
                   const char *name, const char *how, struct place place, struct error *err)
{
    (void)error_set_at(err, ERROR_INPUT, place,
                       "%s %s has changed and cannot be replaced while %s %s: %s", what, name,
                       others->names.count == 1 ? "a container" : "containers", how,
                       strings_join(&others->names, r->arena, ", "));
    return error_hint(err, "%s", way_out(r, others));
}

static struct step *find_leave(struct reconcile *r, const char *container_id,
                               const char *network_id)
{
    for (size_t i = 0; i < r->plan->count; i++) {
        struct step *step = r->plan->steps[i];

        if (step->kind == STEP_NETWORK_DISCONNECT &&
            strcmp(step->container.known, container_id) == 0 &&
            strcmp(step->object.known, network_id) == 0)
            return step;
    }
    return NULL;
}

/* An engine counts those that run; Podman all. What does not run joins the new network when it is started. */
static bool counts(const struct reconcile *r, const struct observed_container *container)
{
    return reconcile_is_active(container) || r->observed->podman;
}

static const char *member_name(struct reconcile *r, const struct engine_network *details,
                               const char *id)
{
    const char *path[] = {"Containers", id, "Name"};
    struct span name = engine_json_find_segments(details->raw, path, COUNT_OF(path));

    return name.bytes ? engine_json_text(r->arena, name) : id;
}

static bool free_network(struct reconcile *r, struct reconcile_network *network, struct error *err)
{
    const struct engine_network *details = observed_network_details(r->observed, network->old_id);
    struct others others = {0};

    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct observed_container *container = &r->observed->containers[i];
        struct step *removed;

        if (!reconcile_is_on_replaced(container, network) ||
            find_leave(r, container->id, network->old_id))
            continue;
        removed = reconcile_find_step(r, STEP_CONTAINER_REMOVE, container->id);
        if (removed)
            plan_after(r->plan, network->removed, removed);
        else if (counts(r, container))
            add_other(r, &others, container, container->name);
    }
    for (size_t i = 0; details && i < details->members.count; i++)
        if (!observed_container(r->observed, details->members.items[i]))
            add_other(r, &others, NULL, member_name(r, details, details->members.items[i]));
    if (others.names.count == 0)
        return true;
    return refuse(r, &others, "network", network->name,
                  others.names.count == 1 ? "is on it" : "are on it",
                  spec_node_place(network->network->node), err);
}

static bool free_volume(struct reconcile *r, struct reconcile_volume *volume, struct error *err)
{
    const struct observed_volume_users *users = observed_volume_users(r->observed, volume->name);
    struct others others = {0};

    if (!users) {
        plan_need(r->plan, NEED_VOLUME_USERS, volume->name, NULL);
        return true;
    }
    for (size_t i = 0; i < users->containers.count; i++) {
        const char *id = users->containers.items[i].key;
        struct step *removed = reconcile_find_step(r, STEP_CONTAINER_REMOVE, id);

        if (removed)
            plan_after(r->plan, volume->removed, removed);
        else
            add_other(r, &others, observed_container(r->observed, id),
                      users->containers.items[i].value);
    }
    if (others.names.count == 0)
        return true;
    return refuse(r, &others, "volume", volume->name,
                  others.names.count == 1 ? "uses it" : "use it",
                  spec_node_place(volume->volume->node), err);
}

bool reconcile_free_replaced(struct reconcile *r, struct error *err)
{
    for (size_t i = 0; i < r->network_count; i++)
        if (r->networks[i].replaced && !free_network(r, &r->networks[i], err))
            return false;
    for (size_t i = 0; i < r->volume_count; i++)
        if (r->volumes[i].replaced && !free_volume(r, &r->volumes[i], err))
            return false;
    return true;
}
