/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/decode.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/text.h"
#include "spec/decode_value.h"
#include "spec/valueless.h"

static bool decode_struct(struct decoder *decoder, const struct decode_path *path,
                          const struct spec_type *type, const struct spec_node *node, void *record);

static void add_path(struct text *out, const struct decode_path *path)
{
    if (path->up)
        add_path(out, path->up);
    if (!path->name)
        text_addf(out, "[%zu]", path->index);
    else if (path->is_key)
        text_addf(out, "[%s]", path->name);
    else
        text_addf(out, "%s%s", out->length > 1 ? "." : "", path->name);
}

bool decode_fail(struct decoder *decoder, const struct decode_path *path,
                 const struct spec_node *node, const char *format, ...)
{
    struct error cause = {.kind = ERROR_NONE};
    CLEANUP(text_finish) struct text text;
    va_list args;

    text_init(&text, 0);
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    (void)error_set(&cause, ERROR_INPUT, "%s", text.bytes);
    return decode_fail_with(decoder, path, node, &cause);
}

bool decode_fail_with(struct decoder *decoder, const struct decode_path *path,
                      const struct spec_node *node, struct error *cause)
{
    CLEANUP(cleanup_free) char *message = error_message(cause);
    CLEANUP(text_finish) struct text where;
    struct error fault = {.kind = ERROR_NONE};

    text_init(&where, 0);
    text_add_char(&where, '\'');
    add_path(&where, path);
    (void)error_set_at(
        &fault, ERROR_INPUT, spec_node_place(node), "%s%s' %s",
        error_is_set(decoder->err) ? "" : "decoding failed due to the following error(s):\n\n",
        where.bytes, message);
    if (cause->hint)
        (void)error_hint(&fault, "%s", cause->hint);
    error_finish(cause);
    return error_append(decoder->err, &fault);
}

/* A new struct of this type with what holds when its members are absent. */
static void *new_record(struct arena *arena, const struct spec_type *type,
                        const struct spec_node *node)
{
    void *record = arena_alloc(arena, type->size);

    memcpy(record, &node, sizeof(node));
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        bool yes = true;

        if (field->kind == SPEC_KIND_BOOL && field->fallback &&
            strcmp(field->fallback, "true") == 0)
            memcpy(spec_any_member(record, field), &yes, sizeof(yes));
    }
    return record;
}

/* The short form of a ulimit is one number for both limits. */
static bool decode_ulimit(struct decoder *decoder, const struct decode_path *path,
                          const struct spec_node *node, struct spec_ulimit *ulimit)
{
    return decode_int(decoder, path, &spec_type_ulimit.fields[0], node, &ulimit->single);
}

static bool decode_item(struct decoder *decoder, const struct decode_path *path,
                        const struct spec_type *type, const struct spec_node *node,
                        void **ret_record)
{
    *ret_record = new_record(decoder->arena, type, node);
    if (type == &spec_type_ulimit && node->kind != SPEC_MAP)
        return decode_ulimit(decoder, path, node, *ret_record);
    if (node->kind == SPEC_NULL)
        return true;
    return decode_struct(decoder, path, type, node, *ret_record);
}

static bool decode_list(struct decoder *decoder, const struct decode_path *path,
                        const struct spec_field *field, const struct spec_node *node,
                        struct spec_any_list *list)
{
    bool good = true;

    if (node->kind != SPEC_LIST)
        return decode_fail(decoder, path, node, "source data must be an array or slice, got %s",
                           spec_node_kind_name(node->kind));
    list->items = arena_array(decoder->arena, node->list.count + 1, sizeof(*list->items));
    list->capacity = node->list.count + 1;
    for (size_t i = 0; i < node->list.count; i++) {
        struct decode_path step = {.up = path, .index = i};

        good &= decode_item(decoder, &step, field->sub, node->list.items[i],
                            &list->items[list->count].value);
        list->count++;
    }
    return good;
}

