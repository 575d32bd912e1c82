/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "spec/base/limits.h"
#include "spec/base/suggest.h"
#include "spec/scalar.h"
#include "spec/syntax_hint.h"

struct anchor {
    struct spec_node *node;       /* NULL while it is being read */
    const struct spec_path *open; /* its way, while it is being read */
    bool dropped;                 /* it was tagged !reset */
    size_t depth;                 /* segments of its way */
    size_t marks_from, marks_to;  /* what was marked at it and in it */
    size_t nodes;                 /* how many a copy has */
};

struct spec_reader {
    yaml_parser_t parser;
    struct spec_tree *tree;
    const char *file;
    struct span content;
    struct index anchor_names;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    struct spec_marks marks; /* of all documents; each gets its slice */
    bool ended;
    struct error *err;
};

/* Where a node is being read. */
struct spot {
    const struct spec_path *path;
    unsigned depth;   /* levels of nesting */
    bool in_override; /* below !override nothing more is marked */
    bool in_merge;    /* the value of `<<`: its list is no part of the path */
};

struct spec_reader *spec_reader_create(struct spec_tree *tree, const char *file,
                                       struct span content)
{
    struct spec_reader *reader = xcalloc(1, sizeof(*reader));

    reader->tree = tree;
    reader->file = file;
    reader->content = content;
    if (!yaml_parser_initialize(&reader->parser))
        fatal("out of memory");
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)content.bytes,
                                 content.length);
    return reader;
}

void spec_reader_destroy(struct spec_reader *reader)
{
    if (!reader)
        return;
    yaml_parser_delete(&reader->parser);
    free(reader);
}

static struct place place_of(const struct spec_reader *reader, yaml_mark_t mark)
{
    return (struct place){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* Where the parser gave up. What is never closed is told where it opens; of bytes the parser knows only how many there were. */
static struct place problem_place(const struct spec_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct place place = {reader->file, 1, 1};

    if (parser->error != YAML_READER_ERROR)
        return place_of(reader,
                        parser->context && strstr(parser->problem, "unexpected end of stream")
                            ? parser->context_mark
                            : parser->problem_mark);
    for (size_t i = 0; i < parser->problem_offset && i < reader->content.length; i++) {
        place.column++;
        if (reader->content.bytes[i] == '\n')
            place = (struct place){reader->file, place.line + 1, 1};
    }
    return place;
}

static bool fail_syntax(struct spec_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "unknown problem";
    const char *stage = parser->error == YAML_READER_ERROR    ? "reader"
                        : parser->error == YAML_SCANNER_ERROR ? "scanner"
                                                              : "parser";
    yaml_mark_t at = parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark;
    unsigned line = (unsigned)at.line + 1, column = (unsigned)at.column + 1;
    struct spec_syntax_problem described = {
        problem, line, column, parser->context ? (unsigned)parser->context_mark.line + 1 : 0};
    const char *hint;

    if (parser->error == YAML_MEMORY_ERROR)
        fatal("out of memory");
    if (!parser->context)
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s at L%u.C%u: %s", stage, line, column, problem);
    else if (parser->context_mark.index == at.index)
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s (%s) at L%u.C%u: %s", stage, parser->context,
                           line, column, problem);
    else
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s (%s) at L%zu.C%zu-L%u.C%u: %s", stage,
                           parser->context, parser->context_mark.line + 1,
                           parser->context_mark.column + 1, line, column, problem);
    hint = spec_syntax_hint(reader->tree->arena, reader->content, &described);
    return hint ? error_hint(reader->err, "%s", hint) : false;
}

static bool next_event(struct spec_reader *reader, yaml_event_t *ret_event)
{
    return yaml_parser_parse(&reader->parser, ret_event) ? true : fail_syntax(reader);
}

static size_t path_depth(const struct spec_path *path)
{
    size_t depth = 0;

    for (; path->parent; path = path->parent)
        depth++;
    return depth;
}

