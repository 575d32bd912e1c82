/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any field of an engine's answer as its JSON text, by dotted path, without building a tree: for
 * `plan`, which shows old values of attributes that the decoded structs do not carry, and for
 * integers that a double would round.
 *
 *     span = engine_json_find(container->raw, "HostConfig.Memory");       bytes NULL when absent
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

struct arena;

/** The value at `path` ("a.b.0.c": a number picks from a list); bytes NULL when it is not there. */
struct span engine_json_find(struct span json, const char *path);
/** The same with the path as segments, for keys that hold dots (labels). */
struct span engine_json_find_segments(struct span json, const char *const *segments, size_t count);

struct engine_json_member {
    const char *key; /* NULL in a list */
    struct span value;
};

/** The members of an object or the elements of a list, in their order; 0 for anything else. */
size_t engine_json_members(struct arena *arena, struct span json,
                           struct engine_json_member **ret_members);
/** An integer in full 64 bits; false when absent, not a number, or out of range. */
bool engine_json_find_int64(struct span json, const char *path, int64_t *ret_value) WARN_UNUSED;
/** The value as one compact line of text: a string without its quotes, everything else as JSON. */
const char *engine_json_text(struct arena *arena, struct span value);
