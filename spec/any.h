/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of any spec_X struct, seen through its rows: every spec_X_list and spec_X_map has the same layout, so
 * that the decoder, the copier and the renderers need to be written once.
 *
 *     const struct spec_any_list *list = spec_any_member(port_owner, field);
 *     for (size_t i = 0; i < list->count; i++)
 *         print_struct(list->items[i].value, field->sub);
 */
#pragma once

#include <stddef.h>

#include "spec/attribute.h"
#include "spec/model.h"

/* The attribute tells the compiler that these alias the generated types. */
#define MAY_ALIAS __attribute__((may_alias))

struct MAY_ALIAS spec_any_pointer {
    void *value;
};

struct MAY_ALIAS spec_any_list {
    struct spec_any_pointer *items;
    size_t count, capacity;
};

struct MAY_ALIAS spec_any_entry {
    const char *key;
    void *value; /* NULL for a null entry */
};

struct MAY_ALIAS spec_any_map {
    struct spec_any_entry *items;
    size_t count, capacity;
};

/** The member that the row describes. `record` is a struct of the row's type. */
static inline void *spec_any_member(void *record, const struct spec_field *field)
{
    return (char *)record + field->offset;
}

static inline const void *spec_any_view(const void *record, const struct spec_field *field)
{
    return (const char *)record + field->offset;
}

/** The struct that a STRUCT row points to, or NULL. */
static inline const void *spec_any_struct(const void *record, const struct spec_field *field)
{
    return ((const struct spec_any_pointer *)spec_any_view(record, field))->value;
}

/** The tree node of any spec_X struct: its first member. */
static inline const struct spec_node *spec_any_node(const void *record)
{
    return ((const struct spec_any_pointer *)record)->value;
}
