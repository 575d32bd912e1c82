/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/node.h"

#include <inttypes.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"

enum { INDEXED_FROM = 16 };

struct spec_node *spec_node_new(struct arena *arena, enum spec_node_kind kind,
                                const struct spec_origin *origin)
{
    struct spec_node *node = arena_alloc(arena, sizeof(*node));

    node->kind = kind;
    node->origin = origin;
    return node;
}

struct spec_node *spec_node_string(struct arena *arena, const char *text,
                                   const struct spec_origin *origin)
{
    struct spec_node *node = spec_node_new(arena, SPEC_STRING, origin);

    node->string.bytes = text;
    node->string.length = strlen(text);
    return node;
}

struct spec_node *spec_node_bool(struct arena *arena, bool value, const struct spec_origin *origin)
{
    struct spec_node *node = spec_node_new(arena, SPEC_BOOL, origin);

    node->boolean = value;
    return node;
}

struct spec_node *spec_node_int(struct arena *arena, int64_t value,
                                const struct spec_origin *origin)
{
    struct spec_node *node = spec_node_new(arena, SPEC_INT, origin);

    node->integer = value;
    return node;
}

size_t spec_node_total(const struct spec_node *node)
{
    size_t total = 1;

    if (node->kind == SPEC_LIST)
        for (size_t i = 0; i < node->list.count; i++)
            total += spec_node_total(node->list.items[i]);
    else if (node->kind == SPEC_MAP)
        for (size_t i = 0; i < node->map.count; i++)
            total += spec_node_total(node->map.items[i].value);
    return total;
}

static void make_index(struct arena *arena, struct spec_node *map)
{
    map->map.index = arena_alloc(arena, sizeof(*map->map.index));
    for (size_t i = 0; i < map->map.count; i++)
        index_put(map->map.index, arena, map->map.items[i].key, i);
}

struct spec_node *spec_node_copy(struct arena *arena, const struct spec_node *node)
{
    struct spec_node *copy = arena_alloc(arena, sizeof(*copy));

    *copy = *node;
    if (node->kind == SPEC_LIST) {
        copy->list.capacity = node->list.count;
        copy->list.items = arena_array(arena, node->list.count, sizeof(*copy->list.items));
        for (size_t i = 0; i < node->list.count; i++)
            copy->list.items[i] = spec_node_copy(arena, node->list.items[i]);
    } else if (node->kind == SPEC_MAP) {
        copy->map.capacity = node->map.count;
        copy->map.items = arena_array(arena, node->map.count, sizeof(*copy->map.items));
        for (size_t i = 0; i < node->map.count; i++) {
            copy->map.items[i] = node->map.items[i];
            copy->map.items[i].value = spec_node_copy(arena, node->map.items[i].value);
        }
        copy->map.index = NULL;
        if (node->map.count >= INDEXED_FROM)
            make_index(arena, copy);
    }
    return copy;
}

void spec_node_assign(struct spec_node *node, const struct spec_node *from)
{
    *node = *from;
}

static size_t position_of(const struct spec_node *map, const char *key)
{
    if (!spec_node_is(map, SPEC_MAP))
        return INDEX_NONE;
    if (map->map.index)
        return index_find(map->map.index, key);
    for (size_t i = 0; i < map->map.count; i++)
        if (map->map.items[i].key[0] == key[0] && strcmp(map->map.items[i].key, key) == 0)
            return i;
    return INDEX_NONE;
}

const struct spec_member *spec_node_member(const struct spec_node *map, const char *key)
{
    size_t at = position_of(map, key);

    return at == INDEX_NONE ? NULL : &map->map.items[at];
}

struct spec_node *spec_node_get(const struct spec_node *map, const char *key)
{
    const struct spec_member *member = spec_node_member(map, key);

    return member ? member->value : NULL;
}

void spec_node_reserve(struct arena *arena, struct spec_node *map, size_t capacity)
{
    if (capacity <= map->map.capacity)
        return; /* 0 too */
    map->map.items = arena_array(arena, capacity, sizeof(*map->map.items));
    map->map.capacity = capacity;
}

/* By half: most maps that grow get one or two members more, and what they leave behind stays in the arena. */
static void grow_map(struct arena *arena, struct spec_node *map)
{
    size_t room = map->map.count + map->map.count / 2 + 2;
    struct spec_member *items;

    if (map->map.count < map->map.capacity)
        return;
    items = arena_array(arena, room, sizeof(*items));
    if (map->map.count > 0)
        memcpy(items, map->map.items, map->map.count * sizeof(*items));
    map->map.items = items;
    map->map.capacity = room;
}

