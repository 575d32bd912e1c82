/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "engine_client/build_status.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "tests/unit/test.h"

static void on_message(void *owner, const struct engine_build_message *message)
{
    text_addf(owner, "%d %s|%s|%d%d%d|%s|%d|%.*s|%lld\n", (int)message->kind, message->step,
              message->name, message->started, message->completed, message->cached, message->error,
              message->stream, (int)message->text.length,
              message->text.bytes ? message->text.bytes : "", (long long)message->current);
}

TEST(status_lines_become_messages)
{
    static const char line[] =
        "{\"vertexes\":[{\"digest\":\"d1\",\"name\":\"[1/2] FROM x\",\"started\":\"2026-11-21T11:48:31Z\","
        "\"completed\":\"2026-11-21T11:48:32Z\",\"cached\":true},{\"digest\":\"d2\",\"name\":\"n\",\"error\":\"bad\"}],"
        "\"statuses\":[{\"id\":\"sending\",\"vertex\":\"d1\",\"current\":470,\"timestamp\":\"0001-01-01T00:00:00Z\"}],"
        "\"logs\":[{\"vertex\":\"d2\",\"stream\":2,\"data\":\"aGVsbG8K\"}],"
        "\"warnings\":[{\"vertex\":\"d1\",\"short\":\"d2Fybg==\"}]}";
    struct text out;
    struct error err;

    error_init(&err);
    text_init(&out, 0);
    assert_true(build_status_decode(span_of(line), on_message, &out, &err));
    assert_string_equal(out.bytes,
                        "1 d1|[1/2] FROM x|111||0||0\n"
                        "1 d2|n|000|bad|0||0\n"
                        "3 d1|sending|000||0||470\n"
                        "2 d2||000||2|hello\n|0\n"
                        "4 d1||000||0|warn|0\n");
    text_finish(&out);
}

TEST(status_refuses_what_is_a_message_for_people)
{
    struct text out;
    struct error err;

    error_init(&err);
    text_init(&out, 0);
    assert_false(build_status_decode(span_of("ERROR: failed to solve"), on_message, &out, &err));
    assert_int_equal(out.length, 0);
    error_finish(&err);
    text_finish(&out);
}
