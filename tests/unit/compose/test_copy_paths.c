/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/copy/copy_paths.h"

#include "spec/base/arena.h"
#include "tests/unit/test.h"

TEST(arguments_are_local_or_of_a_service)
{
    static const struct {
        const char *text, *service, *path;
    } rows[] = {
        {"web:/etc/x", "web", "/etc/x"},
        {"web:x:y", "web", "x:y"},
        {"./web:/x", NULL, "./web:/x"},
        {"/a:b", NULL, "/a:b"},
        {"plain", NULL, "plain"},
        {"-", NULL, "-"},
        {"web:", "web", ""},
        {":/x", "", "/x"},
        {"..:/x", NULL, "..:/x"},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct copy_argument argument = copy_argument_parse(arena, rows[i].text);

        assert_string_equal(argument.path, rows[i].path);
        assert_int_equal(argument.service == NULL, rows[i].service == NULL);
        if (rows[i].service)
            assert_string_equal(argument.service, rows[i].service);
    }
    arena_destroy(arena);
}

TEST(paths_are_cleaned)
{
    static const char *const rows[][2] = {
        {"", "."},
        {"a//b/./c", "a/b/c"},
        {"a/../b", "b"},
        {"../a", "../a"},
        {"../../a/..", "../.."},
        {"/..", "/"},
        {"/a/../../b", "/b"},
        {"a/", "a"},
        {"/", "/"},
        {"a/..", "."},
        {"/a/b/..", "/a"},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(copy_clean_path(arena, rows[i][0]), rows[i][1]);
    arena_destroy(arena);
}

TEST(ends_that_mean_something_stay)
{
    static const char *const rows[][2] = {
        {"x", "/w/x"}, {"x/", "/w/x/"}, {"x/.", "/w/x/."}, {".", "/w/."},
        {"..", "/"},   {"/", "/"},      {"/.", "/."},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(copy_absolute_path(arena, "/w", rows[i][0]), rows[i][1]);
    arena_destroy(arena);
}

TEST(paths_have_a_directory_and_a_name)
{
    static const char *const rows[][3] = {
        {"/a/b", "/a", "b"}, {"/a/b/", "/a", "b"}, {"/a/b/.", "/a/b", "."},
        {"/a", "/", "a"},    {"/", "/", "."},      {"b", ".", "b"},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_string_equal(copy_directory_of(arena, rows[i][0]), rows[i][1]);
        assert_string_equal(copy_name_of(arena, rows[i][0]), rows[i][2]);
    }
    assert_string_equal(copy_link_target(arena, "/a/link", "b"), "/a/b");
    assert_string_equal(copy_link_target(arena, "/a/link", "/b"), "/b");
    arena_destroy(arena);
}

enum { MISSING, A_FILE, A_DIRECTORY };

TEST(things_land_where_docker_cp_puts_them)
{
    static const struct {
        const char *source;
        bool source_is_directory;
        const char *destination;
        int is;
        const char *directory, *name; /* or NULL and the error */
    } rows[] = {
        {"/s/f", false, "/d", A_DIRECTORY, "/d", "f"},
        {"/s/f", false, "/d/g", A_FILE, "/d", "g"},
        {"/s/f", false, "/d/g", MISSING, "/d", "g"},
        {"/s/f", false, "/d/g/", MISSING, NULL, "no such directory"},
        {"/s", true, "/d", A_DIRECTORY, "/d", "s"},
        {"/s/.", true, "/d", A_DIRECTORY, "/d", "."},
        {"/s", true, "/d/new", MISSING, "/d", "new"},
        {"/s/.", true, "/d/new", MISSING, "/d", "new"},
        {"/s", true, "/d/new/", MISSING, "/d", "new"},
        {"/s", true, "/d/g", A_FILE, NULL, "cannot copy directory"},
    };
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct copy_destination destination = {rows[i].destination, rows[i].is != MISSING,
                                               rows[i].is == A_DIRECTORY};
        struct copy_place place = {NULL, NULL};
        struct error err;

        error_init(&err);
        assert_int_equal(copy_choose_place(arena, rows[i].source, rows[i].source_is_directory,
                                           &destination, &place, &err),
                         rows[i].directory != NULL);
        if (rows[i].directory) {
            assert_string_equal(place.directory, rows[i].directory);
            assert_string_equal(place.name, rows[i].name);
        } else {
            assert_string_equal(err.frames[0].text, rows[i].name);
        }
        error_finish(&err);
    }
    arena_destroy(arena);
}
