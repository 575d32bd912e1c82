/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/read.h"

static void add_node(struct text *out, const struct spec_node *node, struct arena *arena)
{
    if (node->kind == SPEC_LIST) {
        text_add(out, "[");
        for (size_t i = 0; i < node->list.count; i++) {
            text_add(out, i ? "," : "");
            add_node(out, node->list.items[i], arena);
        }
        text_add(out, "]");
    } else if (node->kind == SPEC_MAP) {
        text_add(out, "{");
        for (size_t i = 0; i < node->map.count; i++) {
            text_addf(out, "%s%s:", i ? "," : "", node->map.items[i].key);
            add_node(out, node->map.items[i].value, arena);
        }
        text_add(out, "}");
    } else {
        const char *text = spec_node_scalar_text(arena, node);

        text_add(out, text ? text : "null");
    }
}

/* Every document in flow form with its marks, or the failure with its place. */
static void assert_reads(const char *yaml, const char *wanted)
{
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};
    struct spec_tree tree = {.arena = arena, .warnings = &warnings};
    struct spec_reader *reader = spec_reader_create(&tree, "f.yaml", span_of(yaml));
    struct spec_document document = {0};
    struct error err;
    struct text out;

    error_init(&err);
    text_init(&out, 0);
    while (spec_reader_next(reader, &document, &err) && document.root) {
        text_add(&out, out.length ? " " : "");
        add_node(&out, document.root, arena);
        for (size_t i = 0; i < document.marks.count; i++) {
            text_add(&out, " mark");
            for (size_t j = 0; j < document.marks.items[i].count; j++)
                text_addf(&out, ".%s",
                          document.marks.items[i].segments[j] ? document.marks.items[i].segments[j]
                                                              : "[]");
        }
    }
    if (error_is_set(&err)) {
        text_clear(&out);
        text_addf(&out, "%u:%u %s", error_where(&err).line, error_where(&err).column,
                  err.frames[0].text);
    }
    assert_string_equal(out.bytes, wanted);
    spec_reader_destroy(reader);
    text_finish(&out);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(read_makes_trees)
{
    assert_reads("a: 1\nb: [x, 'y', ~]\nc: {d: true}\n", "{a:1,b:[x,y,null],c:{d:true}}");
    assert_reads("", "");
    assert_reads("# nothing\n", "");
    assert_reads("a: 1\n---\nb: 2\n", "{a:1} {b:2}");
    assert_reads("---\n---\na: 1\n", "null {a:1}");
    assert_reads(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 2\r\n",
        "{a:1,b:2}");
}

TEST(read_expands_aliases_also_of_earlier_documents)
{
    assert_reads("a: &x {k: 1}\nb: *x\n", "{a:{k:1},b:{k:1}}");
    assert_reads("a: &x 1\n---\nb: *x\n", "{a:1} {b:1}");
    assert_reads("a: *nope\n",
                 "1:4 go-yaml load error in composer at L1.C4: unknown anchor 'nope' referenced");
    assert_reads("a: &x\n  b: *x\n",
                 "2:6 cycle detected: node at path a.b references node at path a");
}

TEST(read_merges_keys)
{
    assert_reads("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\n", "{x:{a:1,b:2},y:{b:3,a:1}}");
    assert_reads("y: {<<: [{a: 1}, {a: 2, b: 3}]}\n", "{y:{a:1,b:3}}");
    assert_reads("y: {<<: 5}\n", "1:9 map merge requires map or sequence of maps as the value");
}

TEST(read_refuses_keys_that_cannot_be)
{
    assert_reads("a: 1\nb: 2\na: 3\n",
                 "3:1 failed to parse f.yaml: yaml: construct errors: line 1: line 3: "
                 "mapping key \"a\" already defined at line 1");
    assert_reads("1: x\n", "1:1 non-string key at top level: 1");
    assert_reads("s: {l: {~: 1}}\n", "1:9 non-string key in s.l: <nil>");
}

TEST(read_tells_where_syntax_breaks)
{
    assert_reads("a:\n  b: c: d\n",
                 "2:7 go-yaml load error in scanner at L2.C7: mapping values are not allowed "
                 "in this context");
    assert_reads("a: [1\nb: 2\n",
                 "2:2 go-yaml load error in parser (while parsing a flow sequence) at "
                 "L1.C4-L2.C2: did not find expected ',' or ']'");
}

TEST(read_notes_reset_and_override)
{
    assert_reads("a: {b: !reset 1, c: !override [2]}\n", "{a:{c:[2]}} mark.a.b mark.a.c");
    assert_reads("a: [!reset x, y]\n", "{a:[y]} mark.a.[]");
    assert_reads("x: &x {k: !reset 1, l: 2}\ny: *x\n", "{x:{l:2},y:{l:2}} mark.x.k mark.y.k");
    assert_reads("x: &x {k: !reset 1}\ny: {<<: *x}\n", "{x:{},y:{}} mark.x.k mark.y.k");
    /* Below !override nothing more is marked. */
    assert_reads("a: !override {b: !reset 1}\n", "{a:{b:1}} mark.a");
}

TEST(read_stops_at_bombs)
{
    struct text yaml;
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};
    struct spec_tree tree = {.arena = arena, .warnings = &warnings};
    struct spec_reader *reader;
    struct spec_document document;
    struct error err;

    error_init(&err);
    text_init(&yaml, 0);
    text_add(&yaml, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
        text_addf(&yaml, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            text_addf(&yaml, "%s*a%d", j ? "," : "", i - 1);
        text_add(&yaml, "]\n");
    }
    reader = spec_reader_create(&tree, "bomb.yaml", text_span(&yaml));
    assert_false(spec_reader_next(reader, &document, &err));
    assert_string_equal(err.frames[0].text, "document contains excessive aliasing");
    spec_reader_destroy(reader);
    error_finish(&err);
    text_clear(&yaml);
    text_add_repeat(&yaml, '[', 5000);
    reader = spec_reader_create(&tree, "deep.yaml", text_span(&yaml));
    assert_false(spec_reader_next(reader, &document, &err));
    assert_string_equal(err.frames[0].text, "nested more than 1000 levels deep");
    spec_reader_destroy(reader);
    error_finish(&err);
    text_finish(&yaml);
    arena_destroy(arena);
}
