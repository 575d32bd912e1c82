/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexical work on paths, as Go's path/filepath does it: no look at the file system. Results live in the arena.
 */
#pragma once

#include <stdbool.h>

struct arena;

/** Shortest equal path: no "//", ".", inner ".."; "" becomes ".". */
const char *path_clean(struct arena *arena, const char *path);
/** Cleaned `directory/path`; an absolute `path` is only cleaned. */
const char *path_join(struct arena *arena, const char *directory, const char *path);
/** Everything before the last element, cleaned; "." when there is none. */
const char *path_directory(struct arena *arena, const char *path);
/** The last element, without trailing slashes; "/" for the root, "." for "". */
const char *path_base(struct arena *arena, const char *path);
/** The way from one absolute directory to an absolute path, as "../x"; "." when they are the same. */
const char *path_relative(struct arena *arena, const char *from, const char *to);

static inline bool path_is_absolute(const char *path)
{
    return path[0] == '/';
}
