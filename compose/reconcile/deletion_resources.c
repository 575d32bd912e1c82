/* SPDX-License-Identifier: Apache-2.0 */
/* `down`: networks, named volumes and images. Source: Docker Compose 5.5.0, `down`. */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/deletion.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/node.h"
#include "spec/project.h"

static struct step *add_removal(const struct deletion *deletion, enum step_kind kind,
                                const char *id, const char *object, const char *name)
{
    struct plan *plan = deletion->plan;
    size_t count = plan->count;
    struct step *step = plan_add(plan, kind, id);

    step->object.known = object;
    step->name = name;
    step->ignore_missing = step->in_use_is_fine = true;
    for (size_t i = 0; i < count; i++)
        if (plan->steps[i]->kind == STEP_CONTAINER_REMOVE)
            plan_after(plan, step, plan->steps[i]);
    return step;
}

static bool is_ours(const struct deletion *deletion, const struct pairs *labels)
{
    return strcmp(labels_get(labels, LABEL_PROJECT), deletion->wanted->project->name) == 0;
}

static bool names_services(const struct deletion *deletion)
{
    return deletion->services && deletion->services->count > 0;
}

/* -- Networks -- */

static bool uses_network(const struct spec_service *service, const char *key)
{
    for (size_t i = 0; i < service->networks.count; i++)
        if (strcmp(service->networks.items[i].key, key) == 0)
            return true;
    return false;
}

static bool is_network_of_model(const struct deletion *deletion, const char *name)
{
    const struct spec_network_map *map = &deletion->wanted->project->networks;

    for (size_t i = 0; i < map->count; i++) {
        const struct spec_network *network = map->items[i].value;
        const char *called =
            network && network->name && *network->name ? network->name : map->items[i].key;

        if (!network || network->external || strcmp(called, name) != 0)
            continue;
        for (size_t j = 0; j < deletion->wanted->count; j++) {
            const struct spec_service *service = deletion->wanted->services[j].service;

            if (deletion_covers(deletion, service->name) &&
                uses_network(service, map->items[i].key))
                return true;
        }
    }
    return false;
}

static bool has_network(const struct observed_container *container, const char *id)
{
    for (size_t i = 0; i < container->entry->network_count; i++)
        if (strcmp(container->entry->networks[i].network_id, id) == 0)
            return true;
    return false;
}

static bool is_network_of_containers(const struct deletion *deletion,
                                     const struct engine_network *network)
{
    if (!names_services(deletion))
        return true;
    for (size_t i = 0; i < deletion->observed->container_count; i++) {
        const struct observed_container *container = &deletion->observed->containers[i];

        if (deletion_covers(deletion, container->service) && has_network(container, network->id))
            return true;
    }
    return false;
}

void deletion_networks(const struct deletion *deletion)
{
    struct plan *plan = deletion->plan;

    for (size_t i = 0; i < deletion->observed->networks.count; i++) {
        const struct engine_network *network = &deletion->observed->networks.items[i];

        if (!is_ours(deletion, &network->labels) ||
            !(deletion->by_name ? is_network_of_containers(deletion, network)
                                : is_network_of_model(deletion, network->name)))
            continue;
        plan_reason(plan,
                    add_removal(deletion, STEP_NETWORK_REMOVE,
                                arena_printf(plan->arena, "Network %s", network->name), network->id,
                                network->name),
                    REASON_WANTED, "down");
    }
}

/* -- Volumes -- */

static void remove_volume(const struct deletion *deletion, const struct engine_volume *volume)
{
    struct plan *plan = deletion->plan;

    plan_reason(plan,
                add_removal(deletion, STEP_VOLUME_REMOVE,
                            arena_printf(plan->arena, "Volume %s", volume->name), volume->name,
                            volume->name),
                REASON_WANTED, "down -v");
}

static bool uses_volume(const struct spec_service *service, const char *key)
{
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (mount->source && mount->type && strcmp(mount->type, "volume") == 0 &&
            strcmp(mount->source, key) == 0)
            return true;
    }
    return false;
}

static bool is_volume_used(const struct deletion *deletion, const char *key)
{
    for (size_t i = 0; i < deletion->wanted->count; i++) {
        const struct spec_service *service = deletion->wanted->services[i].service;

        if (deletion_covers(deletion, service->name) && uses_volume(service, key))
            return true;
    }
    return false;
}

/* Another project's, or made by another tool: it was there before and may hold what nobody else has. */
static void report_kept(const struct deletion *deletion, const struct spec_volume *model,
                        const struct engine_volume *volume)
{
    const char *owner = labels_get(&volume->labels, LABEL_PROJECT);

    if (*owner)
        warnings_add(&deletion->plan->warnings, spec_node_place(model->node),
                     "volume \"%s\" was created for project \"%s\" and is kept", volume->name,
                     owner);
    else
        warnings_add(&deletion->plan->warnings, spec_node_place(model->node),
                     "volume \"%s\" was not created by compose and is kept", volume->name);
}

static void remove_volumes_of_model(const struct deletion *deletion)
{
    const struct spec_volume_map *map = &deletion->wanted->project->volumes;

    for (size_t i = 0; i < map->count; i++) {
        const struct spec_volume *model = map->items[i].value;
        const struct engine_volume *volume;

        if (!model || model->external || !is_volume_used(deletion, map->items[i].key))
            continue;
        volume = observed_volume_named(
            deletion->observed, model->name && *model->name ? model->name : map->items[i].key);
        if (!volume)
            continue;
        if (is_ours(deletion, &volume->labels))
            remove_volume(deletion, volume);
        else
            report_kept(deletion, model, volume);
    }
}

