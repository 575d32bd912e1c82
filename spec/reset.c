/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/reset.h"

#include <string.h>

/* How many segments the path has, when the mark starts with all of them; SIZE_MAX when it goes another way. */
static size_t common_length(const struct spec_mark *mark, const struct spec_path *path)
{
    size_t before;

    if (!path->parent)
        return 0;
    before = common_length(mark, path->parent);
    if (before == SIZE_MAX || before >= mark->count || !path->key || !mark->segments[before] ||
        strcmp(mark->segments[before], path->key) != 0)
        return SIZE_MAX;
    return before + 1;
}

void spec_reset_apply(struct spec_node *node, const struct spec_path *path,
                      const struct spec_marks *marks)
{
    for (size_t i = 0; i < marks->count; i++) {
        const struct spec_mark *mark = &marks->items[i];
        size_t at = common_length(mark, path);
        struct spec_node *holder = node;

        if (at == SIZE_MAX || at >= mark->count)
            continue;
        for (; at + 1 < mark->count && holder; at++)
            holder = mark->segments[at] ? spec_node_get(holder, mark->segments[at]) : NULL;
        if (holder && mark->segments[at])
            (void)spec_node_remove(holder, mark->segments[at]);
    }
}
