/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings: keys, members, and the merge key `<<`. */
#include <string.h>

#include "spec/read_internal.h"

/* Keys that are there win over merged ones, earlier merged ones over later. */
static bool merge_into(struct spec_reader *reader, struct spec_node *map,
                       const struct spec_node *from)
{
    if (from->kind == SPEC_LIST) {
        for (size_t i = 0; i < from->list.count; i++)
            if (from->list.items[i]->kind != SPEC_MAP ||
                !merge_into(reader, map, from->list.items[i]))
                return error_is_set(reader->err)
                           ? false
                           : error_set_at(
                                 reader->err, ERROR_INPUT, spec_node_place(from),
                                 "map merge requires map or sequence of maps as the value");
        return true;
    }
    if (from->kind != SPEC_MAP) {
        (void)error_set_at(reader->err, ERROR_INPUT, spec_node_place(from),
                           "map merge requires map or sequence of maps as the value");
        return from->kind == SPEC_STRING
                   ? error_hint(reader->err, "an anchor is named with an asterisk: <<: *%s",
                                from->string.bytes)
                   : false;
    }
    for (size_t i = 0; i < from->map.count; i++)
        if (!spec_node_member(map, from->map.items[i].key))
            spec_node_put(reader->tree->arena, map, from->map.items[i].key,
                          from->map.items[i].value, from->map.items[i].place);
    return true;
}

static bool fail_nested_key(struct spec_reader *reader, struct place place, bool braces)
{
    (void)error_set_at(reader->err, ERROR_INPUT, place, "invalid map key");
    return error_hint(reader->err, braces ? "put a value that begins with a brace in quotes"
                                          : "put a value that begins with a bracket in quotes");
}

static bool fail_key(struct spec_reader *reader, const struct spec_node *key,
                     const struct spot *spot)
{
    struct arena *arena = reader->tree->arena;
    const char *text = spec_node_scalar_text(arena, key);
    const char *path = spec_path_text(arena, spot->path, SPEC_PATH_BRACKETS);

    if (!text)
        text = "<nil>";
    if (path[0])
        (void)error_set_at(reader->err, ERROR_INPUT, spec_node_place(key),
                           "non-string key in %s: %s", path, text);
    else
        (void)error_set_at(reader->err, ERROR_INPUT, spec_node_place(key),
                           "non-string key at top level: %s", text);
    return error_hint(reader->err,
                      "put the key in quotes; the items of a list begin with a dash: - \"80:80\"");
}

static bool fail_duplicate(struct spec_reader *reader, const char *key, struct place place,
                           unsigned before)
{
    (void)error_set_at(
        reader->err, ERROR_INPUT, place,
        "failed to parse %s: yaml: construct errors: line 1: line %u: mapping key \"%s\" "
        "already defined at line %u",
        reader->file, place.line, key, before);
    return error_hint(reader->err, strcmp(key, "<<") == 0
                                       ? "merge several maps with one key: <<: [*a, *b]"
                                       : "keep one of the two, or join what is below them");
}

/* The text of a key. The node of a plain one is not kept: there are as many as values, and their place is the member's. */
static const char *read_key(struct spec_reader *reader, yaml_event_t *event,
                            const struct spot *spot)
{
    struct place place = spec_reader_place(reader, event->start_mark);
    struct spec_origin origin = {.kind = SPEC_FROM_TEXT, .place = place};
    struct spec_node simple = {.origin = &origin};
    const struct spec_node *key = &simple;
    bool dropped;

    /* Before it is read: keys within keys would nest without end. */
    if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT) {
        (void)fail_nested_key(reader, place, event->type == YAML_MAPPING_START_EVENT);
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT || event->data.scalar.anchor || event->data.scalar.tag)
        key = spec_reader_node(reader, event, spot, &dropped);
    else if (!spec_tree_count(reader->tree, 1, place, reader->err) ||
             !spec_reader_scalar(reader, event, &simple))
        return NULL;
    if (!key)
        return NULL;
    if (key->kind == SPEC_STRING)
        return key->string.bytes;
    if (key->kind == SPEC_MAP || key->kind == SPEC_LIST)
        (void)fail_nested_key(reader, place, key->kind == SPEC_MAP);
    else
        (void)fail_key(reader, key, spot);
    return NULL;
}

/* What `<<` of a map brings. */
struct merge {
    struct spec_node *value; /* NULL until it was read */
    unsigned line;
};

/* `<<` in plain style, or with the tag !!merge or the tag `!`, which leaves the resolution open. */
static bool is_merge_key(const yaml_event_t *event)
{
    const char *tag;

    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.length != 2 ||
        memcmp(event->data.scalar.value, "<<", 2) != 0)
        return false;
    tag = (const char *)event->data.scalar.tag;
    if (!tag)
        return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return strcmp(tag, "!") == 0 || strcmp(tag, "tag:yaml.org,2002:merge") == 0;
}

/* One key with its value. `ret_merge` gets the value of `<<`. */
static bool read_member(struct spec_reader *reader, yaml_event_t *event, struct spec_node *map,
                        const struct spot *spot, struct merge *ret_merge)
{
    bool dropped = false;
    struct place place = spec_reader_place(reader, event->start_mark);
    struct spec_node *value;
    const struct spec_member *before;
    struct spec_path path = {.parent = spot->path};
    struct spot inner = {&path, spot->depth + 1, spot->in_override, false};

    path.key = read_key(reader, event, spot);
    if (!path.key)
        return false;
    inner.in_merge = is_merge_key(event);
    if (inner.in_merge)
        inner.path = spot->path;
    before = spec_node_member(map, path.key);
    if (before)
        return fail_duplicate(reader, path.key, place, before->place.line);
    if (inner.in_merge && ret_merge->value)
        return fail_duplicate(reader, path.key, place, ret_merge->line);
    value = spec_reader_value(reader, &inner, &dropped);
    if (!value)
        return false;
    if (inner.in_merge)
        *ret_merge = (struct merge){value, place.line};
    else if (!dropped)
        spec_node_put(reader->tree->arena, map, path.key, value, place);
    return true;
}

static bool read_members_until_end(struct spec_reader *reader, struct spec_node *map,
                                   const struct spot *spot)
{
    struct merge merge = {0};
    yaml_event_t event;

    for (;;) {
        bool done;

        if (!spec_reader_event(reader, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return !merge.value || merge_into(reader, map, merge.value);
        }
        done = read_member(reader, &event, map, spot, &merge);
        yaml_event_delete(&event);
        if (!done)
            return false;
    }
}

enum { USUAL_MEMBERS = 24 };

/* Members are gathered on the stack first, so that maps of the usual size take no more room than they need. */
bool spec_reader_members(struct spec_reader *reader, struct spec_node *map, const struct spot *spot)
{
    struct spec_member gathered[USUAL_MEMBERS];
    bool done;

    map->map.items = gathered;
    map->map.capacity = COUNT_OF(gathered);
    done = read_members_until_end(reader, map, spot);
    if (map->map.items == gathered) {
        map->map.capacity = map->map.count;
        map->map.items = arena_array(reader->tree->arena, map->map.count, sizeof(*gathered));
        if (map->map.count > 0)
            memcpy(map->map.items, gathered, map->map.count * sizeof(*gathered));
    }
    return done;
}
