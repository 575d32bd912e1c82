/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: put variables into the strings of a document, and cast what became a number or a bool.
 * template.h has the grammar; the rows say what is cast.
 */
#pragma once

#include "spec/tree.h"

/**
 * Interpolate every string value of `root` (keys stay as they are) with the scope's environment.
 * A variable that is not set is told of once a load, in the warnings.
 *
 * Errors: ERROR_INPUT, all of the document's, each with its place.
 */
bool spec_interpolate(const struct spec_scope *scope, struct spec_node *root,
                      struct error *err) WARN_UNUSED;
