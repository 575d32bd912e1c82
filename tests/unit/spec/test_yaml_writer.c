/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "spec/yaml_resolve.h"
#include "spec/yaml_writer.h"

/* `wanted` is the document {k: value}. */
static void assert_writes(const char *value, const char *wanted)
{
    struct yaml_writer yaml;
    struct text out;

    text_init(&out, 0);
    yaml_begin(&yaml, &out);
    yaml_map_open(&yaml);
    yaml_key(&yaml, "k");
    yaml_string(&yaml, value);
    yaml_map_close(&yaml);
    yaml_end(&yaml);
    assert_string_equal(out.bytes, wanted);
    text_finish(&out);
}

TEST(yaml_writer_leaves_plain_text_plain)
{
    assert_writes("a:b", "k: a:b\n");
    assert_writes("it's", "k: it's\n");
    assert_writes("-a", "k: -a\n");
    assert_writes("a#b", "k: a#b\n");
    assert_writes("1e", "k: 1e\n");
    assert_writes("nan", "k: nan\n");
    assert_writes("é ü", "k: é ü\n");
}

TEST(yaml_writer_quotes_what_would_be_read_as_something_else)
{
    assert_writes("", "k: \"\"\n");
    assert_writes("true", "k: \"true\"\n");
    assert_writes("~", "k: \"~\"\n");
    assert_writes("1_000", "k: \"1_000\"\n");
    assert_writes("0o14", "k: \"0o14\"\n");
    assert_writes(".5", "k: \".5\"\n");
    assert_writes("2001-01-01", "k: \"2001-01-01\"\n");
    assert_writes("yes", "k: 'yes'\n");
    assert_writes("1:30", "k: '1:30'\n");
    assert_writes("<<", "k: '<<'\n");
}

TEST(yaml_writer_quotes_indicators)
{
    assert_writes(" a", "k: ' a'\n");
    assert_writes("a: b", "k: 'a: b'\n");
    assert_writes("a:", "k: 'a:'\n");
    assert_writes("a #b", "k: 'a #b'\n");
    assert_writes("[a", "k: '[a'\n");
    assert_writes("'a", "k: '''a'\n");
    assert_writes("- a", "k: '- a'\n");
    assert_writes("---", "k: '---'\n");
}

TEST(yaml_writer_escapes_what_cannot_be_shown)
{
    assert_writes("a\tb", "k: \"a\\tb\"\n");
    assert_writes("\x01", "k: \"\\x01\"\n");
    assert_writes("\xf0\x9f\x98\x80", "k: \"\\U0001F600\"\n");
    assert_writes("a \nb", "k: \"a \\nb\"\n");
    assert_writes("\n", "k: \"\\n\"\n");
}

TEST(yaml_writer_writes_lines_as_a_literal)
{
    assert_writes("a\nb", "k: |-\n  a\n  b\n");
    assert_writes("a\n\nb\n", "k: |\n  a\n\n  b\n");
    assert_writes("a\n\n", "k: |+\n  a\n\n");
    assert_writes(" a\nb", "k: |2-\n   a\n  b\n");
}

TEST(yaml_writer_folds_behind_column_80)
{
    char value[100], wanted[120];

    memset(value, 'a', 90);
    memcpy(value + 80, " bb cc", 7);
    memset(wanted, 0, sizeof(wanted));
    memcpy(wanted, "k: ", 3);
    memset(wanted + 3, 'a', 80);
    memcpy(wanted + 83, "\n  bb cc\n", 10);
    assert_writes(value, wanted);
}

