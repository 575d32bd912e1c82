/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/detach_keys.h"

#include <stdlib.h>

#include "spec/base/text.h"
#include "tests/unit/test.h"

static struct detach_keys parsed(const char *text)
{
    struct detach_keys keys;
    struct error err;

    error_init(&err);
    assert_true(detach_keys_parse(text, &keys, &err));
    return keys;
}

/* Types the pieces one after the other; what came out must be `sent`, and the end a detach or not. */
static void check(const char *sequence, const char *const *pieces, const char *sent, bool detached)
{
    struct detach_keys keys = parsed(sequence);
    struct text out;
    bool done = false;

    text_init(&out, 0);
    for (; *pieces && !done; pieces++)
        done = detach_keys_filter(&keys, span_of(*pieces), &out);
    assert_int_equal(done, detached);
    assert_string_equal(out.bytes, sent);
    text_finish(&out);
}

#define TYPED(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(keys_have_the_bytes_that_terminals_send)
{
    struct detach_keys keys = parsed("ctrl-a,ctrl-z,ctrl-[,ctrl-\\,ctrl-_,DEL,x");

    assert_int_equal(keys.length, 7);
    assert_memory_equal(keys.keys, "\x01\x1a\x1b\x1c\x1f\x7fx", 7);
    assert_int_equal(parsed("ctrl-@").keys[0], 0);
    assert_int_equal(parsed("").length, 0);
    assert_memory_equal(parsed("a,,").keys, "a,", 2);
}

TEST(unknown_keys_are_named)
{
    struct detach_keys keys;
    struct error err;
    char *message;

    error_init(&err);
    assert_false(detach_keys_parse("ctrl-p,ctrl-Q", &keys, &err));
    message = error_message(&err);
    assert_string_equal(message, "invalid detach keys: Unknown character: 'ctrl-Q'");
    free(message);
    error_finish(&err);
    error_init(&err);
    assert_false(detach_keys_parse("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", &keys, &err));
    error_finish(&err);
}

TEST(sequence_detaches_and_is_not_sent)
{
    check("ctrl-p,ctrl-q", TYPED("ls\r\x10\x11rest"), "ls\r", true);
    check("ctrl-p,ctrl-q", TYPED("\x10", "\x11"), "", true);
    check("q", TYPED("abqc"), "ab", true);
}

TEST(a_false_beginning_is_sent_late_but_whole)
{
    check("ctrl-p,ctrl-q", TYPED("\x10", "a"),
          "\x10"
          "a",
          false);
    check("ctrl-p,ctrl-q", TYPED("\x10\x10\x11"), "\x10", true);
    check("a,b,a,c", TYPED("ababac"), "ab", true);
    check("a,b,a,c", TYPED("abab", "x"), "ababx", false);
    check("a,a,b", TYPED("aaaab"), "aa", true);
}

TEST(without_a_sequence_everything_passes)
{
    check("", TYPED("\x10\x11", "\x10"), "\x10\x11\x10", false);
}
