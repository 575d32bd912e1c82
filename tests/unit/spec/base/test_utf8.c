/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "spec/base/utf8.h"

static size_t width(const char *s)
{
    return utf8_width(s, strlen(s));
}

TEST(width_counts_columns_not_bytes)
{
    assert_int_equal(width("web-1"), 5);
    assert_int_equal(width("데이터"), 6);
    assert_int_equal(width("e\xcc\x81"), 1);
    assert_int_equal(width("\xf0\x9f\x90\xb3"), 2);
    assert_int_equal(width(""), 0);
}

TEST(an_emoji_sequence_counts_once)
{
    assert_int_equal(
        width("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"), 2);
}

TEST(fit_never_cuts_a_cluster)
{
    const char *text = "a데b";

    assert_int_equal(utf8_fit(text, strlen(text), 0), 0);
    assert_int_equal(utf8_fit(text, strlen(text), 1), 1);
    assert_int_equal(utf8_fit(text, strlen(text), 2), 1);
    assert_int_equal(utf8_fit(text, strlen(text), 3), 4);
    assert_int_equal(utf8_fit(text, strlen(text), 9), 5);
}

TEST(decoding_refuses_what_is_not_utf8)
{
    uint32_t code;

    assert_int_equal(utf8_decode("\xc3\xa9", 2, &code), 2);
    assert_int_equal(code, 0xe9);
    assert_int_equal(utf8_decode("\xc3", 1, &code), 0);
    assert_int_equal(utf8_decode("\xed\xa0\x80", 3, &code), 0);
    assert_int_equal(utf8_decode("\xc0\x80", 2, &code), 0);
    assert_false(utf8_is_valid("ok\xff", 3));
    assert_true(utf8_is_valid("ok\xf0\x9f\x90\xb3", 6));
}
