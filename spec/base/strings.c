/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/strings.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"

void strings_add(struct strings *list, struct arena *arena, const char *s)
{
    list->items =
        arena_grow(arena, list->items, &list->capacity, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = s;
}

void strings_add_copy(struct strings *list, struct arena *arena, const char *s)
{
    strings_add(list, arena, arena_strdup(arena, s));
}

bool strings_contain(const struct strings *list, const char *s)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], s) == 0)
            return true;
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void strings_sort(struct strings *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), by_text);
}

const char *strings_join(const struct strings *list, struct arena *arena, const char *separator)
{
    size_t length = 1, gap = strlen(separator);
    char *made, *end;

    for (size_t i = 0; i < list->count; i++)
        length += strlen(list->items[i]) + gap;
    made = end = arena_alloc(arena, length);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            end = mempcpy(end, separator, gap);
        end = mempcpy(end, list->items[i], strlen(list->items[i]));
    }
    return made;
}

void pairs_add(struct pairs *map, struct arena *arena, const char *key, const char *value)
{
    map->items = arena_grow(arena, map->items, &map->capacity, map->count + 1, sizeof(*map->items));
    map->items[map->count++] = (struct pair){key, value};
}

void pairs_set(struct pairs *map, struct arena *arena, const char *key, const char *value)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key, key) == 0) {
            map->items[i].value = value;
            return;
        }
    pairs_add(map, arena, key, value);
}

const struct pair *pairs_find(const struct pairs *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

void pairs_sort(struct pairs *map)
{
    if (map->count > 1)
        qsort(map->items, map->count, sizeof(*map->items), by_key);
}
