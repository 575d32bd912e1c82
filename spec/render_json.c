/* SPDX-License-Identifier: Apache-2.0 */
/* The model as JSON: one walk over the rows, for `config` and for hashes. */
#include "spec/render_json.h"

#include <stdlib.h>
#include <string.h>

#include "spec/node.h"
#include "spec/render.h"
#include "spec/render_field.h"
#include "spec/shape.h"
#include "spec/words.h"

struct renderer {
    struct json_writer *json;
    enum spec_json_use use;
};

static void render_record(const struct renderer *r, const struct spec_type *type,
                          const void *record);

static void render_strings(const struct renderer *r, const struct strings *list)
{
    json_array_open(r->json);
    for (size_t i = 0; i < list->count; i++)
        json_string(r->json, list->items[i]);
    json_array_close(r->json);
}

static void render_pairs(const struct renderer *r, const struct pairs *map)
{
    json_object_open(r->json);
    for (size_t i = 0; i < map->count; i++)
        json_member_string(r->json, map->items[i].key, map->items[i].value);
    json_object_close(r->json);
}

/* The reference writes invalid JSON for a key with a path and then refuses it; ours is the form that can be read back. */
static void render_ssh(const struct renderer *r, const struct pairs *keys)
{
    json_array_open(r->json);
    for (size_t i = 0; i < keys->count; i++) {
        CLEANUP(cleanup_free) char *path = NULL;
        const struct pair *key = &keys->items[i];

        if (key->value && key->value[0])
            path = xasprintf("%s=%s", key->key, key->value);
        json_string(r->json, path ? path : key->key);
    }
    json_array_close(r->json);
}

static void render_hosts(const struct renderer *r, const struct spec_hosts *hosts)
{
    struct arena *scratch = arena_create();
    struct strings list = spec_hosts_list(scratch, hosts);

    render_strings(r, &list);
    arena_destroy(scratch);
}

static void render_multi_options(const struct renderer *r, const struct spec_multi_options *options)
{
    json_object_open(r->json);
    for (size_t i = 0; i < options->count; i++) {
        json_key(r->json, options->items[i].key);
        render_strings(r, &options->items[i].values);
    }
    json_object_close(r->json);
}

static void render_item(const struct renderer *r, const struct spec_type *type, const void *record)
{
    if (!record)
        json_null(r->json);
    else if (type == &spec_type_ulimit && ((const struct spec_ulimit *)record)->single != 0)
        json_int(r->json, ((const struct spec_ulimit *)record)->single);
    else
        render_record(r, type, record);
}

static void render_list(const struct renderer *r, const struct spec_type *type,
                        const struct spec_any_list *list)
{
    json_array_open(r->json);
    for (size_t i = 0; i < list->count; i++)
        render_item(r, type, list->items[i].value);
    json_array_close(r->json);
}

static void render_map(const struct renderer *r, const struct spec_type *type,
                       const struct spec_any_map *map)
{
    json_object_open(r->json);
    for (size_t i = 0; i < map->count; i++) {
        json_key(r->json, map->items[i].key);
        render_item(r, type, map->items[i].value);
    }
    json_object_close(r->json);
}

static void render_text(const struct renderer *r, enum spec_kind kind, int64_t value)
{
    struct text text;

    text_init(&text, 0);
    spec_value_text(&text, kind, value);
    json_string(r->json, text.bytes);
    text_finish(&text);
}

/* 2.x split commands in another way; true when it is written so. */
static bool render_old_command(const struct renderer *r, const char *name,
                               const struct spec_node *owner)
{
    const char *line = spec_node_text(spec_node_get(owner, name));
    struct strings words = {0};
    struct arena *scratch;
    bool differs;

    if (r->use != SPEC_JSON_HASH_2 || !line || !strchr(line, '\\'))
        return false;
    scratch = arena_create();
    differs = spec_words_split_old(scratch, line, &words);
    if (differs)
        render_strings(r, &words);
    arena_destroy(scratch);
    return differs;
}

static void render_command(const struct renderer *r, const struct spec_command *command)
{
    if (command->set)
        render_strings(r, &command->words);
    else
        json_null(r->json);
}

