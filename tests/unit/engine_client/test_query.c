/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

TEST(paths_keep_slashes_and_escape_the_rest)
{
    struct arena *arena = arena_create();

    assert_string_equal(engine_path(arena, "/images/%s/json", "host:5000/a/b@sha256:00"),
                        "/images/host:5000/a/b@sha256:00/json");
    assert_string_equal(engine_path(arena, "/volumes/%s", "a b?c#d%"), "/volumes/a%20b%3Fc%23d%25");
    assert_string_equal(engine_path(arena, "/volumes/%s", "\xc3\xa4"), "/volumes/%C3%A4");
    arena_destroy(arena);
}

TEST(parameters_are_joined_and_escaped)
{
    CLEANUP(text_finish) struct text query;

    text_init(&query, 0);
    engine_query_bool(&query, "all", true);
    engine_query_bool(&query, "size", false);
    engine_query_add(&query, "name", "a&b=c d");
    engine_query_add(&query, "platform", NULL);
    engine_query_int(&query, "t", -1);
    assert_string_equal(query.bytes, "all=1&name=a%26b%3Dc%20d&t=-1");
}

TEST(filters_of_one_key_stand_together)
{
    struct arena *arena = arena_create();
    struct pairs filters = {0};
    CLEANUP(text_finish) struct text query;

    text_init(&query, 0);
    engine_query_filters(&query, &filters);
    assert_string_equal(query.bytes, "");
    pairs_add(&filters, arena, "label", "a=b");
    pairs_add(&filters, arena, "type", "container");
    pairs_add(&filters, arena, "label", "c<");
    engine_query_filters(&query, &filters);
    assert_string_equal(query.bytes,
                        "filters=%7B%22label%22:%7B%22a%3Db%22:true,%22c%3C%22:true%7D,"
                        "%22type%22:%7B%22container%22:true%7D%7D");
    arena_destroy(arena);
}

TEST(objects_and_lists_become_json)
{
    struct arena *arena = arena_create();
    struct pairs pairs = {0};
    struct strings strings = {0};
    CLEANUP(text_finish) struct text query;

    text_init(&query, 0);
    engine_query_object(&query, "buildargs", &pairs);
    engine_query_list(&query, "cachefrom", &strings);
    assert_string_equal(query.bytes, "");
    pairs_add(&pairs, arena, "A", "1");
    pairs_add(&pairs, arena, "B", NULL);
    strings_add(&strings, arena, "x:1");
    engine_query_object(&query, "buildargs", &pairs);
    engine_query_list(&query, "cachefrom", &strings);
    assert_string_equal(query.bytes,
                        "buildargs=%7B%22A%22:%221%22,%22B%22:null%7D&cachefrom=%5B%22x:1%22%5D");
    arena_destroy(arena);
}
