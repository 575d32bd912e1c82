/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that was perhaps meant by one that is not there: hints for messages.
 */
#pragma once

#include <stdbool.h>

struct arena;
struct error;

/** The Compose file of a directory whose name is not looked for (compose.yml.txt, Compose.yaml), or NULL. */
const char *near_file_compose(struct arena *arena, const char *directory);
/** Hint at the file beside `path` whose name is nearest to it, if there is one. Returns false. */
bool near_file_hint(struct error *err, struct arena *arena, const char *path);
