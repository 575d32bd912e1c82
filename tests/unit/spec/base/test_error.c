/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/error.h"

static void assert_message(const struct error *err, const char *expected)
{
    char *message = error_message(err);

    assert_string_equal(message, expected);
    free(message);
}

TEST(context_stands_in_front_of_the_cause)
{
    CLEANUP(error_finish) struct error err;

    error_init(&err);
    assert_false(error_set(&err, ERROR_INPUT, "invalid port \"%s\"", "80:x"));
    assert_false(error_wrap(&err, "services.%s.ports[%d]", "web", 1));
    assert_message(&err, "services.web.ports[1]: invalid port \"80:x\"");
    assert_int_equal(err.kind, ERROR_INPUT);
}

TEST(place_of_the_cause_wins_and_is_owned)
{
    CLEANUP(error_finish) struct error err;
    char file[] = "compose.yaml";

    error_init(&err);
    (void)error_set_at(&err, ERROR_INPUT, (struct place){file, 7, 9}, "bad");
    memset(file, 'x', sizeof(file) - 1);
    (void)error_place(&err, (struct place){"other", 1, 1});
    assert_string_equal(error_where(&err).file, "compose.yaml");
    assert_int_equal(error_where(&err).line, 7);
}

TEST(appended_failures_stay_in_order)
{
    CLEANUP(error_finish) struct error err;
    struct error more;

    error_init(&err);
    error_init(&more);
    assert_true(error_append(&err, &more));
    (void)error_set(&more, ERROR_INPUT, "first");
    assert_false(error_append(&err, &more));
    assert_false(error_is_set(&more));
    (void)error_set(&more, ERROR_INPUT, "second");
    assert_false(error_append(&err, &more));
    assert_message(&err, "first");
    assert_non_null(err.next);
    assert_message(err.next, "second");
}

TEST(copy_shares_nothing)
{
    CLEANUP(error_finish) struct error err;
    CLEANUP(error_finish) struct error copy;

    error_init(&err);
    error_init(&copy);
    (void)error_set_engine(&err, 409, "name taken");
    (void)error_hint(&err, "remove it");
    (void)error_details(&err, "  it is in use\n");
    error_copy(&copy, &err);
    error_finish(&err);
    assert_int_equal(copy.status, 409);
    assert_string_equal(copy.engine_message, "name taken");
    assert_string_equal(copy.hint, "remove it");
    assert_string_equal(copy.details, "  it is in use\n");
    assert_message(&copy, "Error response from daemon: name taken");
}

TEST(errno_is_read_before_anything_else)
{
    CLEANUP(error_finish) struct error err;

    error_init(&err);
    errno = ENOENT;
    (void)error_set_errno(&err, "open %s", "/x");
    assert_int_equal(err.errno_value, ENOENT);
    assert_message(&err, "open /x: no such file or directory");
}
