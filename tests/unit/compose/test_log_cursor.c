/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a log again from where it was left: no line twice, none missing. */
#include "tests/unit/test.h"

#include <string.h>

#include "compose/streams/log_cursor.h"
#include "engine_client/instant.h"
#include "spec/base/text.h"

static const int64_t begin_ns = 1700000000 * NS_PER_SECOND;

static struct engine_log_piece piece(enum engine_stream stream, int64_t after_ns, const char *bytes)
{
    size_t length = strlen(bytes);

    return (struct engine_log_piece){.stream = stream,
                                     .time_ns = begin_ns + after_ns,
                                     .bytes = {bytes, length},
                                     .first = true,
                                     .last = length > 0 && bytes[length - 1] == '\n'};
}

static bool is_new(struct log_cursor *cursor, enum engine_stream stream, int64_t after_ns,
                   const char *bytes)
{
    struct engine_log_piece one = piece(stream, after_ns, bytes);

    return log_cursor_take(cursor, &one);
}

TEST(what_was_seen_is_left_out_and_the_rest_is_not)
{
    struct log_cursor cursor = {0};

    assert_int_equal(log_cursor_reopen(&cursor), 0);
    assert_true(is_new(&cursor, ENGINE_STDOUT, 1, "a\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 2, "b\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 2, "b\n")); /* the same instant, the same words */
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns + 1);
    assert_false(is_new(&cursor, ENGINE_STDOUT, 1, "a\n"));
    assert_false(is_new(&cursor, ENGINE_STDOUT, 2, "b\n"));
    assert_false(is_new(&cursor, ENGINE_STDOUT, 2, "b\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 2, "c\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 3, "d\n"));
}

TEST(a_line_of_the_other_stream_may_be_written_late)
{
    struct log_cursor cursor = {0};

    (void)log_cursor_reopen(&cursor);
    assert_true(is_new(&cursor, ENGINE_STDERR, 5, "e1\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 9, "o1\n"));
    (void)log_cursor_reopen(&cursor);
    assert_false(is_new(&cursor, ENGINE_STDERR, 5, "e1\n"));
    assert_false(is_new(&cursor, ENGINE_STDOUT, 9, "o1\n"));
    assert_true(
        is_new(&cursor, ENGINE_STDERR, 7, "e2\n")); /* its time was taken before that of o1 */
}

TEST(what_was_not_asked_for_does_not_come_later)
{
    struct log_cursor cursor = {0};

    (void)log_cursor_reopen(&cursor);
    assert_true(is_new(&cursor, ENGINE_STDOUT, 9, "the tail\n"));
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns + 9);
    assert_false(is_new(&cursor, ENGINE_STDERR, 5, "before the tail\n"));
    assert_false(is_new(&cursor, ENGINE_STDOUT, 9, "the tail\n"));
}

TEST(a_line_is_continued_where_it_broke_off_however_often)
{
    struct log_cursor cursor = {0};
    struct engine_log_piece rest;

    (void)log_cursor_reopen(&cursor);
    assert_true(is_new(&cursor, ENGINE_STDOUT, 1, "one"));
    (void)log_cursor_reopen(&cursor);
    assert_false(is_new(&cursor, ENGINE_STDOUT, 1, "o")); /* and breaks again */
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns + 1);
    rest = piece(ENGINE_STDOUT, 1, "one two\n");
    assert_true(log_cursor_take(&cursor, &rest));
    assert_false(rest.first);
    assert_true(rest.last);
    assert_int_equal(rest.bytes.length, 5);
    assert_memory_equal(rest.bytes.bytes, " two\n", 5);
    (void)log_cursor_reopen(&cursor);
    assert_false(is_new(&cursor, ENGINE_STDOUT, 1, "one two\n"));
}

TEST(the_last_line_without_its_end_counts_once)
{
    struct log_cursor cursor = {0};

    (void)log_cursor_reopen(&cursor);
    assert_true(is_new(&cursor, ENGINE_STDOUT, 1, "killed in the mid"));
    log_cursor_end(&cursor);
    (void)log_cursor_reopen(&cursor);
    assert_false(is_new(&cursor, ENGINE_STDOUT, 1, "killed in the mid"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 2, "next life\n"));
}

TEST(an_open_line_is_found_again_however_old)
{
    struct log_cursor cursor = {0};

    (void)log_cursor_reopen(&cursor);
    assert_true(is_new(&cursor, ENGINE_STDOUT, 0, "long"));
    assert_true(is_new(&cursor, ENGINE_STDERR, 60 * NS_PER_SECOND, "much later\n"));
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns);
    assert_true(is_new(&cursor, ENGINE_STDERR, 61 * NS_PER_SECOND, "and more\n"));
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns);
}

TEST(an_old_log_is_passed_over)
{
    struct log_cursor cursor = {0};

    log_cursor_begin_at(&cursor, begin_ns + 4);
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns + 4);
    assert_false(is_new(&cursor, ENGINE_STDOUT, 3, "old\n"));
    assert_true(is_new(&cursor, ENGINE_STDOUT, 4, "new\n"));
    log_cursor_begin_at(&cursor, begin_ns + 100); /* too late */
    assert_int_equal(log_cursor_reopen(&cursor), begin_ns + 4);
}
