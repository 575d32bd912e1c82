/* SPDX-License-Identifier: Apache-2.0 */
/* The model as YAML: one walk over the rows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/natural.h"
#include "spec/base/number.h"
#include "spec/node.h"
#include "spec/render.h"
#include "spec/render_field.h"
#include "spec/yaml_writer.h"

struct renderer {
    struct yaml_writer yaml;
    struct text value; /* room for one number */
};

static void render_record(struct renderer *r, const struct spec_type *type, const void *record,
                          bool extensions);

static int by_member_key(const void *a, const void *b)
{
    const struct spec_member *const *left = a, *const *right = b;

    return natural_compare((*left)->key, (*right)->key);
}

static int by_entry_key(const void *a, const void *b)
{
    const struct spec_any_entry *left = a, *right = b;

    return natural_compare(left->key, right->key);
}

static int by_pair_key(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;

    return natural_compare(left->key, right->key);
}

static int by_option_key(const void *a, const void *b)
{
    const struct spec_multi_option *left = a, *right = b;

    return natural_compare(left->key, right->key);
}

/* A copy of the items in natural order; free() it. */
static void *sorted(const void *items, size_t count, size_t size,
                    int (*compare)(const void *, const void *))
{
    void *copy = xcalloc(count + 1, size);

    if (count > 0)
        memcpy(copy, items, count * size);
    if (count > 1)
        qsort(copy, count, size, compare);
    return copy;
}

static void render_node(struct renderer *r, const struct spec_node *node);

/* The members of a map in natural order: all of them, or its extensions. */
static void render_members(struct renderer *r, const struct spec_node *map, bool only_extensions)
{
    const struct spec_member **members;
    size_t count = 0;

    if (!spec_node_is(map, SPEC_MAP) || map->map.count == 0)
        return;
    members = xcalloc(map->map.count, sizeof(const struct spec_member *));
    for (size_t i = 0; i < map->map.count; i++)
        if (!only_extensions || spec_is_extension(map->map.items[i].key))
            members[count++] = &map->map.items[i];
    if (count > 1)
        qsort(members, count, sizeof(const struct spec_member *), by_member_key);
    for (size_t i = 0; i < count; i++) {
        yaml_key(&r->yaml, members[i]->key);
        render_node(r, members[i]->value);
    }
    free(members);
}

static void render_number(struct renderer *r, double number, bool single)
{
    text_clear(&r->value);
    number_format(&r->value, number, NUMBER_TEXT, single);
    yaml_plain(&r->yaml, strcmp(r->value.bytes, "+Inf") == 0   ? ".inf"
                         : strcmp(r->value.bytes, "-Inf") == 0 ? "-.inf"
                         : strcmp(r->value.bytes, "NaN") == 0  ? ".nan"
                                                               : r->value.bytes);
}

static void render_huge(struct renderer *r, uint64_t number)
{
    text_clear(&r->value);
    text_addf(&r->value, "%" PRIu64, number);
    yaml_plain(&r->yaml, r->value.bytes);
}

static void render_int(struct renderer *r, int64_t number)
{
    text_clear(&r->value);
    text_addf(&r->value, "%" PRId64, number);
    yaml_plain(&r->yaml, r->value.bytes);
}

static void render_node(struct renderer *r, const struct spec_node *node)
{
    switch (node->kind) {
    case SPEC_NULL:
        yaml_plain(&r->yaml, "null");
        break;
    case SPEC_BOOL:
        yaml_plain(&r->yaml, node->boolean ? "true" : "false");
        break;
    case SPEC_INT:
        render_int(r, node->integer);
        break;
    case SPEC_FLOAT:
        if (node->huge)
            render_huge(r, node->huge);
        else
            render_number(r, node->number, false);
        break;
    case SPEC_STRING:
        yaml_string_n(&r->yaml, node->string.bytes, node->string.length);
        break;
    case SPEC_LIST:
        yaml_list_open(&r->yaml);
        for (size_t i = 0; i < node->list.count; i++)
            render_node(r, node->list.items[i]);
        yaml_list_close(&r->yaml);
        break;
    case SPEC_MAP:
        yaml_map_open(&r->yaml);
        render_members(r, node, false);
        yaml_map_close(&r->yaml);
        break;
    }
}

static void render_strings(struct renderer *r, const struct strings *list)
{
    yaml_list_open(&r->yaml);
    for (size_t i = 0; i < list->count; i++)
        yaml_string(&r->yaml, list->items[i]);
    yaml_list_close(&r->yaml);
}

static void render_pairs(struct renderer *r, const struct pairs *map)
{
    struct pair *items = sorted(map->items, map->count, sizeof(*items), by_pair_key);

    yaml_map_open(&r->yaml);
    for (size_t i = 0; i < map->count; i++) {
        yaml_key(&r->yaml, items[i].key);
        if (items[i].value)
            yaml_string(&r->yaml, items[i].value);
        else
            yaml_plain(&r->yaml, "null");
    }
    yaml_map_close(&r->yaml);
    free(items);
}

static void render_ssh(struct renderer *r, const struct pairs *keys)
{
    yaml_list_open(&r->yaml);
    for (size_t i = 0; i < keys->count; i++) {
        CLEANUP(cleanup_free) char *path = NULL;
        const struct pair *key = &keys->items[i];

        if (key->value && key->value[0])
            path = xasprintf("%s: %s", key->key, key->value);
        yaml_string(&r->yaml, path ? path : key->key);
    }
    yaml_list_close(&r->yaml);
}

