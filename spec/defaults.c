/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/defaults.h"

#include <string.h>

#include "spec/shape.h"

static void put_text(struct spec_tree *tree, struct spec_node *map, const char *key,
                     const char *text)
{
    const struct spec_origin *origin =
        spec_origin_new(tree->arena, SPEC_FROM_DEFAULT, spec_node_place(map), NULL, NULL);

    spec_node_put(tree->arena, map, key, spec_node_string(tree->arena, text, origin),
                  (struct place){0});
}

static void put_fallbacks(struct spec_tree *tree, struct spec_node *map,
                          const struct spec_type *type)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];

        if (!field->fallback || spec_node_get(map, field->name))
            continue;
        put_text(tree, map, field->name, field->fallback);
        if (field->kind == SPEC_KIND_BOOL)
            spec_node_assign(spec_node_get(map, field->name),
                             spec_node_bool(tree->arena, strcmp(field->fallback, "true") == 0,
                                            spec_node_get(map, field->name)->origin));
    }
}

static void put_rules(struct spec_tree *tree, struct spec_node *map, struct spec_shape shape)
{
    /* A secret of a service is found below /run/secrets; neither configs nor build secrets have such a place. */
    if (shape.type == &spec_type_file_ref && shape.field->unicity == UNICITY_SECRET &&
        !spec_node_get(map, "target")) {
        const char *source = spec_node_text(spec_node_get(map, "source"));

        if (source)
            put_text(tree, map, "target", arena_printf(tree->arena, "/run/secrets/%s", source));
    }
    if (shape.type == &spec_type_device_request && !spec_node_get(map, "count") &&
        !spec_node_get(map, "device_ids"))
        put_text(tree, map, "count", "all");
}

static void walk(struct spec_tree *tree, struct spec_node *node, struct spec_shape shape)
{
    if (node->kind == SPEC_LIST && shape.field && !shape.element) {
        for (size_t i = 0; i < node->list.count; i++)
            walk(tree, node->list.items[i], spec_shape_item(shape));
    } else if (node->kind == SPEC_MAP && (shape.type || (shape.field && !shape.element))) {
        if (shape.type) {
            put_fallbacks(tree, node, shape.type);
            put_rules(tree, node, shape);
        }
        for (size_t i = 0; i < node->map.count; i++)
            walk(tree, node->map.items[i].value, spec_shape_member(shape, node->map.items[i].key));
    }
}

void spec_defaults(struct spec_tree *tree, struct spec_node *root)
{
    walk(tree, root, spec_shape_root());
}
