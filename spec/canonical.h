/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: short forms become long ones (tree.h lists the result). The form column of the rows says what a field knows.
 */
#pragma once

#include "spec/tree.h"

/**
 * Bring every short form under `root` into its long form, in place.
 *
 * With no_interpolate, texts that cannot be parsed stay as they are: they may hold variables.
 * Errors: ERROR_INPUT with places, all of them.
 */
bool spec_canonical(struct spec_tree *tree, struct spec_node *root, struct error *err) WARN_UNUSED;
