/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

static void expect(const char *text, int64_t wanted)
{
    int64_t ns = -1;

    assert_true(instant_parse(text, &ns));
    assert_int_equal(ns, wanted);
}

TEST(instants_are_read_to_the_nanosecond)
{
    expect("1970-01-01T00:00:00Z", 0);
    expect("1970-01-01T00:00:00.000000001Z", 1);
    expect("2026-11-21T11:35:41.336651829Z", 1795260941336651829);
    expect("2026-11-21T20:35:41.336651829+09:00", 1795260941336651829);
    expect("2026-11-21T06:05:41.3-05:30", 1795260941300000000);
    expect("2024-02-29T12:00:00Z", 1709208000000000000);
    expect("1969-12-31T23:59:59.5Z", -500000000);
    expect("2026-11-21T11:35:41.1234567891234Z", 1795260941123456789);
}

TEST(never_is_zero)
{
    expect("0001-01-01T00:00:00Z", 0);
    assert_int_equal(instant_or_never("0001-01-01T00:00:00Z"), 0);
    assert_int_equal(instant_or_never(""), 0);
    assert_int_equal(instant_or_never(NULL), 0);
    assert_int_equal(instant_or_never("soon"), 0);
}

TEST(malformed_instants_are_refused)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T11:35:41",
        "2026-11-21T11:35:41.Z",
        "2026-13-21T11:35:41Z",
        "2026-11-21T24:35:41Z",
        "2026-11-21T11:35:41Zx",
        "2026-11-21T11:35:41+09",
        "2026-11-21T11:35:41+99:00",
        "+026-11-21T11:35:41Z",
    };
    int64_t ns = 7;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(instant_parse(bad[i], &ns));
    assert_int_equal(ns, 7);
}

TEST(prefix_tells_what_it_took)
{
    int64_t ns;
    struct span line = span_of("2026-11-21T11:35:41.5Z the line");

    assert_int_equal(instant_parse_prefix(line, &ns), 22);
    line.length = 20;
    assert_int_equal(instant_parse_prefix(line, &ns), 0);
}

TEST(written_instants_have_nine_digits_and_come_back)
{
    static const int64_t samples[] = {
        0, 1, -1, 1795260941336651829, -500000000, 4102444800000000000};
    CLEANUP(text_finish) struct text text;
    int64_t ns;

    text_init(&text, 0);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        text_clear(&text);
        instant_add(&text, samples[i]);
        assert_int_equal(text.length, 30);
        assert_true(instant_parse(text.bytes, &ns));
        assert_int_equal(ns, samples[i]);
    }
}

TEST(query_form_keeps_all_digits)
{
    struct arena *arena = arena_create();

    assert_string_equal(instant_query(arena, 1795260941036651829), "1795260941.036651829");
    arena_destroy(arena);
}

TEST(http_dates_are_read)
{
    int64_t ns;

    assert_true(instant_parse_http("Sat, 21 Nov 2026 11:35:41 GMT", &ns));
    assert_int_equal(ns, 1795260941000000000);
    assert_false(instant_parse_http("Sat, 21 Now 2026 11:35:41 GMT", &ns));
    assert_false(instant_parse_http("yesterday", &ns));
}
