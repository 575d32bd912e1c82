/* SPDX-License-Identifier: Apache-2.0 */
/* Does a container still fit what is wanted, and if not, why? Source: Docker Compose 5.5.0, `up`. */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

static struct step_reason reason(enum step_reason_kind kind, const char *text)
{
    return (struct step_reason){.kind = kind, .text = text};
}

const struct engine_container_network *
reconcile_endpoint(const struct observed_container *container, const char *name)
{
    for (size_t i = 0; i < container->entry->network_count; i++)
        if (strcmp(container->entry->networks[i].name, name) == 0)
            return &container->entry->networks[i];
    return NULL;
}

/* By id where the engine tells it: a network of the same name may have been made anew. Podman 4 tells the name. */
bool reconcile_is_attached(const struct observed_container *container,
                           const struct reconcile_network *network)
{
    const struct engine_container_network *have = reconcile_endpoint(container, network->name);

    if (!have)
        return false;
    if (!network->id)
        return network->ready == NULL;
    return !*have->network_id || strcmp(have->network_id, network->id) == 0 ||
           strcmp(have->network_id, network->name) == 0;
}

static bool fits_networks(struct reconcile *r, const struct spec_service *model,
                          const struct observed_container *container, const char **ret_name)
{
    if (model->network_mode && *model->network_mode)
        return true;
    for (size_t i = 0; i < model->networks.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, model->networks.items[i].key);

        if (!network || network->replaced || reconcile_is_attached(container, network))
            continue;
        *ret_name = network->name;
        return false;
    }
    return true;
}

/* Joining again gives another MAC address than the one that the service asks for. */
static bool loses_mac(struct reconcile *r, const struct spec_service *model,
                      const struct observed_container *container, const char **ret_name)
{
    for (size_t i = 0; i < model->networks.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, model->networks.items[i].key);

        if (!network || (!network->replaced && reconcile_is_attached(container, network)) ||
            !translate_wanted_mac(r->arena, model, network->key))
            continue;
        *ret_name = network->name;
        return true;
    }
    return false;
}

bool reconcile_has_volume(const struct observed_container *container, const char *name)
{
    for (size_t i = 0; i < container->entry->mount_count; i++)
        if (strcmp(container->entry->mounts[i].name, name) == 0)
            return true;
    return false;
}

static bool fits_volumes(struct reconcile *r, const struct spec_service *model,
                         const struct observed_container *container, struct step_reason *ret_reason)
{
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_volume *volume =
            mount->type && strcmp(mount->type, "volume") == 0 && mount->source
                ? reconcile_find_volume(r, mount->source)
                : NULL;

        if (!volume || (!volume->replaced && reconcile_has_volume(container, volume->name)))
            continue;
        *ret_reason =
            reason(REASON_RELATED, arena_printf(r->arena,
                                                volume->replaced ? "volume %s is replaced"
                                                                 : "volume %s is not mounted",
                                                volume->name));
        return false;
    }
    return true;
}

/* The digest of an image, the engine's id of it, or what the engine says the container was made of. */
static bool fits_image(const struct reconcile_service *service,
                       const struct observed_container *container)
{
    const struct observed_image *image = service->image ? service->image->there : NULL;
    const char *label = labels_get(&container->entry->labels, LABEL_IMAGE);

    if (!image)
        return true;
    return strcmp(label, image->digest) == 0 || strcmp(label, image->id) == 0 ||
           (!*label && strcmp(container->entry->image_id, image->id) == 0);
}

/* The engine keeps the id that `container:NAME` had when the container was created; the hash has the name alone. */
static bool named_parent_replaced(struct reconcile *r, const struct reconcile_service *service,
                                  const struct observed_container *container,
                                  const char **ret_parent)
{
    for (size_t kind = 0; kind < WANTED_NAMED_LINK; kind++)
        for (size_t i = 0; i < service->wanted->named[kind].count; i++) {
            const struct reconcile_service *other =
                reconcile_find_service(r, service->wanted->named[kind].items[i]);

            for (size_t j = 0; other && j < other->slot_count; j++) {
                const struct observed_container *parent = other->slots[j].container;

                if (parent && parent->entry->created_ns <= container->entry->created_ns)
                    continue;
                *ret_parent = reconcile_model(other)->name;
                return true;
            }
        }
    return false;
}

