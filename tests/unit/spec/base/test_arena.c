/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spec/base/arena.h"
#include "spec/base/index.h"
#include "spec/base/strings.h"
#include "spec/base/warnings.h"

TEST(pieces_are_zeroed_aligned_and_apart)
{
    struct arena *arena = arena_create();
    char *before = NULL;

    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        char *piece = arena_alloc(arena, size);

        assert_int_equal((uintptr_t)piece % 8, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0x55, size);
        assert_true(piece != before);
        before = piece;
    }
    arena_destroy(arena);
    arena_destroy(NULL);
}

TEST(an_array_that_does_not_fit_ends_the_program)
{
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX / 8 + 1, SIZE_MAX / 16 + 2};

    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            (void)close(STDERR_FILENO);
            (void)arena_array(arena_create(), counts[i], 16);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
    }
}

TEST(index_finds_what_was_put_and_nothing_else)
{
    struct arena *arena = arena_create();
    struct index index = {0};

    assert_int_equal(index_find(&index, "web"), INDEX_NONE);
    for (size_t i = 0; i < 1000; i++)
        index_put(&index, arena, arena_printf(arena, "service-%zu", i), i);
    index_put(&index, arena, "service-7", 4242);
    assert_int_equal(index.count, 1000);
    assert_int_equal(index_find(&index, "service-7"), 4242);
    assert_int_equal(index_find(&index, "service-999"), 999);
    assert_int_equal(index_find(&index, "service-1000"), INDEX_NONE);
    arena_destroy(arena);
}

TEST(pairs_keep_order_until_they_are_sorted)
{
    struct arena *arena = arena_create();
    struct pairs map = {0};

    pairs_set(&map, arena, "b", "1");
    pairs_set(&map, arena, "a", NULL);
    pairs_set(&map, arena, "b", "2");
    assert_int_equal(map.count, 2);
    assert_string_equal(map.items[0].key, "b");
    pairs_sort(&map);
    assert_string_equal(map.items[0].key, "a");
    assert_string_equal(pairs_find(&map, "b")->value, "2");
    assert_null(pairs_find(&map, "c"));
    arena_destroy(arena);
}

TEST(a_warning_is_told_once)
{
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};

    warnings_add(&warnings, (struct place){"a.yaml", 1, 2}, "variable %s", "X");
    warnings_add(&warnings, (struct place){"a.yaml", 1, 2}, "variable %s", "X");
    warnings_add(&warnings, (struct place){"a.yaml", 2, 2}, "variable %s", "X");
    assert_int_equal(warnings.count, 2);
    arena_destroy(arena);
}
