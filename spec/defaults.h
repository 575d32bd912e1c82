/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: values that stand for what was left out, from the rows' fallback column and three rules.
 */
#pragma once

#include "spec/tree.h"

/** Fill in defaults below `root`; their origin is the mapping that they belong to. */
void spec_defaults(struct spec_tree *tree, struct spec_node *root);
