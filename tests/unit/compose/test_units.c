/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <time.h>

#include "compose/console/since.h"
#include "compose/console/units.h"
#include "engine_client/instant.h"
#include "spec/base/text.h"

#define HOUR 3600LL
#define DAY  (24 * HOUR)

static const struct {
    int64_t seconds;
    const char *words;
} durations[] = {
    {0, "Less than a second"},    {1, "1 second"},         {59, "59 seconds"},
    {60, "About a minute"},       {119, "About a minute"}, {120, "2 minutes"},
    {59 * 60 + 59, "59 minutes"}, {HOUR, "About an hour"}, {90 * 60, "2 hours"},
    {47 * HOUR, "47 hours"},      {48 * HOUR, "2 days"},   {13 * DAY, "13 days"},
    {14 * DAY, "2 weeks"},        {59 * DAY, "8 weeks"},   {60 * DAY, "2 months"},
    {729 * DAY, "24 months"},     {730 * DAY, "2 years"},
};

TEST(durations_in_words)
{
    struct text out;

    text_init(&out, 0);
    for (size_t i = 0; i < COUNT_OF(durations); i++) {
        text_clear(&out);
        units_add_duration(&out, durations[i].seconds * NS_PER_SECOND);
        assert_string_equal(out.bytes, durations[i].words);
    }
    text_finish(&out);
}

TEST(sizes_with_significant_digits)
{
    struct text out;

    text_init(&out, 0);
    units_add_size(&out, 1234567, 3);
    text_add_char(&out, ' ');
    units_add_size(&out, 999, 3);
    text_add_char(&out, ' ');
    units_add_size(&out, 4e7, 4);
    text_add_char(&out, ' ');
    units_add_binary_size(&out, 1.5 * 1024 * 1024, 4);
    assert_string_equal(out.bytes, "1.23MB 999B 40MB 1.5MiB");
    text_finish(&out);
}

static const struct {
    const char *text;
    int64_t ns;
} instants[] = {
    {"2026-01-02T03:04:05Z", 1767323045 * NS_PER_SECOND},
    {"2026-01-02T03:04:05.5+01:00", 1767319445 * NS_PER_SECOND + 500000000},
    {"2026-01-02", 1767312000 * NS_PER_SECOND},
    {"2026-01-02T03:04", 1767323040 * NS_PER_SECOND},
    {"1767323045", 1767323045 * NS_PER_SECOND},
    {"1767323045.000000001", 1767323045 * NS_PER_SECOND + 1},
    {"10m", (2000000000 - 600) * NS_PER_SECOND},
};

TEST(points_in_time)
{
    struct error err;
    int64_t ns;

    (void)setenv("TZ", "UTC", 1);
    tzset();
    error_init(&err);
    for (size_t i = 0; i < COUNT_OF(instants); i++) {
        assert_true(since_parse(instants[i].text, 2000000000 * NS_PER_SECOND, &ns, &err));
        assert_int_equal(ns, instants[i].ns);
    }
    assert_false(since_parse("yesterday", 0, &ns, &err));
    error_finish(&err);
}
