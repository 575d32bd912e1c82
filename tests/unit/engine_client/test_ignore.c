/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "engine_client/ignore.h"
#include "spec/base/arena.h"

static bool ignores(const char *patterns, const char *path)
{
    struct arena *arena = arena_create();
    struct ignore *ignore;
    struct error err;
    bool ignored;

    error_init(&err);
    ignore = ignore_parse(arena, span_of(patterns), "x/.dockerignore", &err);
    assert_non_null(ignore);
    ignored = ignore_matches(ignore, path);
    arena_destroy(arena);
    return ignored;
}

TEST(patterns_match_from_the_root)
{
    assert_true(ignores("node_modules", "node_modules"));
    assert_true(ignores("node_modules", "node_modules/a/b"));
    assert_false(ignores("node_modules", "app/node_modules"));
    assert_true(ignores("/build/", "build/x"));
    assert_true(ignores("./build", "build"));
    assert_false(ignores("build", "builder"));
}

TEST(stars_stay_within_an_element)
{
    assert_true(ignores("*.log", "a.log"));
    assert_false(ignores("*.log", "dir/a.log"));
    assert_true(ignores("*/temp*", "dir/temporary/x"));
    assert_false(ignores("*/temp*", "temp"));
    assert_true(ignores("temp?", "tempa"));
    assert_false(ignores("temp?", "temp"));
    assert_true(ignores("*", "anything/at/all"));
    assert_true(ignores("a*b*c", "aXbYbZc"));
}

TEST(double_stars_cross_elements)
{
    assert_true(ignores("**/*.go", "a.go"));
    assert_true(ignores("**/*.go", "x/y/a.go"));
    assert_true(ignores("a/**/z", "a/z"));
    assert_true(ignores("a/**/z", "a/b/c/z"));
    assert_false(ignores("a/**/z", "a/b/cz"));
    assert_true(ignores("a/**", "a/b"));
    assert_false(ignores("a/**", "a"));
    assert_true(ignores("**/a/**/b/*.c", "x/a/y/b/q/a/b/f.c"));
    assert_true(ignores("**.txt", "dir/a.txt"));
}

TEST(the_last_match_decides)
{
    const char *patterns = "*.md\n!README*.md\nREADME-secret.md\n";

    assert_true(ignores(patterns, "a.md"));
    assert_false(ignores(patterns, "README.md"));
    assert_true(ignores(patterns, "README-secret.md"));
    assert_false(ignores("*\n!src\n", "src/main.c"));
    assert_true(ignores("*\n!src\nsrc/*.o\n", "src/main.o"));
}

TEST(classes_and_escapes_work)
{
    assert_true(ignores("[a-c].x", "b.x"));
    assert_false(ignores("[^a-c].x", "b.x"));
    assert_true(ignores("\\*.x", "*.x"));
    assert_false(ignores("\\*.x", "a.x"));
}

TEST(comments_blank_lines_and_marks_are_skipped)
{
    assert_false(ignores("# a\n\n   \n", "a"));
    assert_true(
        ignores("\xEF\xBB\xBF"
                "a\r\n",
                "a"));
    assert_false(ignores(".\n/\n", "a"));
}

TEST(malformed_patterns_name_their_line)
{
    struct arena *arena = arena_create();
    struct error err;

    error_init(&err);
    assert_null(ignore_parse(arena, span_of("ok\n[a\n"), "x/.dockerignore", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_int_equal(error_where(&err).line, 2);
    assert_null(ignore_parse(arena, span_of("!\n"), "x/.dockerignore", &err));
    error_finish(&err);
    arena_destroy(arena);
}

TEST(only_directories_that_may_hold_exceptions_are_walked)
{
    struct arena *arena = arena_create();
    struct ignore *ignore;
    struct error err;

    error_init(&err);
    ignore = ignore_parse(arena, span_of("*\n!src/keep/*.c\n!docs\n"), "x", &err);
    assert_true(ignore_may_hold_exceptions(ignore, "src"));
    assert_true(ignore_may_hold_exceptions(ignore, "src/keep"));
    assert_false(ignore_may_hold_exceptions(ignore, "src/other"));
    assert_false(ignore_may_hold_exceptions(ignore, "vendor"));
    ignore = ignore_parse(arena, span_of("*\n!**/x\n"), "x", &err);
    assert_true(ignore_may_hold_exceptions(ignore, "any/where"));
    arena_destroy(arena);
}
