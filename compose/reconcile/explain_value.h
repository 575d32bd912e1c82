/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of attributes as the engine's JSON has them, made comparable and readable: what says nothing is left out, keys
 * are sorted, and where the Compose file has a short form that is what a person gets to see.
 *
 *     explain_written(arena, field, engine_json_find(body, "HostConfig.Memory"))     "64m"
 */
#pragma once

#include "spec/base/span.h"

struct arena;
struct spec_field;

/** One line of JSON without null, 0, false and empty things; "" when nothing is left; a lone string has no quotes. */
const char *explain_canonical(struct arena *arena, struct span value);
/** The value as the file would write it; two values are the same when these texts are. */
const char *explain_written(struct arena *arena, const struct spec_field *field, struct span value);
