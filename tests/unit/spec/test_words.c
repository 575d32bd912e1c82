/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/words.h"

/* The words joined with |, or "error". */
static void assert_splits(const char *line, const char *wanted)
{
    struct arena *arena = arena_create();
    struct strings words = {0};
    struct error err;

    error_init(&err);
    if (spec_words_split(arena, line, &words, &err))
        assert_string_equal(strings_join(&words, arena, "|"), wanted);
    else
        assert_string_equal("error", wanted);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(words_are_separated_by_white_space)
{
    assert_splits("sleep  infinity\t1\n2\r3", "sleep|infinity|1|2|3");
    assert_splits("", "");
    assert_splits("   ", "");
}

TEST(words_keep_what_is_quoted)
{
    assert_splits("sh -c 'echo \"a b\" \\n'", "sh|-c|echo \"a b\" \\n");
    assert_splits("a\"b c\"d", "ab cd");
    assert_splits("a '' \"\" b", "a|||b");
    assert_splits("\"a;b\" 'c|d'", "a;b|c|d");
}

TEST(words_know_escapes)
{
    assert_splits("a\\ b \\\"c", "a b|\"c");
    assert_splits("a\\tb\\nc", "a\tb\nc");
    assert_splits("\"\\$x\"", "$x");
}

TEST(words_end_where_a_shell_command_ends)
{
    assert_splits("echo one; echo two", "echo|one");
    assert_splits("a | b && c", "a");
    assert_splits("run 2>/dev/null", "run");
    assert_splits("run x>/dev/null", "run|x");
}

TEST(words_keep_substitutions_together)
{
    assert_splits("echo $(date +%s) x", "echo|$(date +%s)|x");
    assert_splits("echo `date +%s` x", "echo|`date +%s`|x");
    assert_splits("(a)", "error");
    assert_splits("a )", "error");
}

TEST(words_that_do_not_balance_are_refused)
{
    assert_splits("echo 'a", "error");
    assert_splits("echo \"a", "error");
    assert_splits("echo a\\", "error");
    assert_splits("echo $(a", "error");
    assert_splits("echo `a", "error");
}