static void render_value(const struct renderer *r, const struct spec_field *field,
                         const void *member)
{
    const char *text;

    switch (field->kind) {
    case SPEC_KIND_STRING:
        text = *(const char *const *)member;
        json_string(r->json, text ? text : "");
        break;
    case SPEC_KIND_BOOL:
        json_bool(r->json, *(const bool *)member);
        break;
    case SPEC_KIND_OPT_BOOL:
        json_bool(r->json, ((const struct spec_opt_bool *)member)->value);
        break;
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
        json_int(r->json, *(const int64_t *)member);
        break;
    case SPEC_KIND_OPT_INT:
        json_int(r->json, ((const struct spec_opt_int *)member)->value);
        break;
    case SPEC_KIND_BYTES:
    case SPEC_KIND_DURATION:
        render_text(r, field->kind, *(const int64_t *)member);
        break;
    case SPEC_KIND_OPT_DURATION:
    case SPEC_KIND_FILE_MODE:
        render_text(r, field->kind, ((const struct spec_opt_int *)member)->value);
        break;
    case SPEC_KIND_FLOAT32:
        json_float32(r->json, *(const float *)member);
        break;
    case SPEC_KIND_STRINGS:
        render_strings(r, member);
        break;
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
        render_command(r, member);
        break;
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_ENVIRONMENT:
        render_pairs(r, member);
        break;
    case SPEC_KIND_HOSTS:
        render_hosts(r, member);
        break;
    case SPEC_KIND_SSH:
        render_ssh(r, member);
        break;
    case SPEC_KIND_MULTI_OPTIONS:
        render_multi_options(r, member);
        break;
    case SPEC_KIND_STRUCT:
        render_record(r, field->sub, ((const struct spec_any_pointer *)member)->value);
        break;
    case SPEC_KIND_LIST:
        render_list(r, field->sub, member);
        break;
    case SPEC_KIND_MAP:
        render_map(r, field->sub, member);
        break;
    }
}

/* 2.x wrote create_host_path when it was true, and had true only where the short form or the file said so. */
static bool is_printed_true(const struct renderer *r, const struct spec_field *field,
                            const void *record)
{
    const struct spec_node *value = spec_node_get(spec_any_node(record), field->name);
    bool yes = *(const bool *)spec_any_view(record, field);

    if (r->use == SPEC_JSON_HASH_2)
        return yes && value && value->origin && value->origin->kind != SPEC_FROM_DEFAULT;
    return !yes;
}

static bool is_printed(const struct renderer *r, const struct spec_field *field, const void *record)
{
    const void *member = spec_any_view(record, field);

    if (field->flags & (TREE_ONLY | YAML_ONLY))
        return false;
    if ((field->flags & NOT_HASHED) && r->use != SPEC_JSON_PRINT)
        return false;
    if ((field->flags & SINCE_5) && r->use == SPEC_JSON_HASH_2)
        return false;
    if (field->flags & OMIT_TRUE)
        return is_printed_true(r, field, record);
    return (field->flags & JSON_ALWAYS) || field->kind == SPEC_KIND_COMMAND ||
           !spec_field_is_empty(field, member);
}

static void render_record(const struct renderer *r, const struct spec_type *type,
                          const void *record)
{
    CLEANUP(cleanup_free) void *nothing = NULL;

    if (!record)
        record = nothing = xcalloc(1, type->size);
    json_object_open(r->json);
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];

        if (!is_printed(r, field, record))
            continue;
        json_key(r->json, field->json ? field->json : field->name);
        if (field->kind != SPEC_KIND_COMMAND ||
            !render_old_command(r, field->name, spec_any_node(record)))
            render_value(r, field, spec_any_view(record, field));
    }
    json_object_close(r->json);
}

void spec_json_record(struct json_writer *json, const struct spec_type *type, const void *record,
                      enum spec_json_use use)
{
    struct renderer renderer = {json, use};

    render_record(&renderer, type, record);
}

