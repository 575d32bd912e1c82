/* SPDX-License-Identifier: Apache-2.0 */
/*
 * down: containers against the order of dependencies, then networks, volumes and images.
 * Source: Docker Compose 5.5.0, `down`.
 */
#include "compose/reconcile/reconcile_lifecycle.h"

/* The anonymous volumes of orphans stay, as in the reference: nobody knows any more what they held. */
static struct step *take_down(struct lifecycle_plan *p, const struct observed_container *container,
                              const struct spec_service *service, struct step *const *before,
                              size_t count)
{
    struct step *stop = lifecycle_add_stop(p, container, service, before, count), *remove;
    struct deletion deletion = lifecycle_deletion(p);

    if (p->options->volumes && lifecycle_covers(p, container->service))
        return deletion_container_and_data(&deletion, container, "down -v", stop);
    remove = deletion_container(p->plan, container, stop);
    plan_reason(p->plan, remove, REASON_WANTED, "down%s", service ? "" : " --remove-orphans");
    return remove;
}

/* One-offs of the services that go, ended ones, and all of services that the files do not have. */
static bool is_taken_along(const struct lifecycle_plan *p,
                           const struct observed_container *container)
{
    struct deletion deletion = lifecycle_deletion(p);

    return deletion_is_orphan(&deletion, container) ||
           (container->one_off && (lifecycle_covers(p, container->service) ||
                                   deletion_is_unknown(&deletion, container->service)));
}

/* The container of a `run` that was killed: with --rm, or before its start, it was to go with the run. */
static bool is_abandoned(const struct lifecycle_plan *p, const struct observed_container *container)
{
    if (!container->one_off || (p->options->services.count > 0 &&
                                !strings_contain(&p->options->services, container->service)))
        return false;
    return strings_contain(&p->options->abandoned, container->name) ||
           (container->entry->state == ENGINE_STATE_CREATED &&
            strings_contain(&p->options->abandoned_unstarted, container->name));
}

static void take_abandoned(struct lifecycle_plan *p, const struct observed_container *container)
{
    struct step *stop = lifecycle_add_stop(p, container, NULL, NULL, 0);
    struct deletion deletion = lifecycle_deletion(p);

    (void)deletion_container_and_data(&deletion, container, "its run was interrupted", stop);
}

bool lifecycle_down(struct lifecycle_plan *p, struct error *err)
{
    struct deletion deletion = lifecycle_deletion(p);

    (void)err;
    lifecycle_walk_back(p, take_down);
    for (size_t i = 0; i < p->observed->container_count; i++) {
        const struct observed_container *container = &p->observed->containers[i];

        if (is_abandoned(p, container))
            take_abandoned(p, container);
        else if (p->options->remove_orphans && is_taken_along(p, container))
            (void)take_down(p, container, NULL, NULL, 0);
    }
    for (size_t i = 0; i < p->observed->hook_count; i++) {
        const char *service = p->observed->hooks[i].service;

        if (lifecycle_covers(p, service) ||
            (p->options->remove_orphans && deletion_is_unknown(&deletion, service)))
            reconcile_remove_hook(p->plan, &p->observed->hooks[i]);
    }
    deletion_networks(&deletion);
    if (p->options->rmi)
        deletion_images(&deletion, p->options->rmi, p->options->remove_orphans);
    if (p->options->volumes)
        deletion_volumes(&deletion);
    return true;
}