/* Note a mark at `path` followed by `tail`. */
static void add_mark(struct spec_reader *reader, const struct spec_path *path,
                     const char *const *tail, size_t tail_count)
{
    struct arena *arena = reader->tree->arena;
    size_t depth = path_depth(path), at = depth;
    struct spec_mark mark = {arena_alloc(arena, (depth + tail_count + 1) * sizeof(*mark.segments)),
                             depth + tail_count};

    for (; path->parent; path = path->parent)
        mark.segments[--at] = path->key;
    if (tail_count > 0)
        memcpy(mark.segments + depth, tail, tail_count * sizeof(*tail));
    reader->marks.items = arena_grow(arena, reader->marks.items, &reader->marks.capacity,
                                     reader->marks.count + 1, sizeof(*reader->marks.items));
    reader->marks.items[reader->marks.count++] = mark;
}

/* A fresh node with an origin at the event. */
static struct spec_node *make_node(struct spec_reader *reader, enum spec_node_kind kind,
                                   yaml_mark_t mark)
{
    struct {
        struct spec_node node;
        struct spec_origin origin;
    } * both;
    struct place place = place_of(reader, mark);

    if (!spec_tree_count(reader->tree, 1, place, reader->err))
        return NULL;
    both = arena_alloc(reader->tree->arena, sizeof(*both));
    both->origin = (struct spec_origin){.kind = SPEC_FROM_TEXT, .place = place};
    both->node.kind = kind;
    both->node.origin = &both->origin;
    return &both->node;
}

static size_t open_anchor(struct spec_reader *reader, const yaml_char_t *name,
                          const struct spot *spot)
{
    struct arena *arena = reader->tree->arena;

    reader->anchors = arena_grow(arena, reader->anchors, &reader->anchor_capacity,
                                 reader->anchor_count + 1, sizeof(*reader->anchors));
    reader->anchors[reader->anchor_count] = (struct anchor){.open = spot->path,
                                                            .depth = path_depth(spot->path),
                                                            .marks_from = reader->marks.count,
                                                            .nodes = reader->tree->nodes};
    index_put(&reader->anchor_names, arena, arena_strdup(arena, (const char *)name),
              reader->anchor_count);
    return reader->anchor_count++;
}

static struct anchor *find_anchor(struct spec_reader *reader, const yaml_event_t *event,
                                  const struct spot *spot)
{
    const char *name = (const char *)event->data.alias.anchor;
    uint32_t at = index_find(&reader->anchor_names, name);
    struct place place = place_of(reader, event->start_mark);
    struct anchor *anchor = at == INDEX_NONE ? NULL : &reader->anchors[at];
    struct arena *arena = reader->tree->arena;

    if (!anchor) {
        (void)error_set_at(
            reader->err, ERROR_INPUT, place,
            "go-yaml load error in composer at L%u.C%u: unknown anchor '%s' referenced", place.line,
            place.column, name);
        (void)error_hint(reader->err, "define it above with &%s", name);
        return NULL;
    }
    if (!anchor->node) {
        (void)error_set_at(reader->err, ERROR_INPUT, place,
                           "cycle detected: node at path %s references node at path %s",
                           spec_path_text(arena, spot->path, SPEC_PATH_INDEX),
                           spec_path_text(arena, anchor->open, SPEC_PATH_INDEX));
        return NULL;
    }
    return anchor;
}

static struct spec_node *read_alias(struct spec_reader *reader, const yaml_event_t *event,
                                    const struct spot *spot, bool *ret_dropped)
{
    struct anchor *anchor = find_anchor(reader, event, spot);

    if (!anchor)
        return NULL;
    reader->tree->alias_nodes += anchor->nodes;
    reader->tree->nodes += anchor->nodes;
    if (reader->tree->alias_nodes > LIMIT_ALIAS_NODES) {
        (void)error_set_at(reader->err, ERROR_INPUT, place_of(reader, event->start_mark),
                           "document contains excessive aliasing");
        return NULL;
    }
    if (!spot->in_override) {
        for (size_t i = anchor->marks_from; i < anchor->marks_to; i++) {
            struct spec_mark mark = reader->marks.items[i];

            add_mark(reader, spot->path, mark.segments + anchor->depth, mark.count - anchor->depth);
        }
        *ret_dropped = anchor->dropped;
    }
    return spec_node_copy(reader->tree->arena, anchor->node);
}