static int by_key(const void *a, const void *b)
{
    const struct spec_member *const *left = a, *const *right = b;

    return strcmp((*left)->key, (*right)->key);
}

static void render_node(struct json_writer *json, const struct spec_node *node,
                        struct spec_shape shape);

static void render_node_map(struct json_writer *json, const struct spec_node *map,
                            struct spec_shape shape)
{
    const struct spec_member **members =
        xcalloc(map->map.count + 1, sizeof(const struct spec_member *));

    json_object_open(json);
    for (size_t i = 0; i < map->map.count; i++)
        members[i] = &map->map.items[i];
    qsort(members, map->map.count, sizeof(const struct spec_member *), by_key);
    for (size_t i = 0; i < map->map.count; i++) {
        json_key(json, members[i]->key);
        render_node(json, members[i]->value, spec_shape_member(shape, members[i]->key));
    }
    json_object_close(json);
    free(members);
}

/*
 * The reference drops empty items from every list on its way and leaves no list where none is left; those whose items
 * it then makes unique are lists again. Source: observed with Docker Compose 2.40.3.
 */
static bool is_lost_when_empty(struct spec_shape shape)
{
    return !shape.field || shape.element || shape.field->unicity == UNICITY_NONE;
}

static void render_node_list(struct json_writer *json, const struct spec_node *list,
                             struct spec_shape shape)
{
    if (list->list.count == 0 && is_lost_when_empty(shape)) {
        json_null(json);
        return;
    }
    json_array_open(json);
    for (size_t i = 0; i < list->list.count; i++)
        render_node(json, list->list.items[i], spec_shape_item(shape));
    json_array_close(json);
}

static void render_node(struct json_writer *json, const struct spec_node *node,
                        struct spec_shape shape)
{
    switch (node->kind) {
    case SPEC_NULL:
        json_null(json);
        break;
    case SPEC_BOOL:
        json_bool(json, node->boolean);
        break;
    case SPEC_INT:
        json_int(json, node->integer);
        break;
    case SPEC_FLOAT:
        if (node->huge)
            json_uint(json, node->huge);
        else
            json_float(json, node->number);
        break;
    case SPEC_STRING:
        json_string_n(json, node->string.bytes, node->string.length);
        break;
    case SPEC_LIST:
        render_node_list(json, node, shape);
        break;
    case SPEC_MAP:
        render_node_map(json, node, shape);
        break;
    }
}

/* The top level is sorted by name, with extensions among the fields. */
struct top_entry {
    const char *name;
    const struct spec_field *field; /* or */
    const struct spec_node *extension;
};

static int by_name(const void *a, const void *b)
{
    const struct top_entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

void spec_render_json(struct text *out, const struct spec_project *project)
{
    const struct spec_type *type = &spec_type_project;
    struct json_writer json;
    struct renderer renderer = {&json, SPEC_JSON_PRINT};
    struct top_entry *entries =
        xcalloc(type->count + spec_node_count(project->node) + 1, sizeof(*entries));
    size_t count = 0;

    for (size_t i = 0; i < type->count; i++)
        if (is_printed(&renderer, &type->fields[i], project))
            entries[count++] =
                (struct top_entry){.name = type->fields[i].name, .field = &type->fields[i]};
    for (size_t i = 0; i < spec_node_count(project->node); i++)
        if (spec_is_extension(project->node->map.items[i].key))
            entries[count++] = (struct top_entry){.name = project->node->map.items[i].key,
                                                  .extension = project->node->map.items[i].value};
    qsort(entries, count, sizeof(*entries), by_name);
    json_begin(&json, out, 2);
    json_object_open(&json);
    for (size_t i = 0; i < count; i++) {
        json_key(&json, entries[i].name);
        if (entries[i].field)
            render_value(&renderer, entries[i].field, spec_any_view(project, entries[i].field));
        else
            render_node(&json, entries[i].extension, (struct spec_shape){0});
    }
    json_object_close(&json);
    free(entries);
}

void spec_render_tree_json(struct text *out, const struct spec_node *tree)
{
    struct json_writer json;

    json_begin(&json, out, 2);
    render_node(&json, tree, spec_shape_root());
}
