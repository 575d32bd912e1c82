/* SPDX-License-Identifier: Apache-2.0 */
/* Deep copies by the rows. Strings are shared with the original: they are never changed in place. */
#include <string.h>

#include "spec/any.h"
#include "spec/project.h"

static void *copy_record(struct arena *arena, const struct spec_type *type, const void *record);

static void *copy_items(struct arena *arena, const void *items, size_t count, size_t size)
{
    void *copy = arena_array(arena, count + 1, size);

    if (count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

static void copy_strings(struct arena *arena, struct strings *list)
{
    list->items = copy_items(arena, list->items, list->count, sizeof(*list->items));
    list->capacity = list->count + 1;
}

static void copy_pairs(struct arena *arena, struct pairs *map)
{
    map->items = copy_items(arena, map->items, map->count, sizeof(*map->items));
    map->capacity = map->count + 1;
}

static void copy_hosts(struct arena *arena, struct spec_hosts *hosts)
{
    hosts->items = copy_items(arena, hosts->items, hosts->count, sizeof(*hosts->items));
    hosts->capacity = hosts->count + 1;
    for (size_t i = 0; i < hosts->count; i++)
        copy_strings(arena, &hosts->items[i].addresses);
}

static void copy_multi_options(struct arena *arena, struct spec_multi_options *options)
{
    options->items = copy_items(arena, options->items, options->count, sizeof(*options->items));
    options->capacity = options->count + 1;
    for (size_t i = 0; i < options->count; i++)
        copy_strings(arena, &options->items[i].values);
}

static void copy_list(struct arena *arena, const struct spec_type *type, struct spec_any_list *list)
{
    list->items = copy_items(arena, list->items, list->count, sizeof(*list->items));
    list->capacity = list->count + 1;
    for (size_t i = 0; i < list->count; i++)
        list->items[i].value = copy_record(arena, type, list->items[i].value);
}

static void copy_map(struct arena *arena, const struct spec_type *type, struct spec_any_map *map)
{
    map->items = copy_items(arena, map->items, map->count, sizeof(*map->items));
    map->capacity = map->count + 1;
    for (size_t i = 0; i < map->count; i++)
        map->items[i].value = copy_record(arena, type, map->items[i].value);
}

/* `member` is a shallow copy: make what it points to a copy too. */
static void deepen(struct arena *arena, const struct spec_field *field, void *member)
{
    struct spec_any_pointer *pointer = member;

    switch (field->kind) {
    case SPEC_KIND_STRINGS:
        copy_strings(arena, member);
        break;
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
        copy_strings(arena, &((struct spec_command *)member)->words);
        break;
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_SSH:
        copy_pairs(arena, member);
        break;
    case SPEC_KIND_HOSTS:
        copy_hosts(arena, member);
        break;
    case SPEC_KIND_MULTI_OPTIONS:
        copy_multi_options(arena, member);
        break;
    case SPEC_KIND_STRUCT:
        pointer->value = copy_record(arena, field->sub, pointer->value);
        break;
    case SPEC_KIND_LIST:
        copy_list(arena, field->sub, member);
        break;
    case SPEC_KIND_MAP:
        copy_map(arena, field->sub, member);
        break;
    case SPEC_KIND_STRING:
    case SPEC_KIND_BOOL:
    case SPEC_KIND_OPT_BOOL:
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
    case SPEC_KIND_BYTES:
    case SPEC_KIND_DURATION:
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_OPT_DURATION:
    case SPEC_KIND_FILE_MODE:
    case SPEC_KIND_FLOAT32:
        break;
    }
}

static void *copy_record(struct arena *arena, const struct spec_type *type, const void *record)
{
    void *copy;

    if (!record)
        return NULL;
    copy = arena_alloc(arena, type->size);
    memcpy(copy, record, type->size);
    for (size_t i = 0; i < type->count; i++)
        deepen(arena, &type->fields[i], spec_any_member(copy, &type->fields[i]));
    return copy;
}

struct spec_service *spec_service_copy(struct arena *arena, const struct spec_service *service)
{
    return copy_record(arena, &spec_type_service, service);
}
