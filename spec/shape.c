/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/shape.h"

#include <stddef.h>

struct spec_shape spec_shape_root(void)
{
    return (struct spec_shape){.type = &spec_type_project};
}

struct spec_shape spec_shape_member(struct spec_shape shape, const char *key)
{
    if (shape.type) {
        const struct spec_field *field = spec_type_field(shape.type, key);

        return (struct spec_shape){
            .type = field && field->kind == SPEC_KIND_STRUCT ? field->sub : NULL, .field = field};
    }
    if (shape.element || !shape.field)
        return (struct spec_shape){0};
    return (struct spec_shape){.type = shape.field->kind == SPEC_KIND_MAP ? shape.field->sub : NULL,
                               .field = shape.field,
                               .element = true};
}

struct spec_shape spec_shape_item(struct spec_shape shape)
{
    if (shape.element || !shape.field)
        return (struct spec_shape){0};
    return (struct spec_shape){.type =
                                   shape.field->kind == SPEC_KIND_LIST ? shape.field->sub : NULL,
                               .field = shape.field,
                               .element = true};
}