void spec_node_put(struct arena *arena, struct spec_node *map, const char *key,
                   struct spec_node *value, struct place place)
{
    size_t at = position_of(map, key);

    if (at != INDEX_NONE) {
        map->map.items[at].value = value;
        if (place.file)
            map->map.items[at].place = place;
        return;
    }
    grow_map(arena, map);
    map->map.items[map->map.count++] = (struct spec_member){key, value, place};
    if (map->map.index) {
        index_put(map->map.index, arena, key, map->map.count - 1);
    } else if (map->map.count == INDEXED_FROM) {
        make_index(arena, map);
    }
}

bool spec_node_remove(struct spec_node *map, const char *key)
{
    size_t at = position_of(map, key);

    if (at == INDEX_NONE)
        return false;
    memmove(map->map.items + at, map->map.items + at + 1,
            (map->map.count - at - 1) * sizeof(*map->map.items));
    map->map.count--;
    /* Positions behind the gap moved. A map that shrinks is searched line by line from then on. */
    map->map.index = NULL;
    return true;
}

size_t spec_node_count(const struct spec_node *node)
{
    if (spec_node_is(node, SPEC_MAP))
        return node->map.count;
    return spec_node_is(node, SPEC_LIST) ? node->list.count : 0;
}

void spec_node_append(struct arena *arena, struct spec_node *list, struct spec_node *item)
{
    list->list.items = arena_grow(arena, list->list.items, &list->list.capacity,
                                  list->list.count + 1, sizeof(*list->list.items));
    list->list.items[list->list.count++] = item;
}

const char *spec_node_text(const struct spec_node *node)
{
    return spec_node_is(node, SPEC_STRING) ? node->string.bytes : NULL;
}

const char *spec_node_scalar_text(struct arena *arena, const struct spec_node *node)
{
    struct text text;
    const char *made;

    switch (node->kind) {
    case SPEC_STRING:
        return node->string.bytes;
    case SPEC_BOOL:
        return node->boolean ? "true" : "false";
    case SPEC_INT:
        return arena_printf(arena, "%" PRId64, node->integer);
    case SPEC_FLOAT:
        if (node->huge)
            return arena_printf(arena, "%" PRIu64, node->huge);
        text_init(&text, 0);
        number_format(&text, node->number, NUMBER_TEXT, false);
        made = arena_strdup(arena, text.bytes);
        text_finish(&text);
        return made;
    case SPEC_NULL:
    case SPEC_LIST:
    case SPEC_MAP:
        return NULL;
    }
    return NULL;
}

static bool maps_equal(const struct spec_node *a, const struct spec_node *b)
{
    if (a->map.count != b->map.count)
        return false;
    for (size_t i = 0; i < a->map.count; i++) {
        const struct spec_node *other = spec_node_get(b, a->map.items[i].key);

        if (!other || !spec_node_equal(a->map.items[i].value, other))
            return false;
    }
    return true;
}

bool spec_node_equal(const struct spec_node *a, const struct spec_node *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case SPEC_NULL:
        return true;
    case SPEC_BOOL:
        return a->boolean == b->boolean;
    case SPEC_INT:
        return a->integer == b->integer;
    case SPEC_FLOAT:
        return a->number <= b->number && a->number >= b->number && a->huge == b->huge;
    case SPEC_STRING:
        return a->string.length == b->string.length &&
               memcmp(a->string.bytes, b->string.bytes, a->string.length) == 0;
    case SPEC_LIST:
        if (a->list.count != b->list.count)
            return false;
        for (size_t i = 0; i < a->list.count; i++)
            if (!spec_node_equal(a->list.items[i], b->list.items[i]))
                return false;
        return true;
    case SPEC_MAP:
        return maps_equal(a, b);
    }
    return false;
}

const struct spec_origin *spec_node_variable(const struct spec_node *node)
{
    const struct spec_origin *via = node && node->origin ? node->origin->via : NULL;

    return via && via->kind == SPEC_FROM_ENVIRONMENT ? via : NULL;
}

struct place spec_node_place(const struct spec_node *node)
{
    return node && node->origin ? node->origin->place : (struct place){0};
}

const char *spec_node_kind_name(enum spec_node_kind kind)
{
    switch (kind) {
    case SPEC_NULL:
        return "null";
    case SPEC_BOOL:
        return "boolean";
    case SPEC_INT:
        return "integer";
    case SPEC_FLOAT:
        return "number";
    case SPEC_STRING:
        return "string";
    case SPEC_LIST:
        return "array";
    case SPEC_MAP:
        return "mapping";
    }
    return "value";
}
