/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/text.h"

TEST(limit_keeps_what_was_there_and_says_so)
{
    CLEANUP(text_finish) struct text text;

    text_init(&text, 5);
    text_add(&text, "abc");
    text_add(&text, "def");
    text_add(&text, "g");
    assert_true(text.overflowed);
    assert_string_equal(text.bytes, "abc");
}

TEST(taken_bytes_leave_an_empty_text)
{
    CLEANUP(text_finish) struct text text;
    char *taken;

    text_init(&text, 0);
    text_addf(&text, "%s-%d", "web", 1);
    taken = text_take(&text);
    assert_string_equal(taken, "web-1");
    assert_int_equal(text.length, 0);
    assert_string_equal(text.bytes, "");
    free(taken);
}

TEST(front_is_dropped_and_the_rest_moves_up)
{
    CLEANUP(text_finish) struct text text;

    text_init(&text, 0);
    text_add(&text, "one\ntwo");
    text_drop_front(&text, 4);
    assert_string_equal(text.bytes, "two");
    text_drop_front(&text, 99);
    assert_string_equal(text.bytes, "");
}

TEST(control_bytes_cannot_draw)
{
    CLEANUP(text_finish) struct text text;

    text_init(&text, 0);
    text_add_printable(&text, "a\033[31m\x7f", 7);
    assert_string_equal(text.bytes, "a\\x1b[31m\\x7f");
}