static int by_key(const void *a, const void *b)
{
    const struct spec_any_entry *left = a, *right = b;

    return strcmp(left->key, right->key);
}

static bool decode_map(struct decoder *decoder, const struct decode_path *path,
                       const struct spec_field *field, const struct spec_node *node,
                       struct spec_any_map *map)
{
    bool top =
        !path->up; /* a declared resource is never NULL: null declares it with all defaults */
    bool good = true;

    if (node->kind != SPEC_MAP)
        return decode_fail(decoder, path, node, "expected a map, got '%s'",
                           spec_node_kind_name(node->kind));
    map->items = arena_array(decoder->arena, node->map.count + 1, sizeof(*map->items));
    map->capacity = node->map.count + 1;
    for (size_t i = 0; i < node->map.count; i++) {
        const struct spec_member *member = &node->map.items[i];
        struct decode_path step = {.up = path, .name = member->key, .is_key = true};
        struct spec_any_entry *entry = &map->items[map->count++];

        entry->key = member->key;
        if (top || member->value->kind != SPEC_NULL)
            good &= decode_item(decoder, &step, field->sub, member->value, &entry->value);
    }
    if (map->count > 1)
        qsort(map->items, map->count, sizeof(*map->items), by_key);
    return good;
}

static bool decode_field(struct decoder *decoder, const struct decode_path *path,
                         const struct spec_field *field, const struct spec_node *node, void *member)
{
    void *record;

    if (field->kind == SPEC_KIND_LIST)
        return decode_list(decoder, path, field, node, member);
    if (field->kind == SPEC_KIND_MAP)
        return decode_map(decoder, path, field, node, member);
    if (field->kind != SPEC_KIND_STRUCT)
        return decode_value(decoder, path, field, node, member);
    if (!decode_item(decoder, path, field->sub, node, &record))
        return false;
    ((struct spec_any_pointer *)member)->value = record;
    return true;
}

static bool decode_struct(struct decoder *decoder, const struct decode_path *path,
                          const struct spec_type *type, const struct spec_node *node, void *record)
{
    bool good = true;

    if (node->kind != SPEC_MAP)
        return decode_fail(decoder, path, node, "expected a map, got '%s'",
                           spec_node_kind_name(node->kind));
    for (size_t i = 0; i < node->map.count; i++) {
        const struct spec_node *value = node->map.items[i].value;
        const struct spec_field *field = spec_type_field(type, node->map.items[i].key);
        struct decode_path step = {.up = path};

        if (!field || (field->flags & TREE_ONLY) || value->kind == SPEC_NULL)
            continue;
        step.name = field->name;
        good &= decode_field(decoder, &step, field, value, spec_any_member(record, field));
    }
    return good;
}

/* Members that no attribute stands for. */
static void fill_internal(struct spec_project *project)
{
    for (size_t i = 0; i < project->services.count; i++)
        project->services.items[i].value->name = project->services.items[i].key;
    for (size_t i = 0; i < project->secrets.count; i++) {
        struct spec_secret *secret = project->secrets.items[i].value;

        secret->content = spec_node_text(spec_node_get(secret->node, SPEC_CAPTURED_VALUE));
    }
    for (size_t i = 0; i < project->configs.count; i++) {
        struct spec_config *config = project->configs.items[i].value;

        config->value = spec_node_text(spec_node_get(config->node, SPEC_CAPTURED_VALUE));
    }
}

bool spec_decode(struct arena *arena, const struct spec_node *tree, struct warnings *warnings,
                 struct spec_project **ret_project, struct error *err)
{
    struct decoder decoder = {arena, warnings, err};
    struct spec_project *project = new_record(arena, &spec_type_project, tree);

    if (!decode_struct(&decoder, NULL, &spec_type_project, tree, project))
        return false;
    fill_internal(project);
    *ret_project = project;
    return true;
}
