/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/image.h"

#include "engine_client/container_parts.h"
#include "engine_client/json_read.h"

/* In the root of an inspect: "Os"; in descriptors: "os". */
static struct engine_platform read_platform(struct arena *arena, const cJSON *platform)
{
    return (struct engine_platform){
        .os = json_read_text(arena, platform, "os"),
        .architecture = json_read_text(arena, platform, "architecture"),
        .variant = json_read_text(arena, platform, "variant"),
    };
}

static struct engine_image_manifest *read_manifests(struct arena *arena, const cJSON *list,
                                                    size_t *ret_count)
{
    struct engine_image_manifest *items;
    const cJSON *entry;
    size_t count = 0;

    *ret_count = 0;
    if (!cJSON_IsArray(list) || json_read_count(list) == 0)
        return NULL;
    items = arena_array(arena, json_read_count(list), sizeof(*items));
    cJSON_ArrayForEach(entry, list)
    {
        const cJSON *platform = json_read_path(entry, "ImageData.Platform");

        if (!platform)
            platform = json_read_path(entry, "Descriptor.platform");
        items[count++] = (struct engine_image_manifest){
            .id = json_read_text(arena, entry, "ID"),
            .kind = json_read_text(arena, entry, "Kind"),
            .available = json_read_bool(entry, "Available"),
            .platform = read_platform(arena, platform),
        };
    }
    *ret_count = count;
    return items;
}

bool engine_image_decode(struct arena *arena, struct span body, struct engine_image *ret_image,
                         struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "description of an image", err);
    struct engine_image image = {0};

    if (!tree)
        return false;
    image.id = json_read_text(arena, tree, "Id");
    image.created_ns = json_read_instant(tree, "Created");
    image.size_bytes = json_read_int(tree, "Size");
    image.last_tag_ns = json_read_instant(json_read_member(tree, "Metadata"), "LastTagTime");
    image.platform = (struct engine_platform){
        .os = json_read_text(arena, tree, "Os"),
        .architecture = json_read_text(arena, tree, "Architecture"),
        .variant = json_read_text(arena, tree, "Variant"),
    };
    image.manifests =
        read_manifests(arena, json_read_member(tree, "Manifests"), &image.manifest_count);
    *ret_image = image;
    return true;
}

static struct engine_image_entry read_entry(struct arena *arena, const cJSON *row)
{
    struct engine_image_entry entry = {
        .id = json_read_text(arena, row, "Id"),
        .repo_tags = json_read_strings(arena, json_read_member(row, "RepoTags")),
        .repo_digests = json_read_strings(arena, json_read_member(row, "RepoDigests")),
        .labels = json_read_pairs(arena, json_read_member(row, "Labels")),
    };

    entry.manifests =
        read_manifests(arena, json_read_member(row, "Manifests"), &entry.manifest_count);
    return entry;
}

bool engine_image_list_decode(struct arena *arena, struct span body,
                              struct engine_image_list *ret_list, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, true, "list of images", err);
    struct engine_image_list list = {0};
    const cJSON *row;

    if (!tree)
        return false;
    list.items = arena_array(arena, json_read_count(tree), sizeof(*list.items));
    cJSON_ArrayForEach(row, tree) list.items[list.count++] = read_entry(arena, row);
    *ret_list = list;
    return true;
}

bool engine_distribution_decode(struct arena *arena, struct span body,
                                struct engine_distribution *ret_distribution, struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "answer of the registry", err);
    const cJSON *descriptor, *platforms, *platform;
    struct engine_distribution result = {0};

    if (!tree)
        return false;
    descriptor = json_read_member(tree, "Descriptor");
    platforms = json_read_member(tree, "Platforms");
    result.digest = json_read_text(arena, descriptor, "digest");
    result.platforms = arena_array(arena, json_read_count(platforms), sizeof(*result.platforms));
    cJSON_ArrayForEach(platform, platforms) result.platforms[result.platform_count++] =
        read_platform(arena, platform);
    *ret_distribution = result;
    return true;
}
