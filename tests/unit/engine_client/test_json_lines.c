/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/json_lines.h"
#include "spec/base/limits.h"

static bool collect(void *owner, struct span line, struct error *err)
{
    struct text *text = owner;

    (void)err;
    text_add_bytes(text, line.bytes, line.length);
    text_add_char(text, '|');
    return true;
}

static bool refuse(void *owner, struct span line, struct error *err)
{
    (void)owner;
    return error_set(err, ERROR_INPUT, "%.*s", (int)line.length, line.bytes);
}

TEST(lines_may_be_cut_anywhere)
{
    static const char sample[] = "{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}";
    size_t whole = strlen(sample);
    struct error err;

    error_init(&err);
    for (size_t a = 0; a <= whole; a++)
        for (size_t b = a; b <= whole; b++) {
            struct engine_json_lines lines;
            CLEANUP(text_finish) struct text got;

            text_init(&got, 0);
            engine_json_lines_init(&lines);
            assert_true(
                engine_json_lines_feed(&lines, (struct span){sample, a}, collect, &got, &err));
            assert_true(engine_json_lines_feed(&lines, (struct span){sample + a, b - a}, collect,
                                               &got, &err));
            assert_true(engine_json_lines_feed(&lines, (struct span){sample + b, whole - b},
                                               collect, &got, &err));
            assert_true(engine_json_lines_end(&lines, collect, &got, &err));
            assert_string_equal(got.bytes, "{\"a\":1}|{\"b\":2}|{\"c\":3}|");
            engine_json_lines_finish(&lines);
        }
}

TEST(a_consumer_that_refuses_stops_the_decoding)
{
    struct engine_json_lines lines;
    struct error err;

    error_init(&err);
    engine_json_lines_init(&lines);
    assert_false(engine_json_lines_feed(&lines, span_of("one\ntwo\n"), refuse, NULL, &err));
    assert_string_equal(err.frames[0].text, "one");
    error_finish(&err);
    engine_json_lines_finish(&lines);
}

TEST(a_line_without_end_is_bounded)
{
    static char block[1024 * 1024];
    struct engine_json_lines lines;
    struct error err;
    size_t fed = 0;

    error_init(&err);
    engine_json_lines_init(&lines);
    memset(block, 'x', sizeof(block));
    while (engine_json_lines_feed(&lines, (struct span){block, sizeof(block)}, refuse, NULL, &err))
        fed += sizeof(block);
    assert_true(fed <= LIMIT_JSON_LINE_BYTES);
    assert_int_equal(err.kind, ERROR_ENGINE);
    error_finish(&err);
    engine_json_lines_finish(&lines);
}
