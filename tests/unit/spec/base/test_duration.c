/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "spec/base/duration.h"

#define MS     INT64_C(1000000)
#define SECOND INT64_C(1000000000)

static void assert_reads(const char *text, int64_t ns)
{
    struct error err;
    int64_t read = 0;

    error_init(&err);
    assert_true(duration_parse(text, &read, &err));
    assert_int_equal(read, ns);
}

static void assert_refuses(const char *text, const char *words)
{
    struct error err;
    int64_t read = 0;
    char *message;

    error_init(&err);
    assert_false(duration_parse(text, &read, &err));
    message = error_message(&err);
    assert_string_equal(message, words);
    free(message);
    error_finish(&err);
}

static void assert_prints(int64_t ns, const char *text)
{
    struct text out;

    text_init(&out, 0);
    duration_format(&out, ns);
    assert_string_equal(out.bytes, text);
    text_finish(&out);
}

TEST(duration_reads_every_unit)
{
    assert_reads("0", 0);
    assert_reads("10ns", 10);
    assert_reads("250us", 250000);
    assert_reads("250µs", 250000);
    assert_reads("1.5ms", 1500000);
    assert_reads("1m30s", 90 * SECOND);
    assert_reads("-1h", -3600 * SECOND);
    assert_reads("2d", 48 * 3600 * SECOND);
    assert_reads("1w", 7 * 24 * 3600 * SECOND);
    assert_reads(".5s", 500 * MS);
    assert_reads("1.s", SECOND);
}

TEST(duration_names_what_is_wrong)
{
    assert_refuses("5", "time: missing unit in duration \"5\"");
    assert_refuses("5x", "time: unknown unit \"x\" in duration \"5x\"");
    assert_refuses("", "time: invalid duration \"\"");
    assert_refuses("s", "time: invalid duration \"s\"");
    assert_refuses(".s", "time: invalid duration \".s\"");
    assert_refuses("99999999999999999999s", "time: invalid duration \"99999999999999999999s\"");
    assert_refuses("300y", "time: unknown unit \"y\" in duration \"300y\"");
}

TEST(duration_reads_fractions_of_any_length)
{
    char text[500] = "0.", zeros[500] = "1.";

    for (size_t i = 2; i < 402; i++) {
        text[i] = '9';
        zeros[i] = '0';
    }
    text[402] = zeros[402] = 's';
    assert_reads(text, SECOND);
    assert_reads(zeros, SECOND);
}

TEST(duration_reads_the_extremes)
{
    assert_reads("9223372036854775807ns", INT64_MAX);
    assert_reads("-9223372036854775808ns", INT64_MIN);
    assert_refuses("9223372036854775808ns", "time: invalid duration \"9223372036854775808ns\"");
}

TEST(duration_prints_as_go_does)
{
    assert_prints(0, "0s");
    assert_prints(10, "10ns");
    assert_prints(250000, "250µs");
    assert_prints(1500000, "1.5ms");
    assert_prints(60 * SECOND + 500 * MS, "1m0.5s");
    assert_prints(5400 * SECOND, "1h30m0s");
    assert_prints(86400 * SECOND, "24h0m0s");
    assert_prints(-90 * SECOND, "-1m30s");
    assert_prints(INT64_MIN, "-2562047h47m16.854775808s");
}
