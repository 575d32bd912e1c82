/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small changes of form that several stages make: mappings to lists of "key=value", names to maps.
 */
#pragma once

#include "spec/node.h"

struct arena;

/** A list of its own: a list's items; a map as "key=value" texts in sorted order (null as "key", a list as one text
 * for each of its values); a string as its only item; nothing for anything else. */
struct spec_node *spec_text_list(struct arena *arena, const struct spec_node *node);
/** The long form of a dependency that was written as a name. */
struct spec_node *spec_dependency_default(struct arena *arena, const struct spec_node *name);
