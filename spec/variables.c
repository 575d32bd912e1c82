/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that the values of a project use, as `config --variables` lists them. */
#include <stdlib.h>
#include <string.h>

#include "spec/base/index.h"
#include "spec/base/json_writer.h"
#include "spec/base/utf8.h"
#include "spec/listing.h"
#include "spec/node.h"
#include "spec/template.h"
#include "spec/yaml_writer.h"

enum { COLUMN_LEAST = 20, COLUMN_GAP = 3 };

struct variables {
    struct arena *arena;
    struct spec_template_variable *items;
    size_t count, capacity;
    struct index index;
};

/* Of several uses the first one that says anything stays; one that requires the variable makes it required. */
static void on_variable(void *owner, const struct spec_template_variable *variable)
{
    struct variables *all = owner;
    uint32_t at = index_find(&all->index, variable->name);
    struct spec_template_variable *known;

    if (at == INDEX_NONE) {
        all->items =
            arena_grow(all->arena, all->items, &all->capacity, all->count + 1, sizeof(*all->items));
        index_put(&all->index, all->arena, variable->name, all->count);
        all->items[all->count++] = *variable;
        return;
    }
    known = &all->items[at];
    known->required |= variable->required;
    if (known->fallback[0] == '\0')
        known->fallback = variable->fallback;
    if (known->presence[0] == '\0')
        known->presence = variable->presence;
}

static void collect(struct variables *all, const struct spec_node *node)
{
    if (node->kind == SPEC_STRING && memchr(node->string.bytes, '$', node->string.length))
        spec_template_visit(all->arena, (struct span){node->string.bytes, node->string.length},
                            on_variable, all);
    for (size_t i = 0; node->kind == SPEC_LIST && i < node->list.count; i++)
        collect(all, node->list.items[i]);
    for (size_t i = 0; node->kind == SPEC_MAP && i < node->map.count; i++)
        collect(all, node->map.items[i].value);
}

static int by_name(const void *a, const void *b)
{
    const struct spec_template_variable *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static size_t width_of(const struct variables *all, size_t offset, const char *title)
{
    size_t width = strlen(title);

    for (size_t i = 0; i < all->count; i++) {
        const char *cell;

        memcpy(&cell, (const char *)&all->items[i] + offset, sizeof(cell));
        if (utf8_width(cell, strlen(cell)) > width)
            width = utf8_width(cell, strlen(cell));
    }
    return width + COLUMN_GAP > COLUMN_LEAST ? width + COLUMN_GAP : COLUMN_LEAST;
}

static void add_cell(struct text *out, const char *cell, size_t column)
{
    size_t width = utf8_width(cell, strlen(cell));

    text_add(out, cell);
    text_add_repeat(out, ' ', width < column ? column - width : 0);
}

static void render_table(struct text *out, const struct variables *all)
{
    size_t name = width_of(all, offsetof(struct spec_template_variable, name), "NAME");
    size_t fallback =
        width_of(all, offsetof(struct spec_template_variable, fallback), "DEFAULT VALUE");

    add_cell(out, "NAME", name);
    add_cell(out, "REQUIRED", COLUMN_LEAST);
    add_cell(out, "DEFAULT VALUE", fallback);
    text_add(out, "ALTERNATE VALUE\n");
    for (size_t i = 0; i < all->count; i++) {
        const struct spec_template_variable *variable = &all->items[i];

        add_cell(out, variable->name, name);
        add_cell(out, variable->required ? "true" : "false", COLUMN_LEAST);
        add_cell(out, variable->fallback, fallback);
        text_addf(out, "%s\n", variable->presence);
    }
}

static void render_json(struct text *out, const struct variables *all)
{
    struct json_writer json;

    json_begin(&json, out, 4);
    json_object_open(&json);
    for (size_t i = 0; i < all->count; i++) {
        const struct spec_template_variable *variable = &all->items[i];

        json_key(&json, variable->name);
        json_object_open(&json);
        json_member_string(&json, "Name", variable->name);
        json_member_string(&json, "DefaultValue", variable->fallback);
        json_member_string(&json, "PresenceValue", variable->presence);
        json_member_bool(&json, "Required", variable->required);
        json_object_close(&json);
    }
    json_object_close(&json);
    text_add(out, "\n\n");
}

static void yaml_member(struct yaml_writer *yaml, const char *key, const char *value)
{
    yaml_key(yaml, key);
    yaml_string(yaml, value);
}

static void render_yaml(struct text *out, const struct variables *all)
{
    struct yaml_writer yaml;

    yaml_begin(&yaml, out);
    yaml.step = 4;
    yaml_map_open(&yaml);
    for (size_t i = 0; i < all->count; i++) {
        const struct spec_template_variable *variable = &all->items[i];

        yaml_key(&yaml, variable->name);
        yaml_map_open(&yaml);
        yaml_member(&yaml, "name", variable->name);
        yaml_member(&yaml, "defaultvalue", variable->fallback);
        yaml_member(&yaml, "presencevalue", variable->presence);
        yaml_key(&yaml, "required");
        yaml_plain(&yaml, variable->required ? "true" : "false");
        yaml_map_close(&yaml);
    }
    yaml_map_close(&yaml);
    yaml_end(&yaml);
}

void spec_list_variables(struct text *out, const struct spec_project *project,
                         enum spec_variables_format format)
{
    struct variables all = {.arena = arena_create()};

    collect(&all, project->load->tree);
    if (all.count > 1)
        qsort(all.items, all.count, sizeof(*all.items), by_name);
    switch (format) {
    case SPEC_VARIABLES_TABLE:
        render_table(out, &all);
        break;
    case SPEC_VARIABLES_JSON:
        render_json(out, &all);
        break;
    case SPEC_VARIABLES_YAML:
        render_yaml(out, &all);
        break;
    }
    arena_destroy(all.arena);
}
