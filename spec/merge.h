/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: lay a document over what came before it. The rows say where a rule other than "per key, append, replace"
 * holds. Source: Compose Specification, merge; corner cases observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/shape.h"
#include "spec/tree.h"

/**
 * Merge `over` into `base`, which stand at `path` and have this shape. Both may be changed and shared by the result,
 * which is NULL on failure. A value that replaces another one leads to it through its origin's `via`.
 *
 * Errors: ERROR_INPUT, `cannot override PATH`, naming both places.
 */
struct spec_node *spec_merge(struct spec_tree *tree, struct spec_node *base, struct spec_node *over,
                             struct spec_shape shape, const struct spec_path *path,
                             struct error *err) WARN_UNUSED;
