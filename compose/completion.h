/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell completion by the docker CLI's protocol: `__complete WORDS…` prints one candidate a line ("value<TAB>help"),
 * then `:DIRECTIVE`. The last word is the one being typed. Source: Docker Compose 5.5.0, `__complete`.
 */
#pragma once

#include <stdbool.h>

struct arena;

bool completion_is_asked(int argc, char *const *argv);
/** argv without the program's name. Returns the exit code. */
int completion_answer(int argc, char *const *argv, struct arena *arena);
