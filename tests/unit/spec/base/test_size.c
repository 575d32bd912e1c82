/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "spec/base/size.h"

static void assert_reads(const char *text, int64_t bytes)
{
    struct error err;
    int64_t read = -7;

    error_init(&err);
    assert_true(size_parse(text, &read, &err));
    assert_int_equal(read, bytes);
}

static void assert_refuses(const char *text, const char *words)
{
    struct error err;
    int64_t read = 0;
    char *message;

    error_init(&err);
    assert_false(size_parse(text, &read, &err));
    message = error_message(&err);
    assert_string_equal(message, words);
    free(message);
    error_finish(&err);
}

TEST(size_reads_units_of_1024)
{
    assert_reads("1073741824", 1073741824);
    assert_reads("64b", 64);
    assert_reads("1k", 1024);
    assert_reads("1.5m", 1572864);
    assert_reads("2GB", INT64_C(2147483648));
    assert_reads("2 GiB", INT64_C(2147483648));
    assert_reads("1t", INT64_C(1099511627776));
    assert_reads("0.0001k", 0);
    assert_reads("-1", -1);
}

TEST(size_names_what_is_wrong)
{
    assert_refuses("-1g", "invalid size: '-1g'");
    assert_refuses("abc", "invalid size: 'abc'");
    assert_refuses("1x", "invalid suffix: 'x'");
    assert_refuses("1kbb", "invalid suffix: 'kbb'");
    assert_refuses("1bb", "invalid suffix: 'bb'");
    assert_refuses("1e30p", "invalid size: '1e30p' is larger than 8 EiB");
}
