/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage: services that extend another one get its attributes below their own.
 * Source: Compose Specification, extends; words and order observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/reset.h"
#include "spec/tree.h"

/**
 * Resolve `extends` of every service of the document `root`, whose marks are applied to the bases too.
 * Errors: ERROR_INPUT with the place of `extends`; those of the extended file.
 */
bool spec_extends(const struct spec_scope *scope, struct spec_node *root,
                  const struct spec_marks *marks, struct error *err) WARN_UNUSED;
