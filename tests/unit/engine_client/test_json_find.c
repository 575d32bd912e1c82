/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/json_find.h"
#include "spec/base/arena.h"

static const char sample[] =
    " { \"a\" : {\"x\":[1, {\"y\":\"}\\\"{\"}, [ ] ], "
    "\"n\":9223372036854775807}, \"b\\u0041\":null,\n"
    " \"labels\":{\"com.docker.x\":\"v\"}, \"t\":\"tab\\t \\ud83d\\ude00 "
    "\\u00e9\", \"timeNano\":1795260941336651829 }";

static void expect(const char *path, const char *wanted)
{
    struct span found = engine_json_find(span_of(sample), path);

    if (!wanted) {
        assert_null(found.bytes);
        return;
    }
    assert_non_null(found.bytes);
    assert_int_equal(found.length, strlen(wanted));
    assert_memory_equal(found.bytes, wanted, found.length);
}

TEST(values_are_found_by_path)
{
    expect("a.n", "9223372036854775807");
    expect("a.x.0", "1");
    expect("a.x.1.y", "\"}\\\"{\"");
    expect("a.x.2", "[ ]");
    expect("bA", "null");
    expect("a.x", "[1, {\"y\":\"}\\\"{\"}, [ ] ]");
}

TEST(what_is_not_there_is_not_found)
{
    expect("c", NULL);
    expect("a.x.3", NULL);
    expect("a.x.y", NULL);
    expect("a.n.z", NULL);
    expect("labels.com.docker.x", NULL);
}

TEST(keys_with_dots_are_found_by_segments)
{
    static const char *const path[] = {"labels", "com.docker.x"};
    struct span found = engine_json_find_segments(span_of(sample), path, 2);

    assert_non_null(found.bytes);
    assert_memory_equal(found.bytes, "\"v\"", 3);
}

TEST(integers_keep_their_last_digits)
{
    int64_t value;

    assert_true(engine_json_find_int64(span_of(sample), "timeNano", &value));
    assert_int_equal(value, 1795260941336651829);
    assert_true(engine_json_find_int64(span_of(sample), "a.n", &value));
    assert_int_equal(value, INT64_MAX);
    assert_false(engine_json_find_int64(span_of(sample), "t", &value));
}

TEST(text_of_a_value_is_unescaped)
{
    struct arena *arena = arena_create();

    assert_string_equal(engine_json_text(arena, engine_json_find(span_of(sample), "t")),
                        "tab\t \xf0\x9f\x98\x80 \xc3\xa9");
    assert_string_equal(engine_json_text(arena, engine_json_find(span_of(sample), "a.x.0")), "1");
    assert_string_equal(engine_json_text(arena, (struct span){NULL, 0}), "");
    arena_destroy(arena);
}

TEST(broken_text_ends_the_search)
{
    for (size_t length = 0; length < strlen(sample); length++) {
        struct span cut = {sample, length};
        struct span found = engine_json_find(cut, "timeNano");

        if (found.bytes)
            assert_true(found.bytes + found.length <= sample + length);
    }
}

TEST(members_come_in_their_order_with_their_keys)
{
    struct arena *arena = arena_create();
    struct engine_json_member *members;

    assert_int_equal(engine_json_members(arena, span_of("{}"), &members), 0);
    assert_int_equal(engine_json_members(arena, span_of("[ ]"), &members), 0);
    assert_int_equal(engine_json_members(arena, span_of("null"), &members), 0);
    assert_int_equal(engine_json_members(arena, (struct span){0}, &members), 0);
    assert_int_equal(engine_json_members(
                         arena, span_of(" { \"b.c\" : [1,{}], \"\\u0041\":\"x,}\" } "), &members),
                     2);
    assert_string_equal(members[0].key, "b.c");
    assert_string_equal(engine_json_text(arena, members[0].value), "[1,{}]");
    assert_string_equal(members[1].key, "A");
    assert_string_equal(engine_json_text(arena, members[1].value), "x,}");
    assert_int_equal(engine_json_members(arena, span_of("[1, \"a\", {\"x\":2}]"), &members), 3);
    assert_null(members[0].key);
    assert_string_equal(engine_json_text(arena, members[2].value), "{\"x\":2}");
    assert_int_equal(engine_json_members(arena, span_of("{\"a\":1, broken"), &members), 1);
    arena_destroy(arena);
}
