/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `!reset` and `!override`: paths that a document takes away from what earlier files said, before it is merged on top.
 */
#pragma once

#include <stddef.h>

#include "spec/tree.h"

/** The way to a marked node; NULL stands for an item of a list. */
struct spec_mark {
    const char **segments;
    size_t count;
};

struct spec_marks {
    struct spec_mark *items;
    size_t count, capacity;
};

/** Remove from `node`, which stands at `path` of a whole model, everything below it that is marked. Marks that lead
 * through a list find nothing, as in the reference. */
void spec_reset_apply(struct spec_node *node, const struct spec_path *path,
                      const struct spec_marks *marks);
