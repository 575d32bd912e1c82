/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: rules between the members of one mapping that a schema cannot tell. What must hold between services and
 * resources is checked on the structs (consistency.h).
 */
#pragma once

#include "spec/tree.h"

/** Errors: ERROR_INPUT with places, all of them. */
bool spec_rules_check(struct spec_tree *tree, const struct spec_node *root,
                      struct error *err) WARN_UNUSED;