static void render_multi_options(struct renderer *r, const struct spec_multi_options *options)
{
    struct spec_multi_option *items =
        sorted(options->items, options->count, sizeof(*items), by_option_key);

    yaml_map_open(&r->yaml);
    for (size_t i = 0; i < options->count; i++) {
        yaml_key(&r->yaml, items[i].key);
        render_strings(r, &items[i].values);
    }
    yaml_map_close(&r->yaml);
    free(items);
}

/* A ulimit in short form is one number. */
static void render_item(struct renderer *r, const struct spec_field *field, const void *record)
{
    if (!record)
        yaml_plain(&r->yaml, "null");
    else if (field->sub == &spec_type_ulimit && ((const struct spec_ulimit *)record)->single != 0)
        render_int(r, ((const struct spec_ulimit *)record)->single);
    else
        render_record(r, field->sub, record, !(field->flags & NO_EXTENSIONS));
}

static void render_list(struct renderer *r, const struct spec_field *field,
                        const struct spec_any_list *list)
{
    yaml_list_open(&r->yaml);
    for (size_t i = 0; i < list->count; i++)
        render_item(r, field, list->items[i].value);
    yaml_list_close(&r->yaml);
}

static void render_map(struct renderer *r, const struct spec_field *field,
                       const struct spec_any_map *map)
{
    struct spec_any_entry *items = sorted(map->items, map->count, sizeof(*items), by_entry_key);

    yaml_map_open(&r->yaml);
    for (size_t i = 0; i < map->count; i++) {
        yaml_key(&r->yaml, items[i].key);
        render_item(r, field, items[i].value);
    }
    yaml_map_close(&r->yaml);
    free(items);
}

static void render_text(struct renderer *r, enum spec_kind kind, int64_t value)
{
    spec_value_text(&r->value, kind, value);
    yaml_string(&r->yaml, r->value.bytes);
}

static void render_hosts(struct renderer *r, const struct spec_hosts *hosts)
{
    struct arena *scratch = arena_create();
    struct strings list = spec_hosts_list(scratch, hosts);

    render_strings(r, &list);
    arena_destroy(scratch);
}

static void render_value(struct renderer *r, const struct spec_field *field, const void *member)
{
    const char *text;

    switch (field->kind) {
    case SPEC_KIND_STRING:
        text = *(const char *const *)member;
        yaml_string(&r->yaml, text ? text : "");
        break;
    case SPEC_KIND_BOOL:
        yaml_plain(&r->yaml, *(const bool *)member ? "true" : "false");
        break;
    case SPEC_KIND_OPT_BOOL:
        yaml_plain(&r->yaml, ((const struct spec_opt_bool *)member)->value ? "true" : "false");
        break;
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
        render_int(r, *(const int64_t *)member);
        break;
    case SPEC_KIND_OPT_INT:
        render_int(r, ((const struct spec_opt_int *)member)->value);
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
        render_number(r, (double)*(const float *)member, true);
        break;
    case SPEC_KIND_STRINGS:
        render_strings(r, member);
        break;
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
        render_strings(r, &((const struct spec_command *)member)->words);
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
        render_item(r, field, ((const struct spec_any_pointer *)member)->value);
        break;
    case SPEC_KIND_LIST:
        render_list(r, field, member);
        break;
    case SPEC_KIND_MAP:
        render_map(r, field, member);
        break;
    }
}

static bool is_printed(const struct spec_field *field, const void *member)
{
    if (field->flags & TREE_ONLY)
        return false;
    if (field->flags & OMIT_TRUE)
        return !*(const bool *)member;
    if ((field->flags & YAML_OMIT_EMPTY) && field->kind == SPEC_KIND_STRUCT)
        return !spec_record_is_empty(field->sub, ((const struct spec_any_pointer *)member)->value);
    return (field->flags & YAML_ALWAYS) || !spec_field_is_empty(field, member);
}

static void render_record(struct renderer *r, const struct spec_type *type, const void *record,
                          bool extensions)
{
    yaml_map_open(&r->yaml);
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const void *member = spec_any_view(record, field);

        if (!is_printed(field, member))
            continue;
        yaml_key(&r->yaml, field->name);
        render_value(r, field, member);
    }
    if (extensions)
        render_members(r, spec_any_node(record), true);
    yaml_map_close(&r->yaml);
}

static void renderer_begin(struct renderer *r, struct text *out)
{
    yaml_begin(&r->yaml, out);
    text_init(&r->value, 0);
}

static void renderer_end(struct renderer *r)
{
    yaml_end(&r->yaml);
    text_finish(&r->value);
}

void spec_render_yaml(struct text *out, const struct spec_project *project)
{
    struct renderer renderer;

    renderer_begin(&renderer, out);
    render_record(&renderer, &spec_type_project, project, true);
    renderer_end(&renderer);
}

void spec_render_tree_yaml(struct text *out, const struct spec_node *tree)
{
    struct renderer renderer;

    renderer_begin(&renderer, out);
    render_node(&renderer, tree);
    renderer_end(&renderer);
}

void spec_render_escape_dollars(struct text *out, size_t from)
{
    struct text doubled;

    if (!memchr(out->bytes + from, '$', out->length - from))
        return;
    text_init(&doubled, out->limit);
    text_add_bytes(&doubled, out->bytes, from);
    for (const char *at = out->bytes + from; *at;) {
        size_t length = strcspn(at, "$");

        text_add_bytes(&doubled, at, length);
        at += length;
        if (*at == '$') {
            text_add(&doubled, "$$");
            at++;
        }
    }
    text_finish(out);
    *out = doubled;
}
