/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: the tree against the rows: known attributes, kinds of values, enumerations, patterns, ranges, required
 * members, equal items. Source: the Compose Specification's schema; words observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/tree.h"

/**
 * Check everything that was folded so far; `file` is the one at hand, which the messages name.
 * Errors: ERROR_INPUT, every failure with its place, unknown attributes with the nearest known one.
 */
bool spec_check(struct spec_tree *tree, const struct spec_node *root, const char *file,
                struct error *err) WARN_UNUSED;
