/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/memory.h"
#include "spec/base/natural.h"

static void assert_order(const char *const *keys, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        if (natural_compare(keys[i], keys[i + 1]) >= 0)
            fail_msg("%s must stand before %s", keys[i], keys[i + 1]);
        if (natural_compare(keys[i + 1], keys[i]) <= 0)
            fail_msg("%s must not stand before %s", keys[i + 1], keys[i]);
    }
}

TEST(natural_order_counts_and_puts_letters_last)
{
    static const char *const mixed[] = {"1a", "A", "a", "a1b", "a9", "a10"};
    static const char *const signs[] = {"-",  "_k", "1",   "K1", "k",   "k 1", "k-1",
                                        "k.", "k1", "k01", "k2", "k10", "kz",  "ké"};

    assert_order(mixed, COUNT_OF(mixed));
    assert_order(signs, COUNT_OF(signs));
    assert_int_equal(natural_compare("a1", "a1"), 0);
}