static bool is_volume_of_containers(const struct deletion *deletion, const char *name)
{
    if (!names_services(deletion))
        return true;
    for (size_t i = 0; i < deletion->observed->container_count; i++) {
        const struct observed_container *container = &deletion->observed->containers[i];

        for (size_t j = 0;
             deletion_covers(deletion, container->service) && j < container->entry->mount_count;
             j++)
            if (strcmp(container->entry->mounts[j].type, "volume") == 0 &&
                strcmp(container->entry->mounts[j].name, name) == 0)
                return true;
    }
    return false;
}

void deletion_volumes(const struct deletion *deletion)
{
    if (!deletion->by_name) {
        remove_volumes_of_model(deletion);
        return;
    }
    for (size_t i = 0; i < deletion->observed->volumes.count; i++) {
        const struct engine_volume *volume = &deletion->observed->volumes.items[i];

        if (is_ours(deletion, &volume->labels) && *labels_get(&volume->labels, LABEL_VOLUME) &&
            is_volume_of_containers(deletion, volume->name))
            remove_volume(deletion, volume);
    }
}

/* -- Images -- */

struct image_removals {
    const struct deletion *deletion;
    const char *which;
    struct strings done;
};

static void remove_image(struct image_removals *removals, const char *reference)
{
    struct plan *plan = removals->deletion->plan;

    if (strings_contain(&removals->done, reference))
        return;
    strings_add(&removals->done, plan->arena, reference);
    plan_reason(plan,
                add_removal(removals->deletion, STEP_IMAGE_REMOVE,
                            arena_printf(plan->arena, "Image %s", reference), reference, reference),
                REASON_WANTED, "down --rmi %s", removals->which);
}

/* As the engine lists it: with a tag, and without the default registry. */
static const char *tag_of(struct arena *arena, const char *text)
{
    struct image_reference reference;
    struct error failure;

    error_init(&failure);
    if (image_reference_parse(arena, text, &reference, &failure) && !reference.digest)
        text = image_reference_familiar(arena, &reference);
    error_finish(&failure);
    return text;
}

/* Podman lists what was built here under "localhost/". */
static bool is_tag(const char *listed, const char *name)
{
    const char *const built_here = "localhost/";

    return image_reference_same(listed, name) ||
           (text_starts_with(listed, built_here) &&
            image_reference_same(listed + strlen(built_here), name));
}

static const struct engine_image_entry *built_image(const struct deletion *deletion,
                                                    const char *name)
{
    for (size_t i = 0; i < deletion->observed->all_images.count; i++) {
        const struct engine_image_entry *image = &deletion->observed->all_images.items[i];

        for (size_t j = 0; j < image->repo_tags.count; j++)
            if (is_tag(image->repo_tags.items[j], name))
                return image;
    }
    return NULL;
}

static bool is_image_removed(const struct image_removals *removals,
                             const struct wanted_service *wanted, const char *name)
{
    const struct deletion *deletion = removals->deletion;
    const struct spec_service *service = wanted->service;
    const struct engine_image_entry *built = built_image(deletion, name);
    bool own_name = !service->image || !*service->image, all = strcmp(removals->which, "all") == 0;

    if (own_name || all)
        return built || deletion->by_name || observed_image(deletion->observed, wanted->image, "");
    if (!built)
        return false;
    /* An image that somebody made from ours has its labels: a service that only runs it did not build it. */
    return deletion->by_name ? strcmp(labels_get(&built->labels, LABEL_SERVICE), service->name) == 0
                             : service->build != NULL;
}

/* Built for a service that the files do not have: what its containers ran, or the name that it got without `image:`. */
static bool is_name_of(const struct deletion *deletion, const char *service, const char *tag)
{
    struct arena *arena = deletion->plan->arena;
    const char *project = deletion->wanted->project->name;

    if (is_tag(tag, arena_printf(arena, "%s-%s", project, service)) ||
        is_tag(tag, arena_printf(arena, "%s_%s", project, service)))
        return true;
    for (size_t i = 0; i < deletion->observed->container_count; i++) {
        const struct observed_container *container = &deletion->observed->containers[i];

        if (strcmp(container->service, service) == 0 && is_tag(tag, container->entry->image))
            return true;
    }
    return false;
}

static void remove_orphans_images(struct image_removals *removals)
{
    const struct deletion *deletion = removals->deletion;

    for (size_t i = 0; i < deletion->observed->all_images.count; i++) {
        const struct engine_image_entry *image = &deletion->observed->all_images.items[i];
        const char *service = labels_get(&image->labels, LABEL_SERVICE);

        for (size_t j = 0;
             *service && deletion_is_unknown(deletion, service) && j < image->repo_tags.count; j++)
            if (is_name_of(deletion, service, image->repo_tags.items[j]))
                remove_image(removals, image->repo_tags.items[j]);
    }
}

void deletion_images(const struct deletion *deletion, const char *which, bool remove_orphans)
{
    struct image_removals removals = {.deletion = deletion, .which = which};

    for (size_t i = 0; i < deletion->wanted->count; i++) {
        const struct wanted_service *service = &deletion->wanted->services[i];
        const char *name = tag_of(deletion->plan->arena, service->image);

        if (!service->service->provider && deletion_covers(deletion, service->service->name) &&
            is_image_removed(&removals, service, name))
            remove_image(&removals, name);
    }
    if (remove_orphans)
        remove_orphans_images(&removals);
}
