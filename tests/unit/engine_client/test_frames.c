/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/frames.h"
#include "spec/base/text.h"

#define SPAN(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

struct got {
    struct text streams[3];
    unsigned firsts, lasts;
};

static void on_piece(void *owner, const struct engine_frame_piece *piece)
{
    struct got *got = owner;

    text_add_bytes(&got->streams[piece->stream], piece->bytes.bytes, piece->bytes.length);
    got->firsts += piece->first;
    got->lasts += piece->last;
}

static void got_init(struct got *got)
{
    *got = (struct got){.firsts = 0};
    for (int i = 0; i < 3; i++)
        text_init(&got->streams[i], 0);
}

static void got_finish(struct got *got)
{
    for (int i = 0; i < 3; i++)
        text_finish(&got->streams[i]);
}

static const char sample[] =
    "\1\0\0\0\0\0\0\4out1"
    "\2\0\0\0\0\0\0\3err"
    "\1\0\0\0\0\0\0\0"
    "\1\0\0\0\0\0\0\5out2\n";

TEST(frames_may_be_cut_anywhere)
{
    struct error err;
    size_t whole = sizeof(sample) - 1;

    error_init(&err);
    for (size_t a = 0; a <= whole; a++)
        for (size_t b = a; b <= whole; b++) {
            struct engine_frames frames;
            struct got got;

            got_init(&got);
            engine_frames_init(&frames, false);
            assert_true(
                engine_frames_feed(&frames, (struct span){sample, a}, on_piece, &got, &err));
            assert_true(engine_frames_feed(&frames, (struct span){sample + a, b - a}, on_piece,
                                           &got, &err));
            assert_true(engine_frames_feed(&frames, (struct span){sample + b, whole - b}, on_piece,
                                           &got, &err));
            assert_true(engine_frames_end(&frames, &err));
            assert_string_equal(got.streams[1].bytes, "out1out2\n");
            assert_string_equal(got.streams[2].bytes, "err");
            assert_int_equal(got.firsts, 3);
            assert_int_equal(got.lasts, 3);
            got_finish(&got);
        }
}

TEST(the_end_inside_of_a_frame_is_an_error)
{
    struct engine_frames frames;
    struct got got;
    struct error err;

    error_init(&err);
    got_init(&got);
    engine_frames_init(&frames, false);
    assert_true(engine_frames_feed(&frames, (struct span){sample, 3}, on_piece, &got, &err));
    assert_false(engine_frames_end(&frames, &err));
    error_finish(&err);
    assert_true(engine_frames_feed(&frames, (struct span){sample + 3, 6}, on_piece, &got, &err));
    assert_false(engine_frames_end(&frames, &err));
    error_finish(&err);
    assert_string_equal(got.streams[1].bytes, "o");
    got_finish(&got);
}

TEST(what_is_no_frame_is_refused)
{
    struct engine_frames frames;
    struct got got;
    struct error err;

    error_init(&err);
    got_init(&got);
    engine_frames_init(&frames, false);
    assert_false(engine_frames_feed(&frames, span_of("plain text"), on_piece, &got, &err));
    assert_int_equal(err.kind, ERROR_ENGINE);
    error_finish(&err);
    got_finish(&got);
}

/* Docker's error of a log driver, Podman's of a container that was removed while its log was followed. */
TEST(an_error_of_the_engine_ends_the_output_with_its_text)
{
    static const struct {
        struct span bytes;
        const char *message;
        int status;
    } cases[] = {
        {SPAN("\1\0\0\0\0\0\0\2ab\3\0\0\0\0\0\0\x1b"
              "Error grabbing logs: no EOF\1\0\0\0\0\0\0\1c"),
         "Error grabbing logs: no EOF", 500},
        {SPAN("\1\0\0\0\0\0\0\2ab{\"cause\":\"no such container\",\"message\":\"no container x\","
              "\"response\":404}\n"),
         "no container x", 404},
        {SPAN("\1\0\0\0\0\0\0\2ab{\"cause\":\"database is closed\"}"), "database is closed", 500},
        {SPAN("\1\0\0\0\0\0\0\2ab{\"cause\":\"cut of"), "{\"cause\":\"cut of", 500},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t cut = 0; cut <= cases[i].bytes.length; cut++) {
            struct span head = {cases[i].bytes.bytes, cut};
            struct span rest = {cases[i].bytes.bytes + cut, cases[i].bytes.length - cut};
            struct engine_frames frames;
            struct error err;
            struct got got;

            error_init(&err);
            got_init(&got);
            engine_frames_init(&frames, false);
            assert_false(engine_frames_feed(&frames, head, on_piece, &got, &err) &&
                         engine_frames_feed(&frames, rest, on_piece, &got, &err) &&
                         engine_frames_end(&frames, &err));
            assert_string_equal(got.streams[1].bytes, "ab");
            assert_int_equal(err.kind, ERROR_ENGINE);
            assert_int_equal(err.status, cases[i].status);
            assert_string_equal(err.engine_message, cases[i].message);
            error_finish(&err);
            got_finish(&got);
        }
}

TEST(a_tty_is_raw)
{
    struct engine_frames frames;
    struct got got;
    struct error err;

    error_init(&err);
    got_init(&got);
    engine_frames_init(&frames, true);
    assert_true(engine_frames_feed(&frames, (struct span){sample, 12}, on_piece, &got, &err));
    assert_int_equal(got.streams[1].length, 12);
    assert_memory_equal(got.streams[1].bytes, sample, 12);
    got_finish(&got);
}
