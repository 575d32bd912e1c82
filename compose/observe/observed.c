/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/observed.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/translate/translate.h"
#include "engine_client/image_platform.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"

struct observed *observed_create(unsigned api_minor)
{
    struct arena *arena = arena_create();
    struct observed *observed = arena_alloc(arena, sizeof(*observed));

    observed->arena = arena;
    observed->api_minor = api_minor;
    return observed;
}

void observed_destroy(struct observed *observed)
{
    if (observed)
        arena_destroy(observed->arena);
}

static int compare_names(const void *left, const void *right)
{
    const struct observed_container *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static const char *name_of(const struct engine_container_entry *entry)
{
    return entry->names.count > 0 ? entry->names.items[0] : entry->id;
}

/* One that runs is removed by the engine when it ends. */
static void add_hook(struct observed *observed, const struct engine_container_entry *entry)
{
    if (!*labels_get(&entry->labels, LABEL_HOOK) ||
        (entry->state != ENGINE_STATE_CREATED && entry->state != ENGINE_STATE_EXITED &&
         entry->state != ENGINE_STATE_DEAD))
        return;
    observed->hooks = arena_grow(observed->arena, observed->hooks, &observed->hook_capacity,
                                 observed->hook_count + 1, sizeof(*observed->hooks));
    observed->hooks[observed->hook_count++] = (struct observed_container){
        .entry = entry,
        .id = entry->id,
        .name = name_of(entry),
        .service = labels_get(&entry->labels, LABEL_SERVICE),
    };
}

bool observed_add_containers(struct observed *observed, struct span body, struct error *err)
{
    struct engine_container_list list;

    if (!engine_container_list_decode(observed->arena, body, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct engine_container_entry *entry = &list.items[i];
        struct observed_container *container;

        if (!*labels_get(&entry->labels, LABEL_CONFIG_HASH)) {
            add_hook(observed, entry); /* or nobody's */
            continue;
        }
        observed->containers =
            arena_grow(observed->arena, observed->containers, &observed->container_capacity,
                       observed->container_count + 1, sizeof(*observed->containers));
        container = &observed->containers[observed->container_count++];
        *container = (struct observed_container){
            .entry = entry,
            .id = entry->id,
            .name = name_of(entry),
            .service = labels_get(&entry->labels, LABEL_SERVICE),
            .one_off = strcmp(labels_get(&entry->labels, LABEL_ONEOFF), "True") == 0,
        };
        if (!number_parse_int64(labels_get(&entry->labels, LABEL_NUMBER), &container->number))
            container->number = 0;
    }
    if (observed->container_count > 0)
        qsort(observed->containers, observed->container_count, sizeof(*observed->containers),
              compare_names);
    return true;
}

bool observed_add_networks(struct observed *observed, struct span body, struct error *err)
{
    observed->networks_known = true;
    return engine_network_list_decode(observed->arena, body, &observed->networks, err);
}

bool observed_add_volumes(struct observed *observed, struct span body, struct error *err)
{
    return engine_volume_list_decode(observed->arena, body, &observed->volumes, err);
}

const char *observed_image_digest(const struct engine_image_manifest *manifests, size_t count,
                                  const char *id, const char *platform, unsigned api_minor)
{
    const struct engine_image_manifest *lone = NULL;
    size_t available = 0;

    if (api_minor < TRANSLATE_API_IMAGE_MOUNTS)
        return id;
    for (size_t i = 0; i < count; i++) {
        const struct engine_image_manifest *manifest = &manifests[i];

        if (!manifest->available || strcmp(manifest->kind, "image") != 0)
            continue;
        available++;
        lone = manifest;
        if (*platform
                ? image_platform_matches(platform, &manifest->platform)
                : strcmp(manifest->platform.architecture, image_platform_host_architecture()) == 0)
            return manifest->id;
    }
    return available == 1 ? lone->id : id;
}

static struct observed_image *add_image(struct observed *observed, const char *reference,
                                        const char *platform)
{
    struct observed_image *image;

    observed->images = arena_grow(observed->arena, observed->images, &observed->image_capacity,
                                  observed->image_count + 1, sizeof(*observed->images));
    image = &observed->images[observed->image_count++];
    *image = (struct observed_image){.reference = arena_strdup(observed->arena, reference),
                                     .platform = arena_strdup(observed->arena, platform)};
    return image;
}

/* Does the image have this name, word for word or by meaning? Word for word is better: 2, 1 or 0. */
static int name_rank(const struct engine_image_entry *entry, const char *reference)
{
    int rank = 0;

    for (size_t i = 0; i < entry->repo_tags.count; i++) {
        if (strcmp(entry->repo_tags.items[i], reference) == 0)
            return 2;
        if (image_reference_same(entry->repo_tags.items[i], reference))
            rank = 1;
    }
    for (size_t i = 0; strchr(reference, '@') && i < entry->repo_digests.count; i++)
        if (image_reference_same(entry->repo_digests.items[i], reference))
            rank = rank ? rank : 1;
    return rank;
}

bool observed_add_images(struct observed *observed, const struct strings *references,
                         struct span body, struct error *err)
{
    struct engine_image_list list;

    if (!engine_image_list_decode(observed->arena, body, &list, err))
        return false;
    for (size_t i = 0; i < references->count; i++) {
        const struct engine_image_entry *best = NULL;
        const char *reference = references->items[i];
        int best_rank = 0;

        if (observed_image(observed, reference, ""))
            continue;
        for (size_t j = 0; j < list.count; j++) {
            int rank = name_rank(&list.items[j], reference);

            if (rank > best_rank) {
                best_rank = rank;
                best = &list.items[j];
            }
        }
        if (best) {
            struct observed_image *image = add_image(observed, reference, "");

            image->id = best->id;
            image->digest = observed_image_digest(best->manifests, best->manifest_count, best->id,
                                                  "", observed->api_minor);
        }
    }
    return true;
}

bool observed_add_image(struct observed *observed, const char *reference, const char *platform,
                        struct span body, struct error *err)
{
    struct engine_image *image = arena_alloc(observed->arena, sizeof(*image));
    struct observed_image *entry = NULL;

    if (!engine_image_decode(observed->arena, body, image, err))
        return false;
    for (size_t i = 0; i < observed->image_count; i++)
        if (strcmp(observed->images[i].reference, reference) == 0 &&
            strcmp(observed->images[i].platform, platform) == 0)
            entry = &observed->images[i];
    if (!entry)
        entry = add_image(observed, reference, platform);
    entry->id = image->id;
    entry->digest = observed_image_digest(image->manifests, image->manifest_count, image->id,
                                          platform, observed->api_minor);
    entry->last_tag_ns = image->last_tag_ns;
    entry->wrong_platform = *platform && *image->platform.os &&
                            !image_platform_matches(platform, &image->platform) &&
                            strcmp(entry->digest, image->id) == 0;
    return true;
}

bool observed_add_container_details(struct observed *observed, struct span body, struct error *err)
{
    struct engine_container *details = arena_alloc(observed->arena, sizeof(*details));

    if (!engine_container_decode(observed->arena, body, details, err))
        return false;
    for (size_t i = 0; i < observed->container_count; i++)
        if (strcmp(observed->containers[i].id, details->id) == 0)
            observed->containers[i].details = details;
    return true;
}

bool observed_add_network_details(struct observed *observed, struct span body, struct error *err)
{
    struct engine_network *details = arena_alloc(observed->arena, sizeof(*details));

    if (!engine_network_decode(observed->arena, body, details, err))
        return false;
    observed->network_details =
        arena_grow(observed->arena, observed->network_details, &observed->network_detail_capacity,
                   observed->network_detail_count + 1, sizeof(*observed->network_details));
    observed->network_details[observed->network_detail_count++] = details;
    return true;
}

static bool has_volume(const struct engine_container_entry *entry, const char *volume)
{
    for (size_t i = 0; i < entry->mount_count; i++)
        if (strcmp(entry->mounts[i].name, volume) == 0)
            return true;
    return false;
}

bool observed_add_volume_users(struct observed *observed, const char *volume, struct span body,
                               struct error *err)
{
    struct observed_volume_users *users;
    struct engine_container_list list;

    if (!engine_container_list_decode(observed->arena, body, &list, err))
        return false;
    observed->volume_users =
        arena_grow(observed->arena, observed->volume_users, &observed->volume_users_capacity,
                   observed->volume_users_count + 1, sizeof(*observed->volume_users));
    users = &observed->volume_users[observed->volume_users_count++];
    *users = (struct observed_volume_users){.volume = arena_strdup(observed->arena, volume)};
    for (size_t i = 0; i < list.count; i++)
        if (has_volume(&list.items[i], volume))
            pairs_add(&users->containers, observed->arena, list.items[i].id,
                      name_of(&list.items[i]));
    pairs_sort(&users->containers);
    return true;
}

const struct observed_volume_users *observed_volume_users(const struct observed *observed,
                                                          const char *volume)
{
    for (size_t i = 0; i < observed->volume_users_count; i++)
        if (strcmp(observed->volume_users[i].volume, volume) == 0)
            return &observed->volume_users[i];
    return NULL;
}

const struct observed_image *observed_image(const struct observed *observed, const char *reference,
                                            const char *platform)
{
    for (size_t i = 0; i < observed->image_count; i++)
        if (strcmp(observed->images[i].reference, reference) == 0 &&
            strcmp(observed->images[i].platform, platform) == 0)
            return &observed->images[i];
    return NULL;
}

const struct observed_container *observed_container(const struct observed *observed, const char *id)
{
    for (size_t i = 0; i < observed->container_count; i++)
        if (strcmp(observed->containers[i].id, id) == 0)
            return &observed->containers[i];
    return NULL;
}

const struct engine_network *observed_network_named(const struct observed *observed,
                                                    const char *name)
{
    for (size_t i = 0; i < observed->networks.count; i++)
        if (strcmp(observed->networks.items[i].name, name) == 0)
            return &observed->networks.items[i];
    return NULL;
}

const struct engine_volume *observed_volume_named(const struct observed *observed, const char *name)
{
    for (size_t i = 0; i < observed->volumes.count; i++)
        if (strcmp(observed->volumes.items[i].name, name) == 0)
            return &observed->volumes.items[i];
    return NULL;
}

const struct engine_network *observed_network_details(const struct observed *observed,
                                                      const char *id)
{
    for (size_t i = 0; i < observed->network_detail_count; i++)
        if (strcmp(observed->network_details[i]->id, id) == 0)
            return observed->network_details[i];
    return NULL;
}

void observed_add_image_details(struct observed *observed, const char *id, struct span body)
{
    struct observed_image_details *details;

    observed->image_details =
        arena_grow(observed->arena, observed->image_details, &observed->image_detail_capacity,
                   observed->image_detail_count + 1, sizeof(*observed->image_details));
    details = &observed->image_details[observed->image_detail_count++];
    details->id = arena_strdup(observed->arena, id);
    details->raw = (struct span){0};
    if (body.bytes)
        details->raw =
            (struct span){arena_strndup(observed->arena, body.bytes, body.length), body.length};
}

bool observed_image_details(const struct observed *observed, const char *id, struct span *ret_raw)
{
    for (size_t i = 0; i < observed->image_detail_count; i++)
        if (strcmp(observed->image_details[i].id, id) == 0) {
            *ret_raw = observed->image_details[i].raw;
            return true;
        }
    return false;
}
