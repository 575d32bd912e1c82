/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/suggest.h"
#include "spec/read_internal.h"
#include "spec/scalar.h"
#include "spec/syntax_hint.h"

struct spec_reader *spec_reader_create(struct spec_tree *tree, const char *file,
                                       struct span content)
{
    struct spec_reader *reader = xcalloc(1, sizeof(*reader));

    reader->tree = tree;
    reader->file = file;
    reader->content = content;
    if (!yaml_parser_initialize(&reader->parser))
        fatal("out of memory");
    reader->mend = yaml_mend_create(content);
    if (reader->mend)
        content = yaml_mend_text(reader->mend);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)content.bytes,
                                 content.length);
    return reader;
}

void spec_reader_destroy(struct spec_reader *reader)
{
    if (!reader)
        return;
    yaml_parser_delete(&reader->parser);
    yaml_mend_destroy(reader->mend);
    free(reader);
}

struct place spec_reader_place(const struct spec_reader *reader, yaml_mark_t mark)
{
    mark = yaml_mend_mark(reader->mend, mark);
    return (struct place){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* Where the parser gave up. What is never closed is told where it opens; of bytes the parser knows only how many there were. */
static struct place problem_place(const struct spec_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct place place = {reader->file, 1, 1};

    if (parser->error != YAML_READER_ERROR)
        return spec_reader_place(reader, parser->context &&
                                                 strstr(parser->problem, "unexpected end of stream")
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
    yaml_mark_t at = yaml_mend_mark(
        reader->mend, parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark);
    yaml_mark_t context = yaml_mend_mark(reader->mend, parser->context_mark);
    unsigned line = (unsigned)at.line + 1, column = (unsigned)at.column + 1;
    struct spec_syntax_problem described = {problem, line, column,
                                            parser->context ? (unsigned)context.line + 1 : 0};
    const char *hint;

    if (parser->error == YAML_MEMORY_ERROR)
        fatal("out of memory");
    if (!parser->context)
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s at L%u.C%u: %s", stage, line, column, problem);
    else if (context.index == at.index)
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s (%s) at L%u.C%u: %s", stage, parser->context,
                           line, column, problem);
    else
        (void)error_set_at(reader->err, ERROR_INPUT, problem_place(reader),
                           "go-yaml load error in %s (%s) at L%zu.C%zu-L%u.C%u: %s", stage,
                           parser->context, context.line + 1, context.column + 1, line, column,
                           problem);
    hint = spec_syntax_hint(reader->tree->arena, reader->content, &described);
    return hint ? error_hint(reader->err, "%s", hint) : false;
}

bool spec_reader_event(struct spec_reader *reader, yaml_event_t *ret_event)
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
    struct spec_mark mark = {arena_array(arena, depth + tail_count + 1, sizeof(*mark.segments)),
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
    struct place place = spec_reader_place(reader, mark);

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
                                                            .nodes = reader->tree->nodes,
                                                            .deepest_before = reader->deepest};
    reader->deepest = spot->depth;
    index_put(&reader->anchor_names, arena, arena_strdup(arena, (const char *)name),
              reader->anchor_count);
    return reader->anchor_count++;
}

static struct anchor *find_anchor(struct spec_reader *reader, const yaml_event_t *event,
                                  const struct spot *spot)
{
    const char *name = (const char *)event->data.alias.anchor;
    uint32_t at = index_find(&reader->anchor_names, name);
    struct place place = spec_reader_place(reader, event->start_mark);
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

static void close_anchor(struct spec_reader *reader, struct anchor *anchor, struct spec_node *node,
                         const struct spot *spot, bool dropped)
{
    anchor->node = node;
    anchor->open = NULL;
    anchor->dropped = dropped;
    anchor->marks_to = reader->marks.count;
    anchor->nodes = reader->tree->nodes - anchor->nodes;
    anchor->height = reader->deepest - spot->depth;
    if (anchor->deepest_before > reader->deepest)
        reader->deepest = anchor->deepest_before;
}

/* Trees are walked by recursion: a level more is a frame more on the stack. */
static bool count_level(struct spec_reader *reader, unsigned level, yaml_mark_t mark)
{
    if (level > LIMIT_NESTING)
        return error_set_at(reader->err, ERROR_INPUT, spec_reader_place(reader, mark),
                            "nested more than %u levels deep", LIMIT_NESTING);
    if (level > reader->deepest)
        reader->deepest = level;
    return true;
}

static struct spec_node *read_alias(struct spec_reader *reader, const yaml_event_t *event,
                                    const struct spot *spot, bool *ret_dropped)
{
    struct anchor *anchor = find_anchor(reader, event, spot);

    if (!anchor || !count_level(reader, spot->depth + anchor->height, event->start_mark))
        return NULL;
    reader->tree->alias_nodes += anchor->nodes;
    reader->tree->nodes += anchor->nodes;
    if (reader->tree->alias_nodes > LIMIT_ALIAS_NODES) {
        (void)error_set_at(reader->err, ERROR_INPUT, spec_reader_place(reader, event->start_mark),
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

/* The value that follows; `*ret_dropped` when it is not to be stored. */
struct spec_node *spec_reader_value(struct spec_reader *reader, const struct spot *spot,
                                    bool *ret_dropped)
{
    yaml_event_t event;
    struct spec_node *node;

    if (!spec_reader_event(reader, &event))
        return NULL;
    node = spec_reader_node(reader, &event, spot, ret_dropped);
    yaml_event_delete(&event);
    return node;
}

bool spec_reader_scalar(struct spec_reader *reader, const yaml_event_t *event,
                        struct spec_node *node)
{
    size_t length = event->data.scalar.length;
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    char *copy = arena_strndup(reader->tree->arena, text, length);
    struct spec_scalar scalar = {
        .text = copy,
        .length = yaml_mend_restore(reader->mend, copy, length),
        .tag = tag,
        .quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                  (!tag && !event->data.scalar.plain_implicit),
    };

    if (!spec_scalar_resolve(reader->tree->arena, &scalar, node, reader->err))
        return false;
    if (node->kind == SPEC_STRING && memchr(node->string.bytes, '\0', node->string.length)) {
        (void)error_set_at(reader->err, ERROR_INPUT, spec_node_place(node),
                           "a value must not contain a NUL character");
        return error_hint(reader->err, "neither arguments nor variables of a process can hold it");
    }
    return true;
}

static struct spec_node *read_scalar(struct spec_reader *reader, const yaml_event_t *event)
{
    struct spec_node *node = make_node(reader, SPEC_STRING, event->start_mark);

    return node && spec_reader_scalar(reader, event, node) ? node : NULL;
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

        if (!spec_reader_event(reader, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return true;
        }
        item = spec_reader_node(reader, &event, &inner, &dropped);
        yaml_event_delete(&event);
        if (!item)
            return false;
        if (!dropped)
            spec_node_append(reader->tree->arena, list, item);
    }
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
    if (node->kind == SPEC_MAP ? !spec_reader_members(reader, node, spot)
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
struct spec_node *spec_reader_node(struct spec_reader *reader, yaml_event_t *event,
                                   const struct spot *spot, bool *ret_dropped)
{
    struct spot inner = *spot;
    const yaml_char_t *name, *tag;
    size_t anchor = SIZE_MAX;
    bool reset, override;
    struct spec_node *node;

    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, spot, ret_dropped);
    name = event_anchor(event);
    tag = event_tag(event);
    reset = !spot->in_override && tag && strcmp((const char *)tag, "!reset") == 0;
    override = !spot->in_override && tag && strcmp((const char *)tag, "!override") == 0;
    if (tag && !reset && !override && !spot->in_override)
        warn_misspelt_tag(reader, (const char *)tag, spec_reader_place(reader, event->start_mark));
    if (name)
        anchor = open_anchor(reader, name, spot);
    if (!count_level(reader, spot->depth, event->start_mark))
        return NULL;
    if (reset || override)
        add_mark(reader, spot->path, NULL, 0);
    inner.in_override = spot->in_override || reset || override;
    node = read_content(reader, event, &inner);
    if (!node)
        return NULL;
    *ret_dropped = reset;
    if (anchor != SIZE_MAX)
        close_anchor(reader, &reader->anchors[anchor], node, spot, reset);
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
    struct spec_node *root = spec_reader_value(reader, &spot, &dropped);

    if (!root || !spec_reader_event(reader, &event))
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

        if (!spec_reader_event(reader, &event))
            return false;
        type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_DOCUMENT_START_EVENT)
            return read_document(reader, ret_document);
        reader->ended = type == YAML_STREAM_END_EVENT;
    }
    return true;
}
