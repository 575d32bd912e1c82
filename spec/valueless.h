/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: variables that are named without a value get the one of the environment that their file was read with.
 */
#pragma once

#include "spec/tree.h"

/** Key under which the value of a secret's or config's `environment` is kept in the tree. */
#define SPEC_CAPTURED_VALUE "x-#value"

/** Give a value to valueless items of list-form `environment`, and capture the variables that secrets and configs are
 * made of, under SPEC_CAPTURED_VALUE. */
void spec_valueless_resolve(const struct spec_scope *scope, struct spec_node *root);
