/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "compose/command.h"
#include "compose/help.h"
#include "compose/root.h"
#include "spec/base/text.h"

TEST(commands_are_sorted_by_name)
{
    for (const struct command *row = command_table; row[0].name && row[1].name; row++)
        assert_true(strcmp(row[0].name, row[1].name) < 0);
}

static void check_options(const struct option *rows)
{
    for (const struct option *row = rows; row && row->name; row++) {
        /* What help shows must be explained; what is hidden need not be. */
        if (!(row->flags & OPTION_HIDDEN) && !row->deprecated)
            assert_true(row->help && row->help[0]);
        for (const struct option *other = rows; other < row; other++) {
            assert_string_not_equal(row->name, other->name);
            assert_true(!row->letter || row->letter != other->letter);
        }
    }
}

TEST(options_have_one_meaning_and_a_help)
{
    check_options(root_option_rows);
    for (const struct command *row = command_table; row->name; row++)
        if (row->body)
            check_options(row->body->options);
}

TEST(options_stand_in_the_order_of_help)
{
    for (const struct command *row = command_table; row->name; row++)
        for (const struct option *at = row->body ? row->body->options : NULL;
             at && at[0].name && at[1].name; at++)
            assert_true(strcmp(at[0].name, at[1].name) < 0);
}

TEST(commands_below_others_are_found)
{
    char config[] = "config", nothing[] = "no-such";
    char *known[] = {config, nothing, NULL}, *unknown[] = {nothing, NULL};
    int words = 0;

    assert_string_equal(command_find(2, known, &words)->name, "config");
    assert_int_equal(words, 1);
    assert_null(command_find(1, unknown, &words));
    assert_null(command_find(0, unknown, &words));
}

TEST(help_is_wrapped_at_the_terminal)
{
    struct text text;
    size_t column = 0;

    text_init(&text, 0);
    for (const struct command *row = command_table; row->name; row++)
        help_command(&text, row, 80);
    for (const char *at = text.bytes; *at; at++) {
        column = *at == '\n' ? 0 : column + 1;
        /* Usage lines and single long words stay whole; descriptions do not. */
        assert_true(column <= 160);
    }
    assert_non_null(strstr(text.bytes, "Usage:  docker compose config [OPTIONS] [SERVICE...]\n\n"));
    text_finish(&text);
}