static bool parent_replaced(struct reconcile *r, const struct spec_service *model,
                            const char **ret_parent)
{
    struct strings names = wanted_references(r->arena, model);

    for (size_t i = 0; i < names.count; i++) {
        struct reconcile_service *other = reconcile_find_service(r, names.items[i]);

        if (other && other->replaced) {
            *ret_parent = names.items[i];
            return true;
        }
    }
    return false;
}

bool reconcile_fits_hash(const struct reconcile_service *service,
                         const struct observed_container *container)
{
    const char *label = labels_get(&container->entry->labels, LABEL_CONFIG_HASH);

    return (service->hash && strcmp(label, service->hash) == 0) ||
           (service->hash_2 && strcmp(label, service->hash_2) == 0);
}

bool reconcile_is_current(struct reconcile *r, const struct reconcile_service *service,
                          const struct observed_container *container,
                          struct step_reason *ret_reason)
{
    const struct spec_service *model = reconcile_model(service);
    const char *name = "";
    struct step *pending;
    size_t image_count;
    const struct step_mounted_image *images =
        reconcile_mounted_images(r, model, &image_count, &pending);
    const char *mounted = step_mounted_images_label(r->arena, images, image_count);
    const char *mounted_then = labels_get(&container->entry->labels, LABEL_IMAGE_VOLUMES);

    if (parent_replaced(r, model, &name) || named_parent_replaced(r, service, container, &name)) {
        *ret_reason =
            reason(REASON_RELATED, arena_printf(r->arena, "service %s is recreated", name));
        return false;
    }
    if (service->wanted->given_by && r->options->preview
            ? !reconcile_fits_provided(r, service, container)
            : !reconcile_fits_hash(service, container)) {
        *ret_reason = reason(REASON_CONFIG, "configuration changed");
        return false;
    }
    if (!fits_image(service, container)) {
        *ret_reason = reason(REASON_IMAGE,
                             arena_printf(r->arena, "image %s changed", service->image->reference));
        ret_reason->old_value = labels_get(&container->entry->labels, LABEL_IMAGE);
        ret_reason->new_value = service->image->there->digest;
        return false;
    }
    /* Compose 2.x does not write that label: its containers count as unchanged. */
    if (!pending && mounted && *mounted_then && strcmp(mounted, mounted_then) != 0) {
        *ret_reason = reason(REASON_IMAGE, "a mounted image changed");
        return false;
    }
    if (!reconcile_fits_content(r, service, container, ret_reason))
        return false;
    if (reconcile_is_up(container) && !fits_networks(r, model, container, &name)) {
        *ret_reason =
            reason(REASON_RELATED, arena_printf(r->arena, "not attached to network %s", name));
        return false;
    }
    if (loses_mac(r, model, container, &name)) {
        *ret_reason = reason(REASON_RELATED,
                             arena_printf(r->arena,
                                          "network %s is another one, and mac_address is taken at "
                                          "creation only",
                                          name));
        return false;
    }
    return fits_volumes(r, model, container, ret_reason);
}

bool reconcile_stays(struct reconcile *r, const struct reconcile_service *service,
                     const struct observed_container *container, struct step_reason *ret_reason)
{
    enum reconcile_recreate policy =
        service->target ? r->options->recreate : r->options->recreate_dependencies;

    if (policy == RECREATE_NEVER && reconcile_uses_replaced_volume(r, container)) {
        *ret_reason = reason(REASON_RELATED, "a volume of it is replaced");
        return false;
    }
    if (policy == RECREATE_NEVER)
        return true;
    if (policy == RECREATE_FORCE) {
        *ret_reason =
            reason(REASON_WANTED, !service->target              ? "--always-recreate-deps was given"
                                  : r->options->renew_anonymous ? "anonymous volumes are renewed"
                                                                : "--force-recreate was given");
        return false;
    }
    return reconcile_is_current(r, service, container, ret_reason);
}
