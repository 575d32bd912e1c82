/* SPDX-License-Identifier: Apache-2.0 */
/*
 * down: containers against the order of dependencies, then networks, volumes and images.
 * Source: Docker Compose 5.5.0, `down`.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_lifecycle.h"
#include "spec/base/arena.h"
#include "spec/project.h"

static void remove_networks(struct lifecycle_plan *p)
{
    for (size_t i = 0; i < p->observed->networks.count; i++) {
        const struct engine_network *network = &p->observed->networks.items[i];
        const char *key = labels_get(&network->labels, LABEL_NETWORK);
        const struct spec_network *model = spec_project_network(p->project, key);
        struct step *step;

        if (strcmp(labels_get(&network->labels, LABEL_PROJECT), p->project->name) != 0)
            continue;
        if (!p->options->by_name && (!model || model->external))
            continue;
        step = plan_add(p->plan, STEP_NETWORK_REMOVE,
                        arena_printf(p->arena, "Network %s", network->name));
        step->object.known = network->id;
        step->name = network->name;
        step->ignore_missing = step->in_use_is_fine = true;
        lifecycle_after_containers(p, step);
        plan_reason(p->plan, step, REASON_WANTED, "down");
    }
}

static void remove_volumes(struct lifecycle_plan *p)
{
    for (size_t i = 0; i < p->observed->volumes.count; i++) {
        const struct engine_volume *volume = &p->observed->volumes.items[i];
        const char *key = labels_get(&volume->labels, LABEL_VOLUME);
        const struct spec_volume *model = spec_project_volume(p->project, key);
        struct step *step;

        if (strcmp(labels_get(&volume->labels, LABEL_PROJECT), p->project->name) != 0 || !*key)
            continue;
        if (!p->options->by_name && (!model || model->external))
            continue;
        step = plan_add(p->plan, STEP_VOLUME_REMOVE,
                        arena_printf(p->arena, "Volume %s", volume->name));
        step->object.known = volume->name;
        step->name = volume->name;
        step->ignore_missing = step->in_use_is_fine = true;
        lifecycle_after_containers(p, step);
        plan_reason(p->plan, step, REASON_WANTED, "down -v");
    }
}

static void remove_image(struct lifecycle_plan *p, struct strings *done, const char *reference)
{
    struct step *step;

    if (strings_contain(done, reference))
        return;
    strings_add(done, p->arena, reference);
    step = plan_add(p->plan, STEP_IMAGE_REMOVE, arena_printf(p->arena, "Image %s", reference));
    step->object.known = reference;
    step->name = reference;
    step->ignore_missing = step->in_use_is_fine = true;
    lifecycle_after_containers(p, step);
    plan_reason(p->plan, step, REASON_WANTED, "down --rmi %s", p->options->rmi);
}

/* Built ones by their labels, those of services without `image:` by their name; with "all" every service's. */
static void remove_images(struct lifecycle_plan *p)
{
    bool all = strcmp(p->options->rmi, "all") == 0;
    struct strings done = {0};

    for (size_t i = 0; i < p->observed->all_images.count; i++) {
        const struct engine_image_entry *image = &p->observed->all_images.items[i];

        if (image->repo_tags.count > 0 &&
            (p->options->remove_orphans ||
             lifecycle_covers(p, labels_get(&image->labels, LABEL_SERVICE))))
            remove_image(p, &done, image->repo_tags.items[0]);
    }
    for (size_t i = 0; i < p->wanted->count; i++) {
        const struct wanted_service *service = &p->wanted->services[i];
        bool own_name = !service->service->image || !*service->service->image;

        if (service->service->provider || !lifecycle_covers(p, service->service->name) ||
            (!all && !own_name))
            continue;
        if (observed_image(p->observed, service->image, ""))
            remove_image(p, &done,
                         strchr(service->image, ':') || strchr(service->image, '@')
                             ? service->image
                             : arena_printf(p->arena, "%s:latest", service->image));
    }
}

static struct step *take_down(struct lifecycle_plan *p, const struct observed_container *container,
                              const struct spec_service *service, struct step *const *before,
                              size_t count)
{
    struct step *stop = lifecycle_add_stop(p, container, service, before, count);
    struct step *remove =
        reconcile_add_remove(p->plan, container, p->options->volumes && service, stop);

    plan_reason(p->plan, remove, REASON_WANTED, "down");
    if (p->options->volumes && service)
        reconcile_add_anonymous_removals(p->plan, container, remove);
    return remove;
}

bool lifecycle_down(struct lifecycle_plan *p, struct error *err)
{
    (void)err;
    lifecycle_walk_back(p, take_down);
    for (size_t i = 0; p->options->remove_orphans && i < p->observed->container_count; i++) {
        const struct observed_container *container = &p->observed->containers[i];

        if (container->one_off || !wanted_service(p->wanted, container->service))
            (void)take_down(p, container, NULL, NULL, 0);
    }
    for (size_t i = 0; i < p->observed->hook_count; i++)
        if (p->options->remove_orphans || lifecycle_covers(p, p->observed->hooks[i].service))
            reconcile_remove_hook(p->plan, &p->observed->hooks[i]);
    remove_networks(p);
    if (p->options->rmi)
        remove_images(p);
    if (p->options->volumes)
        remove_volumes(p);
    return true;
}
