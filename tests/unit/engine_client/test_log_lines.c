/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/log_lines.h"
#include "spec/base/text.h"

#define TIME    "2026-11-21T11:35:41.336651829Z"
#define TIME_NS 1795260941336651829

struct got {
    struct text streams[3];
    unsigned count;
    int64_t last_ns;
};

static void on_piece(void *owner, const struct engine_log_piece *piece)
{
    struct got *got = owner;

    if (piece->first)
        got->last_ns = piece->time_ns;
    assert_int_equal(piece->time_ns, got->last_ns);
    text_add_bytes(&got->streams[piece->stream], piece->bytes.bytes, piece->bytes.length);
    got->count += piece->last;
}

static void got_init(struct got *got)
{
    *got = (struct got){.count = 0};
    for (int i = 0; i < 3; i++)
        text_init(&got->streams[i], 0);
}

static void got_finish(struct got *got)
{
    for (int i = 0; i < 3; i++)
        text_finish(&got->streams[i]);
}

static void add_frame(struct text *out, int stream, const char *payload, size_t length)
{
    char header[8] = {(char)stream,        0,           0, 0, 0, (char)(length >> 16),
                      (char)(length >> 8), (char)length};

    text_add_bytes(out, header, 8);
    text_add_bytes(out, payload, length);
}

static void feed_cut(const struct text *input, bool tty, bool timestamps, size_t cut,
                     struct got *got)
{
    struct engine_log_lines lines;
    struct error err;

    error_init(&err);
    engine_log_lines_init(&lines, tty, timestamps, on_piece, got);
    assert_true(engine_log_lines_feed(&lines, (struct span){input->bytes, cut}, &err));
    assert_true(engine_log_lines_feed(
        &lines, (struct span){input->bytes + cut, input->length - cut}, &err));
}

TEST(framed_lines_lose_their_timestamps_wherever_they_are_cut)
{
    CLEANUP(text_finish) struct text input;

    text_init(&input, 0);
    add_frame(&input, 1, TIME " one\n", strlen(TIME " one\n"));
    add_frame(&input, 2, TIME " err \n", strlen(TIME " err \n"));
    add_frame(&input, 1, TIME " \n", strlen(TIME " \n"));
    add_frame(&input, 1, TIME " last", strlen(TIME " last"));
    for (size_t cut = 0; cut <= input.length; cut++) {
        struct got got;

        got_init(&got);
        feed_cut(&input, false, true, cut, &got);
        assert_string_equal(got.streams[1].bytes, "one\n\nlast");
        assert_string_equal(got.streams[2].bytes, "err \n");
        assert_int_equal(got.count, 3);
        assert_int_equal(got.last_ns, TIME_NS);
        got_finish(&got);
    }
}

TEST(timestamps_inside_a_long_line_are_taken_out)
{
    enum { PIECE = 16384 };
    CLEANUP(text_finish) struct text framed;
    CLEANUP(text_finish) struct text raw;
    CLEANUP(text_finish) struct text payload;
    static const size_t cuts[] = {0, 10, 31, 16414, 16415, 16420, 16446, 16447, 32800};

    text_init(&framed, 0);
    text_init(&raw, 0);
    for (int i = 0; i < 3; i++) {
        text_init(&payload, 0);
        text_add(&payload, TIME " ");
        text_add_repeat(&payload, (char)('a' + i), i < 2 ? PIECE : 5);
        if (i == 2)
            text_add_char(&payload, '\n');
        add_frame(&framed, 1, payload.bytes, payload.length);
        text_add_bytes(&raw, payload.bytes, payload.length);
        text_finish(&payload);
    }
    text_init(&payload, 0);
    text_add(&raw, TIME " next\n");
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
        for (int tty = 0; tty <= 1; tty++) {
            struct got got;

            got_init(&got);
            feed_cut(tty ? &raw : &framed, tty == 1, true, cuts[i], &got);
            assert_int_equal(got.streams[1].length, 2 * PIECE + 6 + (tty ? 5 : 0));
            assert_null(strstr(got.streams[1].bytes, TIME));
            assert_int_equal(got.count, tty ? 2 : 1);
            got_finish(&got);
        }
}

/* conmon, and so Podman, cuts long lines into pieces of half the size. */
TEST(pieces_of_podman_are_one_line)
{
    enum { PIECE = 8192 };
    CLEANUP(text_finish) struct text input, payload;
    struct got got;

    text_init(&input, 0);
    text_init(&payload, 0);
    for (int i = 0; i < 3; i++) {
        text_clear(&payload);
        text_add(&payload, TIME " ");
        for (int at = 0; at < (i < 2 ? PIECE : 10); at++)
            text_add_char(&payload, 'x');
        if (i == 2)
            text_add_char(&payload, '\n');
        add_frame(&input, 1, payload.bytes, payload.length);
    }
    got_init(&got);
    feed_cut(&input, false, true, PIECE, &got);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.streams[1].length, 2 * PIECE + 11);
    got_finish(&got);
}

TEST(without_timestamps_all_bytes_are_output)
{
    CLEANUP(text_finish) struct text input;
    struct got got;

    text_init(&input, 0);
    text_add(&input, TIME " is text\nno end");
    got_init(&got);
    feed_cut(&input, true, false, 5, &got);
    assert_string_equal(got.streams[1].bytes, input.bytes);
    assert_int_equal(got.count, 1);
    got_finish(&got);
}

TEST(what_is_no_timestamp_is_output)
{
    CLEANUP(text_finish) struct text input;
    struct got got;

    text_init(&input, 0);
    add_frame(&input, 1, "no time here\n", 13);
    add_frame(&input, 1, "\n", 1);
    add_frame(&input, 1, "a-very-long-word-that-cannot-be-a-timestamp-at-all\n", 51);
    for (size_t cut = 0; cut <= input.length; cut++) {
        got_init(&got);
        feed_cut(&input, false, true, cut, &got);
        assert_string_equal(got.streams[1].bytes,
                            "no time here\n\na-very-long-word-that-cannot-be-a-timestamp-at-all\n");
        assert_int_equal(got.count, 3);
        got_finish(&got);
    }
}
