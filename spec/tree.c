/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/tree.h"

#include "spec/base/limits.h"
#include "spec/base/text.h"

const struct spec_origin *spec_origin_new(struct arena *arena, enum spec_origin_kind kind,
                                          struct place place, const char *detail,
                                          const struct spec_origin *via)
{
    struct spec_origin *origin = arena_alloc(arena, sizeof(*origin));

    *origin = (struct spec_origin){kind, place, detail, via};
    return origin;
}

bool spec_tree_count(struct spec_tree *tree, size_t nodes, struct place place, struct error *err)
{
    if (__builtin_add_overflow(tree->nodes, nodes, &tree->nodes) || tree->nodes > LIMIT_NODES)
        return error_set_at(err, ERROR_INPUT, place,
                            "compose file exceeds maximum node visit limit (%u)", LIMIT_NODES);
    return true;
}

bool spec_tree_is_full(const struct spec_tree *tree)
{
    return tree->nodes > LIMIT_NODES;
}

const struct spec_origin *spec_origin_of_variable(struct arena *arena,
                                                  const struct spec_origin *origin,
                                                  const struct spec_environment *environment,
                                                  const char *name)
{
    const struct spec_origin *variable = spec_origin_new(
        arena, SPEC_FROM_ENVIRONMENT, spec_environment_place(environment, name), name, origin->via);

    return spec_origin_new(arena, origin->kind, origin->place, origin->detail, variable);
}

static void mark(struct spec_tree *tree, struct spec_node *node, const struct spec_origin *via)
{
    const struct spec_origin *old = node->origin;

    node->origin =
        spec_origin_new(tree->arena, old->kind, old->place, old->detail, old->via ? old->via : via);
}

void spec_origin_mark(struct spec_tree *tree, struct spec_node *map, struct place place,
                      const char *detail)
{
    const struct spec_origin *via =
        spec_origin_new(tree->arena, SPEC_FROM_RULE, place, detail, NULL);

    mark(tree, map, via);
    for (size_t i = 0; spec_node_is(map, SPEC_MAP) && i < map->map.count; i++)
        mark(tree, map->map.items[i].value, via);
}

static void add_path(struct text *out, const struct spec_path *path, enum spec_path_style style)
{
    if (!path || !path->parent)
        return;
    add_path(out, path->parent, style);
    if (out->length > 0)
        text_add_char(out, '.');
    if (path->key)
        text_add(out, path->key);
    else if (style == SPEC_PATH_ANY)
        text_add(out, "[]");
    else
        text_addf(out, style == SPEC_PATH_BRACKETS ? "[%zu]" : "%zu", path->index);
}

const char *spec_path_text(struct arena *arena, const struct spec_path *path,
                           enum spec_path_style style)
{
    struct text text;
    const char *made;

    text_init(&text, 0);
    add_path(&text, path, style);
    made = arena_strndup(arena, text.bytes, text.length);
    text_finish(&text);
    return made;
}