static struct spec_node *read_node(struct spec_reader *reader, yaml_event_t *event,
                                   const struct spot *spot, bool *ret_dropped);

/* The value that follows; `*ret_dropped` when it is not to be stored. */
static struct spec_node *read_value(struct spec_reader *reader, const struct spot *spot,
                                    bool *ret_dropped)
{
    yaml_event_t event;
    struct spec_node *node;

    if (!next_event(reader, &event))
        return NULL;
    node = read_node(reader, &event, spot, ret_dropped);
    yaml_event_delete(&event);
    return node;
}

static bool resolve_scalar(struct spec_reader *reader, const yaml_event_t *event,
                           struct spec_node *node)
{
    size_t length = event->data.scalar.length;
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    struct spec_scalar scalar = {
        .text = arena_strndup(reader->tree->arena, text, length),
        .length = length,
        .tag = tag,
        .quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                  (!tag && !event->data.scalar.plain_implicit),
    };

    return spec_scalar_resolve(reader->tree->arena, &scalar, node, reader->err);
}

static struct spec_node *read_scalar(struct spec_reader *reader, const yaml_event_t *event)
{
    struct spec_node *node = make_node(reader, SPEC_STRING, event->start_mark);

    return node && resolve_scalar(reader, event, node) ? node : NULL;
}

