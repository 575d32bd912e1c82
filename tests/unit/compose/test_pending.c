/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/pending.h"

#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "tests/unit/test.h"

enum { NOW_MS = 1000 };

static struct pending_list read_text(struct arena *arena, const char *lines)
{
    struct pending_list list;

    pending_read(arena, span_of(lines), NOW_MS, &list);
    return list;
}

TEST(pending_reads_what_it_writes)
{
    struct arena *arena = arena_create();
    struct text lines;

    text_init(&lines, 0);
    for (size_t i = 0; i < PENDING_KINDS; i++)
        pending_write(&lines, &(struct pending_note){.kind = (enum pending_kind)i,
                                                     .id = "0123abc",
                                                     .name = "a name",
                                                     .since_ms = 500 + (int64_t)i,
                                                     .until_ms = 2000 + (int64_t)i});
    {
        struct pending_list list = read_text(arena, lines.bytes);

        assert_int_equal(list.count, PENDING_KINDS);
        for (size_t i = 0; i < PENDING_KINDS; i++) {
            assert_int_equal(list.items[i].kind, i);
            assert_string_equal(list.items[i].id, "0123abc");
            assert_string_equal(list.items[i].name, "a name");
            assert_int_equal(list.items[i].since_ms, 500 + i);
            assert_int_equal(list.items[i].until_ms, 2000 + i);
        }
    }
    text_finish(&lines);
    arena_destroy(arena);
}

TEST(pending_passes_over_wrong_lines)
{
    struct arena *arena = arena_create();

    assert_int_equal(read_text(arena, "").count, 0);
    assert_int_equal(read_text(arena, "stop id 500 2000 cut").count, 0); /* no newline */
    assert_int_equal(read_text(arena, "\n\nstop\nstop id\n").count, 0);
    assert_int_equal(read_text(arena, "stop id 500 2000\n").count, 0); /* no name */
    assert_int_equal(read_text(arena, "fly id 500 2000 name\n").count, 0);
    assert_int_equal(read_text(arena, "stop id 5x 2000 name\n").count, 0);
    assert_int_equal(read_text(arena, "stop id 500 999999999999999999999 name\n").count, 0);
    assert_int_equal(read_text(arena, "x\nstop id 500 2000 name\ny\n").count, 1);
    arena_destroy(arena);
}

TEST(pending_leaves_out_other_times)
{
    struct arena *arena = arena_create();

    assert_int_equal(read_text(arena, "stop id 500 1000 over\n").count, 0);
    assert_int_equal(read_text(arena, "stop id 1001 2000 future\n").count, 0);
    assert_int_equal(read_text(arena, "stop id 1000 1001 now\n").count, 1);
    arena_destroy(arena);
}

TEST(pending_writes_no_broken_line)
{
    struct text lines;

    text_init(&lines, 0);
    pending_write(&lines, &(struct pending_note){.id = "two words", .name = "n"});
    pending_write(&lines, &(struct pending_note){.id = "", .name = "n"});
    pending_write(&lines, &(struct pending_note){.id = "id", .name = "n\nstop x 1 2 y"});
    assert_int_equal(lines.length, 0);
    text_finish(&lines);
}

TEST(pending_scopes)
{
    for (size_t i = 0; i < PENDING_KINDS; i++) {
        assert_true(pending_matters((enum pending_kind)i, PENDING_ALL));
        assert_false(pending_matters((enum pending_kind)i, PENDING_NONE));
    }
    assert_true(pending_matters(PENDING_CREATE, PENDING_STARTS));
    assert_true(pending_matters(PENDING_RESTART, PENDING_STARTS));
    assert_false(pending_matters(PENDING_STOP, PENDING_STARTS));
    assert_false(pending_matters(PENDING_KILL, PENDING_STARTS));
}
