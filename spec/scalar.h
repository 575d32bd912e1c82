/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a YAML scalar means: null, bool, int, float or string. The core schema of YAML 1.2 with leftovers of 1.1
 * (0777 and 1_000 are integers; yes and no are strings). Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/base/error.h"
#include "spec/node.h"

struct arena;

/** A scalar as it stands in the file. */
struct spec_scalar {
    const char *text; /* NUL-terminated */
    size_t length;
    const char
        *tag; /* explicit, resolved to tag:yaml.org,2002:..., or NULL; `!` counts as a string's */
    bool quoted; /* in quotes or a block scalar */
};

/**
 * Set kind and value of `node`; a string borrows `scalar->text`.
 * Errors: ERROR_INPUT when the text is not of the explicit tag's kind.
 */
bool spec_scalar_resolve(struct arena *arena, const struct spec_scalar *scalar,
                         struct spec_node *node, struct error *err) WARN_UNUSED;
