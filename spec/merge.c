/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/merge.h"

#include <stdlib.h>
#include <string.h>

#include "spec/text_form.h"

struct merge {
    struct spec_tree *tree;
    struct error *err;
};

static struct spec_node *merge_node(const struct merge *merge, struct spec_node *base,
                                    struct spec_node *over, struct spec_shape shape,
                                    const struct spec_path *path);

static struct spec_node *fail(const struct merge *merge, const struct spec_node *base,
                              const struct spec_node *over, const struct spec_path *path)
{
    struct place before = spec_node_place(base);

    (void)error_set_at(merge->err, ERROR_INPUT, spec_node_place(over), "cannot override %s",
                       spec_path_text(merge->tree->arena, path, SPEC_PATH_INDEX));
    if (before.file)
        (void)error_hint(merge->err, "it is a %s in %s:%u:%u and a %s here",
                         spec_node_kind_name(base->kind), before.file, before.line, before.column,
                         spec_node_kind_name(over->kind));
    return NULL;
}

static struct spec_node *merge_members(const struct merge *merge, struct spec_node *base,
                                       const struct spec_node *over, struct spec_shape shape,
                                       const struct spec_path *path)
{
    for (size_t i = 0; i < over->map.count; i++) {
        const struct spec_member *member = &over->map.items[i];
        struct spec_node *before = spec_node_get(base, member->key), *merged = member->value;
        struct spec_path step = {path, member->key, 0};

        if (before)
            merged =
                merge_node(merge, before, merged, spec_shape_member(shape, member->key), &step);
        if (!merged)
            return NULL;
        spec_node_put(merge->tree->arena, base, member->key, merged, member->place);
    }
    return base;
}

static struct spec_node *replaced(const struct merge *merge, const struct spec_node *base,
                                  struct spec_node *over)
{
    if (over->origin && !over->origin->via)
        over->origin = spec_origin_new(merge->tree->arena, over->origin->kind, over->origin->place,
                                       over->origin->detail, base->origin);
    return over;
}

static struct spec_node *append_items(const struct merge *merge, struct spec_node *base,
                                      const struct spec_node *over)
{
    for (size_t i = 0; i < over->list.count; i++)
        spec_node_append(merge->tree->arena, base, over->list.items[i]);
    return base;
}

static struct spec_node *merge_generic(const struct merge *merge, struct spec_node *base,
                                       struct spec_node *over, struct spec_shape shape,
                                       const struct spec_path *path)
{
    if (over->kind == SPEC_NULL)
        return base;
    if (base->kind != SPEC_MAP && base->kind != SPEC_LIST)
        return replaced(merge, base, over);
    if (base->kind != over->kind)
        return fail(merge, base, over, path);
    return base->kind == SPEC_MAP ? merge_members(merge, base, over, shape, path)
                                  : append_items(merge, base, over);
}

/* Lists of hosts grow by what is not there word for word. */
static struct spec_node *merge_extra_hosts(const struct merge *merge, struct spec_node *base,
                                           struct spec_node *over)
{
    struct spec_node *hosts = spec_text_list(merge->tree->arena, base);
    const struct spec_node *more = spec_text_list(merge->tree->arena, over);
    size_t before = hosts->list.count;

    for (size_t i = 0; i < more->list.count; i++) {
        bool known = false;

        for (size_t at = 0; at < before && !known; at++)
            known = spec_node_equal(hosts->list.items[at], more->list.items[i]);
        if (!known)
            spec_node_append(merge->tree->arena, hosts, more->list.items[i]);
    }
    return hosts;
}

/* A list of names as a map; each value a fresh copy of nothing, or of a dependency with its defaults. */
static struct spec_node *names_as_map(const struct merge *merge, struct spec_node *node,
                                      bool dependencies)
{
    struct arena *arena = merge->tree->arena;
    struct spec_node *map;

    if (node->kind != SPEC_LIST)
        return node;
    map = spec_node_new(arena, SPEC_MAP, node->origin);
    for (size_t i = 0; i < node->list.count; i++) {
        const struct spec_node *item = node->list.items[i];

        if (item->kind == SPEC_STRING)
            spec_node_put(arena, map, item->string.bytes,
                          dependencies ? spec_dependency_default(arena, item)
                                       : spec_node_new(arena, SPEC_NULL, item->origin),
                          spec_node_place(item));
    }
    return map;
}

static struct spec_node *merge_as_maps(const struct merge *merge, struct spec_node *base,
                                       struct spec_node *over, struct spec_shape shape,
                                       const struct spec_path *path)
{
    if (over->kind == SPEC_NULL)
        return base;
    if (base->kind == SPEC_NULL)
        return replaced(merge, base, over);
    if (base->kind != SPEC_MAP || over->kind != SPEC_MAP)
        return fail(merge, base, over, path);
    return merge_members(merge, base, over, shape, path);
}

