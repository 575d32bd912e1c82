/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/labels.h"

#include <string.h>

#include "spec/base/arena.h"

const char *labels_get(const struct pairs *labels, const char *name)
{
    const struct pair *pair = pairs_find(labels, name);

    return pair && pair->value ? pair->value : "";
}

struct strings labels_list(struct arena *arena, const char *value)
{
    struct strings list = {0};

    while (*value) {
        size_t length = strcspn(value, ",");

        strings_add(&list, arena, arena_strndup(arena, value, length));
        value += length + (value[length] == ',');
    }
    return list;
}
