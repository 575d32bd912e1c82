/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: other Compose files are folded with their own directory and variables, and their resources put below those
 * of the document that includes them. Source: Compose Specification, include; observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/reset.h"
#include "spec/tree.h"

/**
 * Import everything that the document `root` includes, and drop its `include`.
 * Errors: ERROR_INPUT with the place of the entry; those of the included files.
 */
bool spec_include(const struct spec_scope *scope, struct spec_node *root,
                  const struct spec_marks *marks, struct error *err) WARN_UNUSED;
