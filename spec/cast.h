/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings that stand where a number or a bool belongs, as they do after a variable was put in.
 * Source: casts by path of Docker Compose 5.5.0.
 */
#pragma once

#include "spec/attribute.h"
#include "spec/tree.h"

/**
 * Turn a string node into what the row's cast asks for, in place.
 * Errors: ERROR_INPUT, `strconv.Atoi: parsing "x": invalid syntax` and the like, without context.
 */
bool spec_cast(struct spec_tree *tree, struct spec_node *node, enum spec_cast cast,
               struct error *err) WARN_UNUSED;
