/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "spec/base/json_writer.h"

TEST(compact_text_has_no_spaces)
{
    CLEANUP(text_finish) struct text text;
    struct json_writer json;

    text_init(&text, 0);
    json_begin(&json, &text, 0);
    json_object_open(&json);
    json_member_string(&json, "Image", "busybox");
    json_member_int(&json, "Memory", INT64_MAX);
    json_key(&json, "Cmd");
    json_array_open(&json);
    json_string(&json, "sleep");
    json_null(&json);
    json_array_close(&json);
    json_key(&json, "Empty");
    json_object_open(&json);
    json_object_close(&json);
    json_object_close(&json);
    assert_string_equal(text.bytes,
                        "{\"Image\":\"busybox\",\"Memory\":9223372036854775807,"
                        "\"Cmd\":[\"sleep\",null],\"Empty\":{}}");
}

TEST(indented_text_keeps_empty_containers_on_one_line)
{
    CLEANUP(text_finish) struct text text;
    struct json_writer json;

    text_init(&text, 0);
    json_begin(&json, &text, 2);
    json_object_open(&json);
    json_key(&json, "a");
    json_array_open(&json);
    json_int(&json, 1);
    json_int(&json, 2);
    json_array_close(&json);
    json_key(&json, "b");
    json_array_open(&json);
    json_array_close(&json);
    json_object_close(&json);
    assert_string_equal(text.bytes, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
}

TEST(strings_are_escaped_as_the_reference_does)
{
    CLEANUP(text_finish) struct text text;
    struct json_writer json;

    text_init(&text, 0);
    json_begin(&json, &text, 0);
    json_string(&json, "<a&b>\"\\\n\t\x01\x7f\xe2\x80\xa8\xff/");
    assert_string_equal(text.bytes,
                        "\"\\u003ca\\u0026b\\u003e\\\"\\\\\\n\\t\\u0001\x7f\\u2028\\ufffd/\"");
}
