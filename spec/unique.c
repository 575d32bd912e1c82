/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/unique.h"

#include <string.h>

#include "spec/mounts.h"
#include "spec/remedy.h"
#include "spec/shape.h"

struct walk {
    struct spec_tree *tree;
    struct error *err;
};

enum { INDEXED_FROM = 16 };

/* `separator` joins what should be one text, where the item may be a text. */
static const char *fail(struct walk *walk, const struct spec_node *item, const char *before,
                        const struct spec_path *path, const char *after, const char *separator)
{
    const char *hint = spec_remedy_for_pair(walk->tree->arena, item, separator);
    struct error one;

    error_init(&one);
    (void)error_set_at(&one, ERROR_INPUT, spec_node_place(item), "%s%s%s", before,
                       spec_path_text(walk->tree->arena, path, SPEC_PATH_BRACKETS), after);
    if (hint)
        (void)error_hint(&one, "%s", hint);
    (void)error_append(walk->err, &one);
    return NULL;
}

static const char *name_key(struct walk *walk, const struct spec_node *item,
                            const struct spec_path *path)
{
    const char *text = spec_node_text(item);

    if (!text)
        return fail(walk, item, "", path,
                    arena_printf(walk->tree->arena, ": unexpected type %s",
                                 spec_node_kind_name(item->kind)),
                    "=");
    return arena_strndup(walk->tree->arena, text, strcspn(text, "="));
}

/* Numbers and texts differ here, as 80 and "80" do for the reference. */
static const char *typed_text(struct walk *walk, const struct spec_node *node, const char *fallback)
{
    const char *text = node ? spec_node_scalar_text(walk->tree->arena, node) : NULL;

    if (!text)
        return fallback;
    return node->kind == SPEC_STRING ? text : arena_printf(walk->tree->arena, "(%s)", text);
}

static const char *port_key(struct walk *walk, const struct spec_node *item,
                            const struct spec_path *path)
{
    if (item->kind != SPEC_MAP)
        return spec_node_scalar_text(walk->tree->arena, item);
    if (!spec_node_get(item, "target"))
        return fail(walk, item, "service ports ", path, " is missing a target port", ":");
    return arena_printf(walk->tree->arena, "%s:%s:%s/%s",
                        typed_text(walk, spec_node_get(item, "host_ip"), "0.0.0.0"),
                        typed_text(walk, spec_node_get(item, "published"), ""),
                        typed_text(walk, spec_node_get(item, "target"), ""),
                        typed_text(walk, spec_node_get(item, "protocol"), "tcp"));
}

static const char *mount_key(struct walk *walk, const struct spec_node *item,
                             const struct spec_path *path)
{
    const struct spec_node *target = spec_node_get(item, "target");

    if (item->kind == SPEC_STRING) {
        struct spec_short_mount mount;
        struct error one;

        error_init(&one);
        if (spec_short_mount_parse(walk->tree->arena, item->string.bytes, &mount, &one))
            return mount.target;
        (void)error_place(&one, spec_node_place(item));
        (void)error_hint(&one, "write SOURCE:TARGET, or SOURCE:TARGET:ro");
        (void)error_append(walk->err, &one);
        return NULL;
    }
    if (!target)
        return fail(walk, item, "service volume ", path, " is missing a mount target", ":");
    return spec_node_scalar_text(walk->tree->arena, target);
}

static const char *device_key(struct walk *walk, const struct spec_node *item,
                              const struct spec_path *path)
{
    const struct spec_node *target = spec_node_get(item, "target");
    const char *text = spec_node_text(item), *colon;

    if (text) {
        colon = strchr(text, ':');
        return colon ? arena_strndup(walk->tree->arena, colon + 1, strcspn(colon + 1, ":")) : text;
    }
    if (!target)
        return fail(walk, item, "service device ", path, " is missing a mount target", ":");
    return spec_node_scalar_text(walk->tree->arena, target);
}

