/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/build_trace.h"
#include "spec/base/text.h"

static void on_message(void *owner, const struct engine_build_message *message)
{
    struct text *out = owner;

    switch (message->kind) {
    case ENGINE_BUILD_STEP:
        text_addf(out, "step %s [%s] %d%d%d %lld (%s)\n", message->step, message->name,
                  message->started, message->completed, message->cached,
                  (long long)message->started_ns, message->error);
        break;
    case ENGINE_BUILD_LOG:
        text_addf(out, "log %s %d %.*s\n", message->step, message->stream,
                  (int)message->text.length, message->text.bytes);
        break;
    case ENGINE_BUILD_PROGRESS:
        text_addf(out, "progress %s %s %lld/%lld\n", message->step, message->name,
                  (long long)message->current, (long long)message->total);
        break;
    case ENGINE_BUILD_WARNING:
        text_addf(out, "warning %.*s\n", (int)message->text.length, message->text.bytes);
        break;
    case ENGINE_BUILD_TEXT:
        fail();
    }
}

/* vertex {1:"d1" 3:"RUN x" 4:1 5:{1:2 2:3} 7:"no"}, status {1:"id" 2:"d1" 4:5 5:300}, log {1:"d1" 3:2 4:"out"},
 * warning {1:"d1" 2:1 3:"hm"} */
static const char sample[] =
    "\x0a\x17\x0a\x02"
    "d1\x1a\x05RUN x\x20\x01\x2a\x04\x08\x02\x10\x03\x3a\x02no"
    "\x12\x0d\x0a\x02id\x12\x02"
    "d1\x20\x05\x28\xac\x02"
    "\x1a\x0b\x0a\x02"
    "d1\x18\x02\x22\x03out"
    "\x22\x0a\x0a\x02"
    "d1\x10\x01\x1a\x02hm";

TEST(parts_of_a_response_become_messages)
{
    CLEANUP(text_finish) struct text got;
    struct error err;

    error_init(&err);
    text_init(&got, 0);
    assert_true(build_trace_decode_bytes((struct span){sample, sizeof(sample) - 1}, on_message,
                                         &got, &err));
    assert_string_equal(got.bytes,
                        "step d1 [RUN x] 101 2000000003 (no)\nprogress d1 id 5/300\nlog d1 2 out\n"
                        "warning hm\n");
}

TEST(cut_or_wrong_bytes_are_an_error_and_never_a_crash)
{
    CLEANUP(text_finish) struct text got;
    struct error err;
    unsigned refused = 0;

    error_init(&err);
    text_init(&got, 0);
    for (size_t length = 1; length < sizeof(sample) - 1; length++)
        refused += !build_trace_decode_bytes((struct span){sample, length}, on_message, &got, &err);
    assert_true(refused > sizeof(sample) - 8);
    assert_false(build_trace_decode("!!!", on_message, &got, &err));
    assert_int_equal(err.kind, ERROR_ENGINE);
    assert_true(build_trace_decode("", on_message, &got, &err));
    error_finish(&err);
}