static struct spec_node *build_as_map(const struct merge *merge, struct spec_node *node)
{
    struct spec_node *map;

    if (node->kind != SPEC_STRING)
        return node;
    map = spec_node_new(merge->tree->arena, SPEC_MAP, node->origin);
    spec_node_put(merge->tree->arena, map, "context", node, spec_node_place(node));
    return map;
}

static bool same_text(const struct spec_node *a, const struct spec_node *b)
{
    return a == b || (a && b && spec_node_equal(a, b));
}

static struct spec_node *merge_logging(const struct merge *merge, struct spec_node *base,
                                       struct spec_node *over, struct spec_shape shape,
                                       const struct spec_path *path)
{
    const struct spec_node *before = spec_node_get(base, "driver"),
                           *after = spec_node_get(over, "driver");

    if (base->kind == SPEC_MAP && over->kind == SPEC_MAP && before && after &&
        !same_text(before, after))
        return replaced(merge, base, over);
    return merge_as_maps(merge, base, over, shape, path);
}

/* The item of `pools` with this subnet, or NULL. */
static struct spec_node **pool_of(struct spec_node *pools, const struct spec_node *subnet)
{
    for (size_t i = 0; i < pools->list.count; i++)
        if (same_text(spec_node_get(pools->list.items[i], "subnet"), subnet))
            return &pools->list.items[i];
    return NULL;
}

/* Pools meet by subnet; base pools that no pool of the override meets are lost, as in the reference. */
static struct spec_node *merge_pools(const struct merge *merge, struct spec_node *base,
                                     struct spec_node *over, struct spec_shape shape,
                                     const struct spec_path *path)
{
    struct arena *arena = merge->tree->arena;
    struct spec_node *pools;

    if (over->kind == SPEC_NULL)
        return base;
    if (base->kind != SPEC_LIST || over->kind != SPEC_LIST)
        return base->kind == SPEC_NULL ? over : fail(merge, base, over, path);
    pools = spec_node_new(arena, SPEC_LIST, over->origin);
    for (size_t i = 0; i < base->list.count; i++)
        for (size_t j = 0; j < over->list.count; j++) {
            struct spec_node *pool = base->list.items[i], *other = over->list.items[j], **known;
            const struct spec_node *subnet = spec_node_get(other, "subnet");

            if (!same_text(spec_node_get(pool, "subnet"), subnet) && !pool_of(pools, subnet)) {
                spec_node_append(arena, pools, other);
                continue;
            }
            if (pool->kind != SPEC_MAP || other->kind != SPEC_MAP)
                return fail(merge, pool, other, path);
            if (!merge_members(merge, pool, spec_node_copy(arena, other), spec_shape_item(shape),
                               path))
                return NULL;
            known = pool_of(pools, spec_node_get(pool, "subnet"));
            if (known)
                *known = pool;
            else
                spec_node_append(arena, pools, pool);
        }
    return pools;
}

static enum spec_merge rule_of(struct spec_shape shape)
{
    if (!shape.field)
        return MERGE_GENERIC;
    if (shape.element)
        return shape.field->form == FORM_ULIMIT ? MERGE_REPLACE : MERGE_GENERIC;
    return shape.field->merge;
}

static struct spec_node *merge_node(const struct merge *merge, struct spec_node *base,
                                    struct spec_node *over, struct spec_shape shape,
                                    const struct spec_path *path)
{
    struct arena *arena = merge->tree->arena;

    switch (rule_of(shape)) {
    case MERGE_GENERIC:
        break;
    case MERGE_REPLACE:
        return replaced(merge, base, over);
    case MERGE_AS_LIST:
        return append_items(merge, spec_text_list(arena, base), spec_text_list(arena, over));
    case MERGE_EXTRA_HOSTS:
        return merge_extra_hosts(merge, base, over);
    case MERGE_BUILD:
        return merge_as_maps(merge, build_as_map(merge, base), build_as_map(merge, over), shape,
                             path);
    case MERGE_DEPENDS_ON:
        return merge_as_maps(merge, names_as_map(merge, base, true),
                             names_as_map(merge, over, true), shape, path);
    case MERGE_NAMES:
        return merge_as_maps(merge, names_as_map(merge, base, false),
                             names_as_map(merge, over, false), shape, path);
    case MERGE_LOGGING:
        return merge_logging(merge, base, over, shape, path);
    case MERGE_IPAM_CONFIG:
        return merge_pools(merge, base, over, shape, path);
    }
    return merge_generic(merge, base, over, shape, path);
}

struct spec_node *spec_merge(struct spec_tree *tree, struct spec_node *base, struct spec_node *over,
                             struct spec_shape shape, const struct spec_path *path,
                             struct error *err)
{
    const struct merge merge = {tree, err};

    return merge_node(&merge, base, over, shape, path);
}
