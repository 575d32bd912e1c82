/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/text.h"
#include "spec/refresh_window.h"

static int64_t window_of(const char *policy)
{
    int64_t window_s = -1;

    return spec_refresh_window(policy, &window_s) ? window_s : -1;
}

TEST(refresh_window_adds_up_its_parts)
{
    assert_int_equal(window_of(NULL), 0);
    assert_int_equal(window_of("always"), 0);
    assert_int_equal(window_of("daily"), 86400);
    assert_int_equal(window_of("weekly"), 7 * 86400);
    assert_int_equal(window_of("every_1w2d3h4m5s"), 9 * 86400 + 3 * 3600 + 4 * 60 + 5);
    assert_int_equal(window_of("every_0000000000000000000000000000001h"), 3600);
    assert_int_equal(window_of("every_1d and more"), 0);
    assert_int_equal(window_of("every_"), 0);
}

TEST(refresh_window_has_a_bound)
{
    struct text many;

    assert_int_equal(window_of("every_9223372036s"), INT64_C(9223372036));
    assert_int_equal(window_of("every_9223372037s"), -1);
    assert_int_equal(window_of("every_9223372036s1s"), -1);
    assert_int_equal(window_of("every_99999999999999999999d"), -1);
    text_init(&many, 0);
    text_add(&many, "every_");
    for (int i = 0; i < 10000; i++)
        text_add(&many, "2147483647w");
    assert_int_equal(window_of(many.bytes), -1);
    text_finish(&many);
}
