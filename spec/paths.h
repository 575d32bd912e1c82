/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: relative paths are joined with the directory that they are relative to. The path column of the rows
 * says which values are paths. Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/tree.h"

/**
 * Join every relative path below `root` with `prefix`, which may be relative itself.
 * Errors: ERROR_INPUT with the place, for a bind mount without source.
 */
bool spec_paths_resolve(struct spec_tree *tree, struct spec_node *root, const char *prefix,
                        struct error *err) WARN_UNUSED;