static const char *file_key(struct walk *walk, const struct spec_node *item, const char *directory)
{
    const struct spec_node *target = spec_node_get(item, "target");
    const char *source = item->kind == SPEC_MAP ? spec_node_text(spec_node_get(item, "source"))
                                                : spec_node_text(item);

    if (target)
        return spec_node_scalar_text(walk->tree->arena, target);
    return source ? arena_printf(walk->tree->arena, "%s%s", directory, source) : NULL;
}

/* NULL keeps the item as it is. */
static const char *key_of(struct walk *walk, enum spec_unicity unicity,
                          const struct spec_node *item, const struct spec_path *path)
{
    switch (unicity) {
    case UNICITY_NONE:
        return NULL;
    case UNICITY_KEY:
        return name_key(walk, item, path);
    case UNICITY_PATH:
        return item->kind == SPEC_MAP ? spec_node_text(spec_node_get(item, "path"))
                                      : spec_node_text(item);
    case UNICITY_EXPOSE:
        if (item->kind != SPEC_STRING && item->kind != SPEC_INT)
            return fail(walk, item, "", path, ": unsupported expose value", ":");
        return spec_node_scalar_text(walk->tree->arena, item);
    case UNICITY_PORT:
        return port_key(walk, item, path);
    case UNICITY_MOUNT:
        return mount_key(walk, item, path);
    case UNICITY_DEVICE:
        return device_key(walk, item, path);
    case UNICITY_CONFIG:
        return file_key(walk, item, "/");
    case UNICITY_SECRET:
        return file_key(walk, item, "/run/secrets/");
    }
    return NULL;
}

static size_t find_key(const char *const *keys, size_t count, const struct index *index,
                       const char *key)
{
    if (index->room > 0)
        return index_find(index, key);
    for (size_t i = 0; i < count; i++)
        if (keys[i] && strcmp(keys[i], key) == 0)
            return i;
    return INDEX_NONE;
}

static void make_unique(struct walk *walk, struct spec_node *list, enum spec_unicity unicity,
                        const struct spec_path *path)
{
    struct arena *arena = walk->tree->arena;
    const char **keys;
    struct index index = {0};
    size_t kept = 0;

    if (list->list.count == 0)
        return;
    keys = arena_array(arena, list->list.count, sizeof(*keys));
    for (size_t i = 0; i < list->list.count; i++) {
        struct spec_node *item = list->list.items[i];
        struct spec_path step = {path, NULL, i};
        const char *key = key_of(walk, unicity, item, &step);
        size_t before = key ? find_key(keys, kept, &index, key) : INDEX_NONE;

        if (before != INDEX_NONE) {
            list->list.items[before] = item;
            continue;
        }
        keys[kept] = key;
        if (key && list->list.count > INDEXED_FROM)
            index_put(&index, arena, key, kept);
        list->list.items[kept++] = item;
    }
    list->list.count = kept;
}

static void walk_node(struct walk *walk, struct spec_node *node, struct spec_shape shape,
                      const struct spec_path *path)
{
    if (node->kind == SPEC_LIST) {
        if (shape.field && !shape.element && shape.field->unicity != UNICITY_NONE)
            make_unique(walk, node, shape.field->unicity, path);
    } else if (node->kind == SPEC_MAP && (shape.type || (shape.field && !shape.element))) {
        for (size_t i = 0; i < node->map.count; i++) {
            struct spec_path step = {path, node->map.items[i].key, 0};
            struct spec_node *value = node->map.items[i].value;

            if (value->kind == SPEC_LIST || value->kind == SPEC_MAP)
                walk_node(walk, value, spec_shape_member(shape, step.key), &step);
        }
    }
}

bool spec_unique(struct spec_tree *tree, struct spec_node *root, struct error *err)
{
    const struct spec_path top = {0};
    struct error all;
    struct walk walk = {tree, &all};

    error_init(&all);
    walk_node(&walk, root, spec_shape_root(), &top);
    if (!error_is_set(&all))
        return true;
    error_move(err, &all);
    return false;
}
