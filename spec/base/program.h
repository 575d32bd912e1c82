/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a program is. The system's own search through PATH takes empty and relative elements for the current folder,
 * which may be a repository of somebody else's; this one does not.
 */
#pragma once

#include <stdbool.h>

struct arena;

/**
 * The path of the program: a name with a slash in it is a path already, any other is looked for in the absolute
 * elements of PATH. NULL when there is none. In the arena.
 */
const char *program_find(struct arena *arena, const char *name);
/** An executable regular file. */
bool program_is(const char *path);
