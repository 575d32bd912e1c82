/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/number.h"

TEST(int64_accepts_its_whole_range)
{
    int64_t value = 0;

    assert_true(number_parse_int64("9223372036854775807", &value));
    assert_true(value == INT64_MAX);
    assert_true(number_parse_int64("-9223372036854775808", &value));
    assert_true(value == INT64_MIN);
}

TEST(int64_refuses_what_is_not_wholly_a_number)
{
    static const char *const refused[] = {"", "-", "1 ", "1x", "0x10", "9223372036854775808", "1.5"};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int64_t value = 42;

        if (number_parse_int64(refused[i], &value))
            fail_msg("\"%s\" was accepted", refused[i]);
        assert_true(value == 42); /* results are written on success only */
    }
}
