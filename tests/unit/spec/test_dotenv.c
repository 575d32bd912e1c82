/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/dotenv.h"

static struct arena *arena;
static struct spec_environment variables;
static struct warnings warnings;
static struct error failure;

/* Read a text with HOME=/h and OSV=os around it. */
static bool parse(const char *text)
{
    static const char *const outside[] = {"HOME=/h", "OSV=os", NULL};
    struct spec_environment environment = {0};
    const struct spec_dotenv_lookup lookup = {&environment, NULL};

    arena_destroy(arena);
    arena = arena_create();
    error_finish(&failure);
    environment.arena = arena;
    spec_environment_add_list(&environment, outside);
    variables = (struct spec_environment){.arena = arena};
    warnings = (struct warnings){.arena = arena};
    return spec_dotenv_parse(span_of(text), "test.env", &lookup, &variables, &warnings, &failure);
}

static void assert_value(const char *text, const char *name, const char *wanted)
{
    const char *value;

    assert_true(parse(text));
    value = spec_environment_get(&variables, name);
    if (!wanted)
        assert_null(value);
    else
        assert_string_equal(value, wanted);
}

static void assert_fails(const char *text, const char *message, unsigned line)
{
    char *words;

    assert_false(parse(text));
    words = error_message(&failure);
    assert_string_equal(words, message);
    free(words);
    assert_int_equal(error_where(&failure).line, line);
}

TEST(dotenv_takes_both_separators_and_spaces_around_them)
{
    assert_value("A=1\n", "A", "1");
    assert_value("A = 1\n", "A", "1");
    assert_value("A: 1\n", "A", "1");
    assert_value("A:1", "A", "1");
    assert_value(
        "\xEF\xBB\xBF"
        "A=1\r\nB=2\r\n",
        "A", "1");
    assert_value("export \t A=1\n", "A", "1");
    assert_value("A=\n", "A", "");
    assert_value("A=1\nA=2\n", "A", "2");
    assert_value("\n  # comment\n\n  A.b-c_[0]=x\n", "A.b-c_[0]", "x");
    assert_value("\xED\x95\x9C\xEA\xB8\x80=1\n", "\xED\x95\x9C\xEA\xB8\x80", "1");
}

TEST(dotenv_cuts_comments_behind_a_space)
{
    assert_value("A=a #b\n", "A", "a");
    assert_value("A=a#b\n", "A", "a#b");
    assert_value("A=a\t#b\n", "A", "a\t#b");
    assert_value("A= #b\n", "A", "#b");
    assert_value("A=\"a #b\" #c\nB=2\n", "A", "a #b");
    assert_value("A=\"a #b\" #c\nB=2\n", "B", "2");
}

TEST(dotenv_keeps_quotes_inside_plain_values)
{
    assert_value("A=it's\n", "A", "it's");
    assert_value("A=x\"y\"z\n", "A", "x\"y\"z");
    assert_value("A=C:\\dir\\n\n", "A", "C:\\dir\\n");
}

TEST(dotenv_reads_single_quotes_literally)
{
    assert_value("A='$HOME \\n it\\'s \\\\ '\n", "A", "$HOME \\n it's \\\\ ");
    assert_value("A='one\ntwo'\nB=3\n", "A", "one\ntwo");
    assert_value("A='one\ntwo'\nB=3\n", "B", "3");
}

TEST(dotenv_decodes_escapes_in_double_quotes)
{
    assert_value("A=\"a\\nb\\tc\\\\d\\\"e\\$f\\q\\0101\"\n", "A", "a\nb\tc\\d\"e$f\\qA");
    assert_value("A=\"\\u0041\\x41\"\n", "A", "\\u0041\\x41");
    assert_value("A=\"one\ntwo\"\n", "A", "one\ntwo");
    assert_value("A=\"ends with \\\\\"\nB=1\n", "B", "1");
}

TEST(dotenv_expands_variables)
{
    assert_value("A=\\$HOME\n", "A", "\\/h");
    assert_value("A=\"\\$HOME\"\n", "A", "$HOME");
    assert_value("A=$$HOME\n", "A", "$HOME");
    assert_value("A='$HOME'\n", "A", "$HOME");
    assert_value("OSV=file\nA=$OSV\n", "A", "os");
    assert_value("B=1\nA=${B}2\n", "A", "12");
    assert_value("A=${B:-d}\nB=1\n", "A", "d");
    assert_int_equal(warnings.count, 0);
    assert_value("A=${B}2\nB=1\n", "A", "2");
    assert_int_equal(warnings.count, 1);
    assert_int_equal(warnings.items[0].place.line, 1);
}

TEST(dotenv_inherits_names_without_separator)
{
    assert_value("OSV\nB=1\n", "OSV", "os");
    assert_value("NOT_SET\nB=1\n", "NOT_SET", NULL);
    assert_value("OSV\nB=1\n", "B", "1");
}

TEST(dotenv_tells_where_it_fails)
{
    assert_fails("A=1\nA B=1\n", "line 2: key cannot contain a space", 2);
    assert_fails("A+B=1\n", "line 1: unexpected character \"+\" in variable name \"A+B=1\"", 1);
    assert_fails("A=\"x\n", "line 2: unterminated quoted value \"x", 1);
    assert_fails("A=${\n", "Invalid template: \"${\"", 1);
    assert_fails("B=1\nA=${X:?no x}\n", "required variable X is missing a value: no x", 2);
}

static bool parse_raw(const char *text)
{
    static const char *const outside[] = {"OSV=os", NULL};
    struct spec_environment environment = {0};
    const struct spec_dotenv_lookup lookup = {&environment, NULL};

    arena_destroy(arena);
    arena = arena_create();
    error_finish(&failure);
    environment.arena = arena;
    spec_environment_add_list(&environment, outside);
    variables = (struct spec_environment){.arena = arena};
    return spec_dotenv_parse_raw(span_of(text), "raw.env", &lookup, &variables, &failure);
}

TEST(dotenv_raw_takes_values_as_they_are)
{
    assert_true(parse_raw("# c\n  A='x' #y \nOSV\nMISSING\nB=$A\n"));
    assert_string_equal(spec_environment_get(&variables, "A"), "'x' #y ");
    assert_string_equal(spec_environment_get(&variables, "OSV"), "os");
    assert_null(spec_environment_get(&variables, "MISSING"));
    assert_string_equal(spec_environment_get(&variables, "B"), "$A");
    assert_false(parse_raw("=x\n"));
    assert_string_equal(failure.frames[0].text, "no variable name on line '=x'");
    assert_false(parse_raw("A B=x\n"));
    assert_string_equal(failure.frames[0].text, "variable 'A B' contains whitespaces");
    assert_false(parse_raw("A=1\n\xff=1\n"));
    assert_string_equal(failure.frames[0].text, "invalid utf8 bytes at line 2: [255 61 49]");
}
