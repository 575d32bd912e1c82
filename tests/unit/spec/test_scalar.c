/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/scalar.h"

/* "kind text" of a scalar. */
static void assert_tagged(const char *tag, const char *text, const char *wanted)
{
    struct arena *arena = arena_create();
    struct spec_node *node = spec_node_new(arena, SPEC_NULL, NULL);
    struct spec_scalar scalar = {.text = text, .length = strlen(text), .tag = tag};
    struct error err;
    const char *got;

    error_init(&err);
    if (spec_scalar_resolve(arena, &scalar, node, &err)) {
        got = spec_node_scalar_text(arena, node);
        assert_string_equal(
            arena_printf(arena, "%s %s", spec_node_kind_name(node->kind), got ? got : ""), wanted);
    } else {
        assert_string_equal("error", wanted);
    }
    error_finish(&err);
    arena_destroy(arena);
}

static void assert_plain(const char *text, const char *wanted)
{
    assert_tagged(NULL, text, wanted);
}

TEST(scalar_knows_only_the_bools_of_yaml_1_2)
{
    assert_plain("true", "boolean true");
    assert_plain("TRUE", "boolean true");
    assert_plain("False", "boolean false");
    assert_plain("yes", "string yes");
    assert_plain("no", "string no");
    assert_plain("on", "string on");
    assert_plain("tRUE", "string tRUE");
}

TEST(scalar_knows_nulls)
{
    assert_plain("", "null ");
    assert_plain("~", "null ");
    assert_plain("NULL", "null ");
    assert_plain("nULL", "string nULL");
}

TEST(scalar_reads_integers_of_every_base)
{
    assert_plain("42", "integer 42");
    assert_plain("-42", "integer -42");
    assert_plain("+1", "integer 1");
    assert_plain("010", "integer 8");
    assert_plain("0o17", "integer 15");
    assert_plain("0x1F", "integer 31");
    assert_plain("0b101", "integer 5");
    assert_plain("1_000", "integer 1000");
    assert_plain("9223372036854775807", "integer 9223372036854775807");
    assert_plain("0x", "string 0x");
    assert_plain("9223372036854775808", "number 9223372036854775808");
    assert_plain("0xFFFFFFFFFFFFFFFF", "number 18446744073709551615");
    assert_plain("18446744073709551616", "number 1.8446744073709552e+19");
    assert_plain("-9223372036854775808", "integer -9223372036854775808");
    assert_plain("-9223372036854775809", "number -9.223372036854776e+18");
}

TEST(scalar_reads_floats)
{
    assert_plain("08", "number 8");
    assert_plain("1.50", "number 1.5");
    assert_plain(".5", "number 0.5");
    assert_plain("1e3", "number 1000");
    assert_plain("1000000.0", "number 1e+06");
    assert_plain("123456789.123", "number 1.23456789123e+08");
    assert_plain("0.00001", "number 1e-05");
    assert_plain("-0", "number -0");
    assert_plain("1e400", "string 1e400");
    assert_plain("1e", "string 1e");
    assert_plain(".", "string .");
    assert_plain("-.inf", "number -Inf");
}

TEST(scalar_keeps_colons_and_versions_as_text)
{
    assert_plain("1:30", "string 1:30");
    assert_plain("190:20:30", "string 190:20:30");
    assert_plain("1.2.3", "string 1.2.3");
}

TEST(scalar_prints_dates_as_the_reference_does)
{
    assert_plain("2001-01-01", "string 2001-01-01 00:00:00 +0000 UTC");
    assert_plain("2001-1-2T3:4:5.60Z", "string 2001-01-02 03:04:05.6 +0000 UTC");
    assert_plain("2001-01-02T03:04:05+02:00", "string 2001-01-02 03:04:05 +0200 +0200");
    assert_plain("2001-01-02 03:04:05", "string 2001-01-02 03:04:05 +0000 UTC");
    assert_plain("2001-01-02t03:04:05.250-00:30", "string 2001-01-02 03:04:05.25 -0030 -0030");
    assert_plain("2001-01-02T03:04:05+00:00", "string 2001-01-02 03:04:05 +0000 UTC");
    assert_plain("2001-13-01", "string 2001-13-01");
    assert_plain("2001-02-30", "string 2001-02-30");
    assert_plain("2001-01-01x", "string 2001-01-01x");
}

TEST(scalar_honours_tags)
{
    assert_tagged("tag:yaml.org,2002:str", "5", "string 5");
    assert_tagged("tag:yaml.org,2002:int", "0x10", "integer 16");
    assert_tagged("tag:yaml.org,2002:float", "5", "number 5");
    assert_tagged("tag:yaml.org,2002:binary", "aGVsbG8=", "string hello");
    assert_tagged("tag:yaml.org,2002:int", "x", "error");
    assert_tagged("!mine", "5", "string 5");
}
