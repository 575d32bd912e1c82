/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node of the tree is according to the rows. A walk over the tree carries a shape beside each node:
 *
 *     walk(root, spec_shape_root())
 *     member of a map: walk(member.value, spec_shape_member(shape, member.key))
 *     item of a list:  walk(item, spec_shape_item(shape))
 *
 * Below `x-` keys, and wherever the rows say nothing, type and field are NULL.
 */
#pragma once

#include <stdbool.h>

#include "spec/attribute.h"

struct spec_shape {
    const struct spec_type *type; /* rows of the members when the node is a map */
    const struct spec_field
        *field; /* row of the node, or of the list or map that it is an element of */
    bool element;
};

struct spec_shape spec_shape_root(void);
struct spec_shape spec_shape_member(struct spec_shape shape, const char *key);
struct spec_shape spec_shape_item(struct spec_shape shape);

static inline bool spec_shape_is(struct spec_shape shape, const struct spec_field *field,
                                 bool element)
{
    return shape.field == field && shape.element == element;
}
