/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain lists of strings and of key/value pairs, grown in an arena. Plain data: read the members freely.
 * Order is insertion order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct strings {
    const char **items;
    size_t count, capacity;
};

/** One pair of a mapping; `value` may be NULL where the type allows it (environment). */
struct pair {
    const char *key, *value;
};

struct pairs {
    struct pair *items;
    size_t count, capacity;
};

/** Append a borrowed string (not copied). */
void strings_add(struct strings *list, struct arena *arena, const char *s);
void strings_add_copy(struct strings *list, struct arena *arena, const char *s);
bool strings_contain(const struct strings *list, const char *s);
void strings_sort(struct strings *list); /* bytewise */
/** "a, b, c" in the arena. */
const char *strings_join(const struct strings *list, struct arena *arena, const char *separator);

/** Append a pair (borrowed). */
void pairs_add(struct pairs *map, struct arena *arena, const char *key, const char *value);
/** Replace the value of `key`, or append. Linear: for short maps. */
void pairs_set(struct pairs *map, struct arena *arena, const char *key, const char *value);
/** The pair, or NULL. Linear. */
const struct pair *pairs_find(const struct pairs *map, const char *key);
void pairs_sort(struct pairs *map); /* by key, bytewise; keys are unique */
