/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/arena.h"
#include "spec/base/path.h"

static const struct {
    const char *path, *clean, *base;
} cases[] = {
    {"", ".", "."},
    {"/", "/", "/"},
    {"a//b", "a/b", "b"},
    {"/../a", "/a", "a"},
    {"a/../..", "..", ".."},
    {"./x/.", "x", "."},
    {"/a/b/../c/", "/a/c", "c"},
    {"../../x", "../../x", "x"},
};

TEST(paths_are_cleaned_lexically)
{
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(path_clean(arena, cases[i].path), cases[i].clean);
        assert_string_equal(path_base(arena, cases[i].path), cases[i].base);
    }
    assert_string_equal(path_directory(arena, "/a/b"), "/a");
    assert_string_equal(path_directory(arena, "b"), ".");
    assert_string_equal(path_join(arena, "/srv/app", "../data"), "/srv/data");
    assert_string_equal(path_join(arena, "/srv/app", "/data/./x"), "/data/x");
    arena_destroy(arena);
}