TEST(yaml_writer_indents_lists_in_maps)
{
    struct yaml_writer yaml;
    struct text out;

    text_init(&out, 0);
    yaml_begin(&yaml, &out);
    yaml_map_open(&yaml);
    yaml_key(&yaml, "list");
    yaml_list_open(&yaml);
    yaml_map_open(&yaml);
    yaml_key(&yaml, "a");
    yaml_plain(&yaml, "1");
    yaml_key(&yaml, "b");
    yaml_map_open(&yaml);
    yaml_map_close(&yaml);
    yaml_map_close(&yaml);
    yaml_list_open(&yaml);
    yaml_plain(&yaml, "null");
    yaml_list_close(&yaml);
    yaml_list_close(&yaml);
    yaml_key(&yaml, "empty");
    yaml_list_open(&yaml);
    yaml_list_close(&yaml);
    yaml_map_close(&yaml);
    yaml_end(&yaml);
    assert_string_equal(out.bytes, "list:\n  - a: 1\n    b: {}\n  - - null\nempty: []\n");
    text_finish(&out);
}

static enum yaml_meaning meaning(const char *text)
{
    return yaml_resolve(text, strlen(text), NULL);
}

TEST(yaml_resolve_knows_numbers)
{
    struct yaml_value value;

    assert_int_equal(yaml_resolve("010", 3, &value), YAML_MEANS_INT);
    assert_int_equal(value.integer, 8);
    assert_int_equal(yaml_resolve("-0x1F", 5, &value), YAML_MEANS_INT);
    assert_int_equal(value.integer, -31);
    assert_int_equal(meaning("08"), YAML_MEANS_FLOAT);
    assert_int_equal(meaning("1e400"), YAML_MEANS_TEXT);
    assert_int_equal(meaning("0x"), YAML_MEANS_TEXT);
    assert_int_equal(meaning("1.2.3"), YAML_MEANS_TEXT);
    assert_int_equal(yaml_resolve("9223372036854775808", 19, &value), YAML_MEANS_INT);
    assert_true(value.huge == (uint64_t)INT64_MAX + 1);
    assert_int_equal(meaning("18446744073709551616"), YAML_MEANS_FLOAT);
    assert_int_equal(meaning("-0"), YAML_MEANS_FLOAT);
}

TEST(yaml_resolve_knows_dates)
{
    assert_int_equal(meaning("2024-2-29"), YAML_MEANS_TIMESTAMP);
    assert_int_equal(meaning("2023-2-29"), YAML_MEANS_TEXT);
    assert_int_equal(meaning("2001-12-14 21:59:43.1"), YAML_MEANS_TIMESTAMP);
    assert_int_equal(meaning("2001-12-14T21:59:43Z"), YAML_MEANS_TIMESTAMP);
    assert_int_equal(meaning("2001-12-14T21:59:43-05:00"), YAML_MEANS_TIMESTAMP);
    assert_int_equal(meaning("2001-12-14t21:59:43"), YAML_MEANS_TEXT);
    assert_int_equal(meaning("2001-12-"), YAML_MEANS_TEXT);
}

TEST(yaml_writes_bytes_that_are_no_text_in_base64)
{
    struct yaml_writer yaml;
    struct text text;
    char many[81];

    for (size_t i = 0; i < 80; i++)
        many[i] = (char)(i % 2 ? 0xFE : 0xFF);
    many[80] = '\0';
    text_init(&text, 0);
    yaml_begin(&yaml, &text);
    yaml_map_open(&yaml);
    yaml_key(&yaml, "a");
    yaml_string(&yaml,
                "\xff\xfe"
                "abc");
    yaml_key(&yaml, "B\xff");
    yaml_string(&yaml, "\xff\nabc");
    yaml_key(&yaml, "long");
    yaml_string(&yaml, many);
    yaml_map_close(&yaml);
    yaml_end(&yaml);
    assert_string_equal(text.bytes,
                        "a: !!binary //5hYmM=\n"
                        "!!binary Qv8=: !!binary /wphYmM=\n"
                        "long: !!binary |\n"
                        "  //7//v/+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+//7//v/+//7//v\n"
                        "  /+//7//v/+//7//v/+//7//v/+//7//v/+//4=\n");
    text_finish(&text);
}
