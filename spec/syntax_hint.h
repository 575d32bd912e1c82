/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about text that is not YAML, guessed from the lines around the place where the parser gave up: the mistake is
 * often a line above it.
 */
#pragma once

#include <stddef.h>

#include "spec/base/span.h"

struct arena;

/** What the parser said. Lines and columns count from 1; `context_line` is 0 when it named none. */
struct spec_syntax_problem {
    const char *text; /* libyaml's words */
    unsigned line, column, context_line;
};

/** NULL when there is nothing to say. Never fails. */
const char *spec_syntax_hint(struct arena *arena, struct span content,
                             const struct spec_syntax_problem *problem);
