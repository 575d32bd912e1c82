/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about a value that the rows do not allow: hints for messages, guessed from what was written. All of them
 * return NULL when there is nothing to say.
 */
#pragma once

#include "spec/attribute.h"
#include "spec/node.h"

struct arena;
struct error;
struct spec_path;

/** The value is of a kind that is not accepted here. */
const char *spec_remedy_for_kind(struct arena *arena, const struct spec_node *node, unsigned accept,
                                 const struct spec_path *path);
/** `type` has no such attribute; NULL: a name that may be chosen, but not like this. */
const char *spec_remedy_for_name(struct arena *arena, const struct spec_member *member,
                                 const struct spec_type *type);
/** The text has characters that a word processor or web page made of plain ones. */
const char *spec_remedy_for_text(struct arena *arena, const char *text);
/** The value cannot be turned into what is stored. */
const char *spec_remedy_for_value(struct arena *arena, const struct spec_node *node,
                                  enum spec_kind kind);
/** The text does not match the row's pattern. */
const char *spec_remedy_for_pattern(struct arena *arena, const char *text, const char *pattern);
/** A short port that could not be understood; never NULL. */
const char *spec_remedy_for_ports(struct arena *arena, const struct spec_node *item);
/** A map where a text belongs: "KEY: VALUE" instead of KEY, `separator`, VALUE. */
const char *spec_remedy_for_pair(struct arena *arena, const struct spec_node *node,
                                 const char *separator);
