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

/* As recorded with Podman: it reads 8,192 bytes at a time, here lines of seven, and what the process has written so far. */
TEST(frames_of_podman_without_a_newline_are_continued)
{
    enum { READ_BYTES = 8192, LINES = 3000 };
    CLEANUP(text_finish) struct text input, output;
    struct engine_log_lines lines;
    struct error err;
    struct got got;
    size_t at = 0;

    text_init(&input, 0);
    text_init(&output, 0);
    error_init(&err);
    for (int i = 0; i < LINES; i++)
        text_addf(&output, "%d\n", 100000 + i);
    text_add(&output, "asked: ");
    text_add(&output, "answered\n");
    while (at < output.length) {
        size_t end = at + READ_BYTES - at % READ_BYTES;
        const char *newline = memchr(output.bytes + at, '\n', output.length - at);
        size_t line_end = (size_t)(newline - output.bytes) + 1;
        CLEANUP(text_finish) struct text frame;

        if (strncmp(output.bytes + at, "asked: ", strlen("asked: ")) == 0)
            end = at + strlen("asked: ");
        end = line_end < end ? line_end : end;
        text_init(&frame, 0);
        text_add(&frame, TIME " ");
        text_add_bytes(&frame, output.bytes + at, end - at);
        add_frame(&input, 1, frame.bytes, frame.length);
        at = end;
    }
    got_init(&got);
    engine_log_lines_init(&lines, false, true, on_piece, &got);
    lines.joins_frames = true;
    assert_true(engine_log_lines_feed(&lines, text_span(&input), &err));
    assert_int_equal(got.count, LINES + 1);
    assert_string_equal(got.streams[1].bytes, output.bytes);
    got_finish(&got);
}

/* Docker reads whole lines: what it logs without a newline is the end of a process. */
TEST(a_short_frame_of_docker_without_a_newline_ends_its_line)
{
    CLEANUP(text_finish) struct text input;
    struct got got;

    text_init(&input, 0);
    add_frame(&input, 1, TIME " last", strlen(TIME " last"));
    add_frame(&input, 1, TIME " next run\n", strlen(TIME " next run\n"));
    got_init(&got);
    feed_cut(&input, false, true, 0, &got);
    assert_int_equal(got.count, 2);
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
