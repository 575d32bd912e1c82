/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding: the folded and normalised tree becomes the structs of model.h, driven by the rows. Keys that start with
 * `x-` stay in the tree (each struct has its node) and are printed from there; in maps with keys of the user's
 * own choice they are ordinary keys.
 */
#pragma once

#include "spec/project.h"

struct spec_node;

/**
 * Decode the tree of a project. Everything lives in `arena`; strings are shared with the tree.
 *
 * Errors: ERROR_INPUT, one failure for each value that cannot be stored, all of them appended.
 */
bool spec_decode(struct arena *arena, const struct spec_node *tree, struct warnings *warnings,
                 struct spec_project **ret_project, struct error *err) WARN_UNUSED;