static bool read_items(struct spec_reader *reader, struct spec_node *list, const struct spot *spot)
{
    yaml_event_t event;

    for (size_t i = 0;; i++) {
        struct spec_path path = {.parent = spot->path, .index = i};
        struct spot inner = {spot->in_merge ? spot->path : &path, spot->depth + 1,
                             spot->in_override, spot->in_merge};
        struct spec_node *item;
        bool dropped = false;

        if (!next_event(reader, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        item = read_node(reader, &event, &inner, &dropped);
        yaml_event_delete(&event);
        if (!item)
            return false;
        if (!dropped)
            spec_node_append(reader->tree->arena, list, item);
    }
}

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
    struct place place = place_of(reader, event->start_mark);
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
        key = read_node(reader, event, spot, &dropped);
    else if (!spec_tree_count(reader->tree, 1, place, reader->err) ||
             !resolve_scalar(reader, event, &simple))
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

/* One key with its value. `ret_merge` gets the value of `<<`. */
static bool read_member(struct spec_reader *reader, yaml_event_t *event, struct spec_node *map,
                        const struct spot *spot, struct merge *ret_merge)
{
    bool dropped = false, plain = event->type == YAML_SCALAR_EVENT && !event->data.scalar.tag &&
                                  event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct place place = place_of(reader, event->start_mark);
    struct spec_node *value;
    const struct spec_member *before;
    struct spec_path path = {.parent = spot->path};
    struct spot inner = {&path, spot->depth + 1, spot->in_override, false};

    path.key = read_key(reader, event, spot);
    if (!path.key)
        return false;
    inner.in_merge = plain && strcmp(path.key, "<<") == 0;
    if (inner.in_merge)
        inner.path = spot->path;
    before = spec_node_member(map, path.key);
    if (before)
        return fail_duplicate(reader, path.key, place, before->place.line);
    if (inner.in_merge && ret_merge->value)
        return fail_duplicate(reader, path.key, place, ret_merge->line);
    value = read_value(reader, &inner, &dropped);
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

        if (!next_event(reader, &event))
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
static bool read_members(struct spec_reader *reader, struct spec_node *map, const struct spot *spot)
{
    struct spec_member gathered[USUAL_MEMBERS];
    bool done;

    map->map.items = gathered;
    map->map.capacity = COUNT_OF(gathered);
    done = read_members_until_end(reader, map, spot);
    if (map->map.items == gathered) {
        map->map.capacity = map->map.count;
        map->map.items = arena_alloc(reader->tree->arena, map->map.count * sizeof(*gathered));
        if (map->map.count > 0)
            memcpy(map->map.items, gathered, map->map.count * sizeof(*gathered));
    }
    return done;
}

static const yaml_char_t *event_anchor(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                      : event->data.mapping_start.anchor;
}

static const yaml_char_t *event_tag(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT           ? event->data.scalar.tag
           : event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.tag
                                                      : event->data.mapping_start.tag;
}

static struct spec_node *read_content(struct spec_reader *reader, const yaml_event_t *event,
                                      const struct spot *spot)
{
    struct spec_node *node;

    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event);
    node = make_node(reader, event->type == YAML_MAPPING_START_EVENT ? SPEC_MAP : SPEC_LIST,
                     event->start_mark);
    if (!node)
        return NULL;
    if (node->kind == SPEC_MAP ? !read_members(reader, node, spot)
                               : !read_items(reader, node, spot))
        return NULL;
    return node;
}

/* Tags of others are ignored; a misspelt one of ours would silently do nothing. */
static void warn_misspelt_tag(struct spec_reader *reader, const char *tag, struct place place)
{
    struct suggestion near = suggestion_for(tag);

    if (tag[0] != '!' || tag[1] == '!')
        return;
    suggestion_consider(&near, "!reset");
    suggestion_consider(&near, "!override");
    if (near.best)
        warnings_add(reader->tree->warnings, place, "the tag %s is ignored; did you mean %s?", tag,
                     near.best);
}

/* The node that starts with `event`, which stays the caller's. */
static struct spec_node *read_node(struct spec_reader *reader, yaml_event_t *event,
                                   const struct spot *spot, bool *ret_dropped)
{
    struct spot inner = *spot;
    const yaml_char_t *name, *tag;
    size_t anchor = SIZE_MAX;
    bool reset, override;
    struct spec_node *node;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, spot, ret_dropped);
    if (spot->depth > LIMIT_NESTING) {
        (void)error_set_at(reader->err, ERROR_INPUT, place_of(reader, event->start_mark),
                           "nested more than %u levels deep", LIMIT_NESTING);
        return NULL;
    }
    name = event_anchor(event);
    tag = event_tag(event);
    reset = !spot->in_override && tag && strcmp((const char *)tag, "!reset") == 0;
    override = !spot->in_override && tag && strcmp((const char *)tag, "!override") == 0;
    if (tag && !reset && !override && !spot->in_override)
        warn_misspelt_tag(reader, (const char *)tag, place_of(reader, event->start_mark));
    if (name)
        anchor = open_anchor(reader, name, spot);
    if (reset || override)
        add_mark(reader, spot->path, NULL, 0);
    inner.in_override = spot->in_override || reset || override;
    node = read_content(reader, event, &inner);
    if (!node)
        return NULL;
    *ret_dropped = reset;
    if (anchor != SIZE_MAX) {
        reader->anchors[anchor].node = node;
        reader->anchors[anchor].open = NULL;
        reader->anchors[anchor].dropped = reset;
        reader->anchors[anchor].marks_to = reader->marks.count;
        reader->anchors[anchor].nodes = reader->tree->nodes - reader->anchors[anchor].nodes;
    }
    return node;
}

/* The document that has just started. */
static bool read_document(struct spec_reader *reader, struct spec_document *ret_document)
{
    const struct spec_path top = {0};
    const struct spot spot = {.path = &top};
    size_t from = reader->marks.count;
    bool dropped = false;
    yaml_event_t event;
    struct spec_node *root = read_value(reader, &spot, &dropped);

    if (!root || !next_event(reader, &event))
        return false;
    yaml_event_delete(&event); /* end of the document */
    ret_document->root = root;
    ret_document->marks = (struct spec_marks){
        reader->marks.items ? reader->marks.items + from : NULL, reader->marks.count - from, 0};
    return true;
}

bool spec_reader_next(struct spec_reader *reader, struct spec_document *ret_document,
                      struct error *err)
{
    *ret_document = (struct spec_document){0};
    reader->err = err;
    while (!reader->ended) {
        yaml_event_t event;
        yaml_event_type_t type;

        if (!next_event(reader, &event))
            return false;
        type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_DOCUMENT_START_EVENT)
            return read_document(reader, ret_document);
        reader->ended = type == YAML_STREAM_END_EVENT;
    }
    return true;
}
