/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/memory.h"
#include "spec/base/number.h"

static void assert_form(double value, enum number_style style, bool single, const char *expected)
{
    CLEANUP(text_finish) struct text text;

    text_init(&text, 0);
    number_format(&text, value, style, single);
    assert_string_equal(text.bytes, expected);
}

TEST(integers_are_read_whole_or_not_at_all)
{
    int64_t value = 7;

    assert_true(number_parse_int64("-9223372036854775808", &value));
    assert_true(value == INT64_MIN);
    assert_true(number_parse_int64("+12", &value));
    assert_int_equal(value, 12);
    assert_false(number_parse_int64("9223372036854775808", &value));
    assert_false(number_parse_int64("", &value));
    assert_false(number_parse_int64("-", &value));
    assert_false(number_parse_int64("1x", &value));
    assert_false(number_parse_int64(" 1", &value));
    assert_int_equal(value, 12);
}

TEST(doubles_are_decimal_and_finite)
{
    double value = 0;

    assert_true(number_parse_double("1.5e3", &value));
    assert_true(value == 1500);
    assert_false(number_parse_double("0x10", &value));
    assert_false(number_parse_double("nan", &value));
    assert_false(number_parse_double("1e999", &value));
}

TEST(text_form_turns_to_exponents_early)
{
    assert_form(1000000, NUMBER_TEXT, false, "1e+06");
    assert_form(1500, NUMBER_TEXT, false, "1500");
    assert_form(0.00001, NUMBER_TEXT, false, "1e-05");
    assert_form(123456789.123, NUMBER_TEXT, false, "1.23456789123e+08");
    assert_form(-0.5, NUMBER_TEXT, false, "-0.5");
}

TEST(json_form_turns_to_exponents_late)
{
    assert_form(1e20, NUMBER_JSON, false, "100000000000000000000");
    assert_form(1e21, NUMBER_JSON, false, "1e+21");
    assert_form(1e-7, NUMBER_JSON, false, "1e-7");
    assert_form(0.000001, NUMBER_JSON, false, "0.000001");
    assert_form((double)0.1f, NUMBER_JSON, true, "0.1");
    assert_form(0, NUMBER_JSON, false, "0");
}
