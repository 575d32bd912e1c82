/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The patterns of a .dockerignore file: one a line, `#` comments, `!` takes back, the last match
 * decides; `*` and
 * `?` stay within a path element, `**` crosses them; a pattern that matches a directory covers what
 * is in it.
 *
 * Source: moby/patternmatcher 0.6 and its ignorefile reader, behaviour of `docker build`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct arena;
struct ignore;

/** Read patterns; `file` names the place in errors. Errors: ERROR_INPUT for a malformed pattern. */
struct ignore *ignore_parse(struct arena *arena, struct span content, const char *file,
                            struct error *err) WARN_UNUSED;
/** One more pattern, behind the others. */
bool ignore_add(struct ignore *ignore, const char *pattern, struct error *err) WARN_UNUSED;
/** Is `path` (relative, '/' between elements, no leading "./") left out? */
bool ignore_matches(const struct ignore *ignore, const char *path);
/** May something below the ignored directory `path` be taken back by a `!` pattern? Then it must be
 * walked. */
bool ignore_may_hold_exceptions(const struct ignore *ignore, const char *path);
