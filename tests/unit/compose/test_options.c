/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "compose/options.h"
#include "spec/base/arena.h"

static const struct option table[] = {
    {"detach", .letter = 'd', .kind = OPTION_BOOL},
    {"quiet", .letter = 'q', .kind = OPTION_BOOL},
    {"menu", .kind = OPTION_BOOL, .initial = "true"},
    {"timeout", 't', OPTION_INT, .initial = "10"},
    {"file", .letter = 'f', .kind = OPTION_LIST},
    {"cap", .kind = OPTION_LIST, .flags = OPTION_COMMA_LIST},
    {"memory", .letter = 'm', .kind = OPTION_BYTES},
    {"no-tty", 'T', OPTION_BOOL, .alias = "no-TTY"},
    {"format", .kind = OPTION_STRING, .initial = "table"},
    {"old", .kind = OPTION_BOOL, .deprecated = "--old is deprecated"},
    OPTION_END,
};

static struct arena *arena;
static struct options options;
static struct error err;

/* Parse words up to NULL. `stop` is no bool because va_start() takes no type that is promoted. */
static bool parse(int stop, ...)
{
    char *argv[16];
    int argc = 0;
    va_list words;

    va_start(words, stop);
    while ((argv[argc] = va_arg(words, char *)) != NULL)
        argc++;
    va_end(words);
    arena_destroy(arena);
    arena = arena_create();
    error_finish(&err);
    return options_parse(table, NULL, stop != 0, argc, argv, arena, &options, &err);
}

static void expect_error(const char *message)
{
    char *text = error_message(&err);

    assert_string_equal(text, message);
    free(text);
}

TEST(forms_of_a_value)
{
    assert_true(parse(false, "-t5", "--format=json", "-f", "a", "--file", "b", "-f=c", NULL));
    assert_int_equal(options_int(&options, "timeout"), 5);
    assert_string_equal(options_string(&options, "format"), "json");
    assert_int_equal(options_list(&options, "file")->count, 3);
    assert_string_equal(options_list(&options, "file")->items[2], "c");
}

TEST(defaults_and_given)
{
    assert_true(parse(false, "--menu=false", NULL));
    assert_int_equal(options_int(&options, "timeout"), 10);
    assert_false(options_given(&options, "timeout"));
    assert_true(options_given(&options, "menu"));
    assert_false(options_bool(&options, "menu"));
    assert_string_equal(options_string(&options, "format"), "table");
}

TEST(letters_join_and_take_values)
{
    assert_true(parse(false, "-dqt", "7", "web", NULL));
    assert_true(options_bool(&options, "detach") && options_bool(&options, "quiet"));
    assert_int_equal(options_int(&options, "timeout"), 7);
    assert_string_equal(options.arguments.items[0], "web");
}

TEST(flags_stand_between_arguments_unless_stopped)
{
    assert_true(parse(false, "web", "-d", "db", NULL));
    assert_true(options_bool(&options, "detach"));
    assert_int_equal(options.arguments.count, 2);
    assert_true(parse(true, "web", "ls", "-d", NULL));
    assert_false(options_bool(&options, "detach"));
    assert_int_equal(options.arguments.count, 3);
}

TEST(dashes_end_the_flags)
{
    assert_true(parse(false, "web", "--", "-d", NULL));
    assert_false(options_bool(&options, "detach"));
    assert_int_equal(options.arguments.count, 2);
    assert_true(parse(false, "-", NULL));
    assert_string_equal(options.arguments.items[0], "-");
}

TEST(lists_sizes_and_aliases)
{
    assert_true(parse(false, "--cap", "a,b", "--cap=c", "-m", "64m", "--no-TTY", NULL));
    assert_int_equal(options_list(&options, "cap")->count, 3);
    assert_int_equal(options_int(&options, "memory"), 64 * 1024 * 1024);
    assert_true(options_bool(&options, "no-tty"));
}

TEST(deprecated_flags_leave_a_notice)
{
    assert_true(parse(false, "--old", "--old", NULL));
    assert_int_equal(options.notices.count, 1);
    assert_string_equal(options.notices.items[0], "--old is deprecated");
}

TEST(help_is_found_anywhere)
{
    assert_true(parse(false, "web", "-h", NULL));
    assert_true(options.help);
    assert_true(parse(false, "--help", NULL));
    assert_true(options.help);
}

TEST(errors_have_the_words_of_the_reference)
{
    assert_false(parse(false, "--formt", "x", NULL));
    expect_error("unknown flag: --formt");
    assert_string_equal(err.hint, "Did you mean --format?");
    assert_false(parse(false, "-dx", NULL));
    expect_error("unknown shorthand flag: 'x' in -dx");
    assert_false(parse(false, "--timeout", NULL));
    expect_error("flag needs an argument: --timeout");
    assert_false(parse(false, "-dt", NULL));
    expect_error("flag needs an argument: 't' in -dt");
    assert_false(parse(false, "-t", "soon", NULL));
    expect_error(
        "invalid argument \"soon\" for \"-t, --timeout\" flag: strconv.ParseInt: parsing \"soon\": "
        "invalid syntax");
    assert_false(parse(false, "--menu=maybe", NULL));
    expect_error(
        "invalid argument \"maybe\" for \"--menu\" flag: strconv.ParseBool: parsing \"maybe\": "
        "invalid syntax");
    assert_false(parse(false, "--=x", NULL));
    expect_error("bad flag syntax: --=x");
    error_finish(&err);
    arena_destroy(arena);
    arena = NULL;
}
