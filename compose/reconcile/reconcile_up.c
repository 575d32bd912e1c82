/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/observe/names.h"
#include "compose/reconcile/reconcile_internal.h"
#include "compose/reconcile/reconcile_release.h"
#include "spec/base/arena.h"
#include "spec/node.h"

static bool check_names(struct reconcile *r, struct error *err)
{
    for (size_t i = 0; i < r->service_count; i++) {
        const struct spec_service *a = r->services[i].wanted->service;

        for (size_t j = 0; a->container_name && *a->container_name && j < i; j++) {
            const struct spec_service *b = r->services[j].wanted->service;

            if (b->container_name && strcmp(a->container_name, b->container_name) == 0)
                return error_set_at(
                    err, ERROR_INPUT, spec_node_place(a->node),
                    "services.%s: container name \"%s\" is already in use by service %s\"", a->name,
                    a->container_name, b->name);
        }
        if (!a->provider && !a->build && (!a->image || !*a->image))
            return error_set_at(err, ERROR_INPUT, spec_node_place(a->node),
                                "invalid service \"%s\". Must specify either image or build",
                                a->name);
    }
    return true;
}

static void add_services(struct reconcile *r)
{
    r->services = arena_array(r->arena, r->wanted->count, sizeof(*r->services));
    r->service_count = r->wanted->count;
    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *service = &r->services[i];

        service->wanted = &r->wanted->services[i];
        service->target = r->options->targets.count == 0 ||
                          strings_contain(&r->options->targets, service->wanted->service->name);
        translate_unsupported(service->wanted->service, r->observed->api_minor, r->observed->podman,
                              &r->plan->warnings);
    }
    translate_unsupported_resources(r->project, r->observed->api_minor, &r->plan->warnings);
}

/* Containers that nothing touches are named, so that the user sees that they are there. */
static void note_running(struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++)
        for (size_t j = 0; j < r->services[i].slot_count; j++) {
            const struct reconcile_slot *slot = &r->services[i].slots[j];

            if (slot->container && slot->runs && !slot->started && !slot->ready && !slot->stopped)
                strings_add(&r->plan->running, r->arena, slot->name);
        }
}

static const char *name_of_network(const struct reconcile *r, const char *id)
{
    for (size_t i = 0; i < r->observed->networks.count; i++)
        if (strcmp(r->observed->networks.items[i].id, id) == 0)
            return r->observed->networks.items[i].name;
    return id;
}

/* The network under its old name goes last, when nobody is on it any more. */
static void remove_renamed_networks(struct reconcile *r, const struct reconcile_network *network)
{
    for (size_t i = 0; i < network->left.count; i++) {
        const char *id = network->left.items[i], *name = name_of_network(r, id);
        struct step *remove =
            plan_add(r->plan, STEP_NETWORK_REMOVE, arena_printf(r->arena, "Network %s", name));

        remove->object.known = id;
        remove->name = name;
        remove->in_use_is_fine = remove->ignore_missing = true;
        plan_reason(r->plan, remove, REASON_LEFTOVER, "it is now called %s", network->name);
        for (size_t j = 0; j < r->plan->count; j++)
            if (r->plan->steps[j]->kind == STEP_CONTAINER_REMOVE)
                plan_after(r->plan, remove, r->plan->steps[j]);
    }
}

static void remove_left_hooks(struct reconcile *r)
{
    for (size_t i = 0; i < r->observed->hook_count; i++)
        if (reconcile_find_service(r, r->observed->hooks[i].service))
            reconcile_remove_hook(r->plan, &r->observed->hooks[i]);
}

static bool is_one_off(const struct reconcile *r, const char *service)
{
    return r->options->one_off && strcmp(r->options->one_off->service, service) == 0;
}

static bool decide(struct reconcile *r, struct error *err)
{
    add_services(r);
    if (!check_names(r, err))
        return false;
    reconcile_images(r);
    if (!reconcile_networks(r, err) || !reconcile_volumes(r, err))
        return false;
    reconcile_orphans(r);
    remove_left_hooks(r);
    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *service = &r->services[i];
        const struct spec_service *model = service->wanted->service;

        if (!model->provider && !is_one_off(r, model->name) &&
            !reconcile_service_containers(r, service, err))
            return false;
    }
    if (!reconcile_free_replaced(r, err))
        return false;
    for (size_t i = 0; i < r->network_count; i++)
        remove_renamed_networks(r, &r->networks[i]);
    if (r->options->start)
        reconcile_restart_joined(r);
    if (r->options->start && !reconcile_starts(r, err))
        return false;
    if (r->options->start && r->options->wait)
        reconcile_final_waits(r);
    if (r->options->one_off && !reconcile_one_off(r, err))
        return false;
    reconcile_order_names(r);
    reconcile_tell_provided(r);
    note_running(r);
    reconcile_note_built(r);
    return true;
}

/*
 * Whether an existing container is replaced depends on an image, and what becomes of others (those that share its network,
 * volumes, namespaces, links, restarts) depends on that. So nothing but images is touched before they are all there; the
 * next turn decides about everything at once. The whole plan was made nevertheless: what is wrong is said first.
 */
static void keep_images_only(struct plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_IMAGE_PULL || plan->steps[i]->kind == STEP_IMAGE_BUILD) {
            plan->steps[kept] = plan->steps[i];
            plan->steps[kept]->number = kept + 1;
            kept++;
        }
    plan->count = kept;
    plan->running = (struct strings){0};
}

bool reconcile_up(const struct wanted *wanted, const struct observed *observed,
                  const struct reconcile_options *options, struct plan **ret_plan,
                  struct error *err)
{
    struct plan *plan = plan_create();
    struct reconcile r = {
        .plan = plan,
        .arena = plan->arena,
        .wanted = wanted,
        .observed = observed,
        .options = options,
        .project = wanted->project,
    };

    if (!decide(&r, err)) {
        plan_destroy(plan);
        return false;
    }
    if (reconcile_awaits_images(&r) && !options->preview)
        keep_images_only(plan);
    *ret_plan = plan;
    return true;
}
