/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/text_form.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"

static void add_pair(struct arena *arena, struct spec_node *list, const char *key,
                     const struct spec_node *value)
{
    const char *text = spec_node_scalar_text(arena, value);
    struct spec_node *item = spec_node_string(
        arena, text ? arena_printf(arena, "%s=%s", key, text) : key, value->origin);

    item->interpolated = value->interpolated;
    spec_node_append(arena, list, item);
}

static int by_text(const void *a, const void *b)
{
    const struct spec_node *const *one = a, *const *other = b;

    return strcmp((*one)->string.bytes, (*other)->string.bytes);
}

static void add_members(struct arena *arena, struct spec_node *list, const struct spec_node *map)
{
    for (size_t i = 0; i < map->map.count; i++) {
        const char *key = map->map.items[i].key;
        const struct spec_node *value = map->map.items[i].value;

        if (value->kind == SPEC_LIST)
            for (size_t at = 0; at < value->list.count; at++)
                add_pair(arena, list, key, value->list.items[at]);
        else
            add_pair(arena, list, key, value);
    }
    if (list->list.count > 1)
        qsort(list->list.items, list->list.count, sizeof(struct spec_node *), by_text);
}

struct spec_node *spec_text_list(struct arena *arena, const struct spec_node *node)
{
    struct spec_node *list = spec_node_new(arena, SPEC_LIST, node->origin);

    if (node->kind == SPEC_MAP) {
        add_members(arena, list, node);
    } else if (node->kind == SPEC_STRING) {
        struct spec_node *item = spec_node_new(arena, SPEC_STRING, node->origin);

        spec_node_assign(item, node);
        spec_node_append(arena, list, item);
    } else if (node->kind == SPEC_LIST) {
        for (size_t i = 0; i < node->list.count; i++)
            spec_node_append(arena, list, node->list.items[i]);
    }
    return list;
}

struct spec_node *spec_dependency_default(struct arena *arena, const struct spec_node *name)
{
    struct spec_node *map = spec_node_new(arena, SPEC_MAP, name->origin);

    spec_node_put(arena, map, "condition", spec_node_string(arena, "service_started", name->origin),
                  spec_node_place(name));
    spec_node_put(arena, map, "required", spec_node_bool(arena, true, name->origin),
                  spec_node_place(name));
    return map;
}
