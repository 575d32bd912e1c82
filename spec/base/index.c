/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/index.h"

#include <string.h>

#include "spec/base/arena.h"

/* FNV-1a: short keys, one table a load, nothing hostile gains from a collision but its own slowness. */
static uint32_t hash_of(const char *key)
{
    uint32_t hash = 2166136261u;

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

static struct index_slot *slot_of(struct index_slot *slots, size_t room, const char *key,
                                  uint32_t hash)
{
    for (size_t at = hash & (room - 1);; at = (at + 1) & (room - 1))
        if (!slots[at].key || (slots[at].hash == hash && strcmp(slots[at].key, key) == 0))
            return &slots[at];
}

static void widen(struct index *index, struct arena *arena)
{
    size_t room = index->room ? index->room * 2 : 16;
    struct index_slot *slots = arena_array(arena, room, sizeof(*slots));

    for (size_t i = 0; i < index->room; i++)
        if (index->slots[i].key)
            *slot_of(slots, room, index->slots[i].key, index->slots[i].hash) = index->slots[i];
    index->slots = slots;
    index->room = room;
}

void index_put(struct index *index, struct arena *arena, const char *key, size_t position)
{
    struct index_slot *slot;
    uint32_t hash = hash_of(key);

    if ((index->count + 1) * 4 > index->room * 3)
        widen(index, arena);
    slot = slot_of(index->slots, index->room, key, hash);
    if (!slot->key)
        index->count++;
    *slot = (struct index_slot){key, hash, (uint32_t)position};
}

uint32_t index_find(const struct index *index, const char *key)
{
    const struct index_slot *slot;

    if (index->room == 0)
        return INDEX_NONE;
    slot = slot_of(index->slots, index->room, key, hash_of(key));
    return slot->key ? slot->position : INDEX_NONE;
}
