/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index from string to position, for lists that grow long (10,000 services): the list keeps its order, the
 * index only finds. Lives in an arena; keys are borrowed. Zeroed memory is an empty index.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena;

struct index_slot {
    const char *key;
    uint32_t hash, position;
};

struct index {
    struct index_slot *slots;
    size_t room, count; /* room is a power of two or 0 */
};

#define INDEX_NONE UINT32_MAX

/** Remember `position` for `key`, replacing an earlier one. */
void index_put(struct index *index, struct arena *arena, const char *key, size_t position);
/** The position, or INDEX_NONE. */
uint32_t index_find(const struct index *index, const char *key);
