/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: in lists whose items have a key (a variable's name, a mount's target ...) a later item replaces an earlier
 * one of the same key, in its position. The rows say which key. Run after every merge and after short forms are gone.
 */
#pragma once

#include "spec/tree.h"

/** Errors: ERROR_INPUT with the place, for items that have no key; all of them. */
bool spec_unique(struct spec_tree *tree, struct spec_node *root, struct error *err) WARN_UNUSED;
