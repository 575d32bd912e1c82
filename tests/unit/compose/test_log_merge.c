/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several containers to one pipe: order, whole lines, bytes unchanged. stdout of the test is a pipe. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "compose/console/console.h"
#include "compose/streams/log_merge.h"
#include "compose/streams/log_printer.h"
#include "engine_client/log_lines.h"
#include "spec/base/text.h"

struct fixture {
    uv_loop_t loop;
    struct console *console;
    struct log_printer *printer;
    struct log_merge *merge;
    struct log_stream *streams[3];
    int reading, saved_stdout;
    unsigned emptied;
};

static void on_empty(void *owner)
{
    ((struct fixture *)owner)->emptied++;
}

static void begin(struct fixture *fixture, bool wait_for_all,
                  const struct log_printer_options *options)
{
    static const char *const names[] = {"web-1", "안녕-1", "b"};
    int ends[2];

    *fixture = (struct fixture){0};
    (void)fflush(stdout);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fixture->saved_stdout = dup(STDOUT_FILENO);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    (void)close(ends[1]);
    fixture->reading = ends[0];
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->console = console_create(&fixture->loop, PROGRESS_PLAIN, ANSI_AUTO);
    fixture->printer = log_printer_create(fixture->console, options);
    fixture->merge =
        log_merge_create(&fixture->loop, fixture->console, fixture->printer, wait_for_all, true);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        fixture->streams[i] = log_merge_add(
            fixture->merge, log_printer_add(fixture->printer, names[i], NULL), on_empty, fixture);
}

/* What has been written so far must be `expected`. */
static void expect(struct fixture *fixture, const char *expected)
{
    char bytes[4096];
    ssize_t count = 0;
    int flags = fcntl(fixture->reading, F_GETFL);

    console_flush(fixture->console);
    (void)fcntl(fixture->reading, F_SETFL, flags | O_NONBLOCK);
    count = read(fixture->reading, bytes, sizeof(bytes) - 1);
    bytes[count > 0 ? count : 0] = '\0';
    if (strcmp(bytes, expected) != 0)
        (void)fprintf(stderr, "expected:\n%s\ngot:\n%s\n", expected, bytes);
    assert_string_equal(bytes, expected);
}

static void end(struct fixture *fixture)
{
    log_merge_destroy(fixture->merge);
    log_printer_destroy(fixture->printer);
    console_destroy(fixture->console);
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    assert_true(dup2(fixture->saved_stdout, STDOUT_FILENO) >= 0);
    (void)close(fixture->saved_stdout);
    (void)close(fixture->reading);
}

static void say(struct log_stream *stream, int64_t time_ns, const char *bytes, bool first,
                bool last)
{
    struct engine_log_piece piece = {.stream = ENGINE_STDOUT,
                                     .time_ns = time_ns,
                                     .bytes = {bytes, strlen(bytes)},
                                     .first = first,
                                     .last = last};

    log_stream_push(stream, &piece);
}

TEST(history_comes_in_the_order_of_time)
{
    struct fixture fixture;

    begin(&fixture, true, &(struct log_printer_options){0});
    for (size_t i = 0; i < 3; i++) {
        log_stream_expect(fixture.streams[i]);
        log_stream_open(fixture.streams[i]);
    }
    say(fixture.streams[0], 3, "three\n", true, true);
    say(fixture.streams[1], 1, "하나\n", true, true);
    expect(&fixture, ""); /* the third may have an older one */
    log_stream_close(fixture.streams[2]);
    expect(&fixture, "안녕-1  | 하나\n"); /* and the second another */
    say(fixture.streams[1], 2, "둘", true, true);
    log_stream_close(fixture.streams[1]);
    log_stream_close(fixture.streams[0]);
    expect(&fixture, "안녕-1  | 둘\nweb-1   | three\n");
    assert_true(log_merge_is_empty(fixture.merge));
    end(&fixture);
}

TEST(who_has_begun_a_line_ends_it)
{
    struct fixture fixture;

    begin(&fixture, false, &(struct log_printer_options){.no_prefix = true});
    log_stream_open(fixture.streams[0]);
    log_stream_open(fixture.streams[1]);
    say(fixture.streams[0], 5, "long", true, false);
    say(fixture.streams[1], 1, "other\n", true, true);
    (void)uv_run(&fixture.loop, UV_RUN_ONCE); /* lines of one moment are gathered */
    expect(&fixture, "other\nlong");
    say(fixture.streams[1], 6, "later\n", true, true);
    (void)uv_run(&fixture.loop, UV_RUN_ONCE);
    expect(&fixture, "");
    say(fixture.streams[0], 5, " line\n", false, true);
    (void)uv_run(&fixture.loop, UV_RUN_ONCE);
    expect(&fixture, " line\nlater\n");
    end(&fixture);
}

TEST(stderr_waits_for_the_end_of_a_long_line_of_stdout)
{
    struct fixture fixture;
    struct engine_log_piece aside = {.stream = ENGINE_STDERR,
                                     .time_ns = 6,
                                     .bytes = {"aside\n", 6},
                                     .first = true,
                                     .last = true};

    begin(&fixture, false, &(struct log_printer_options){.no_prefix = true});
    log_stream_open(fixture.streams[0]);
    say(fixture.streams[0], 5, "long", true, false);
    log_stream_push(fixture.streams[0], &aside);
    say(fixture.streams[0], 5, "er", false, false);
    (void)uv_run(&fixture.loop, UV_RUN_ONCE);
    expect(&fixture, "longer");
    say(fixture.streams[0], 5, " line\n", false, true);
    (void)uv_run(&fixture.loop, UV_RUN_ONCE);
    expect(&fixture, " line\naside\n");
    assert_true(log_merge_is_empty(fixture.merge));
    end(&fixture);
}

TEST(a_line_without_end_is_closed_before_the_next)
{
    struct fixture fixture;

    begin(&fixture, false, &(struct log_printer_options){.no_prefix = true});
    log_stream_open(fixture.streams[0]);
    say(fixture.streams[0], 5, "no end", true, false);
    log_stream_close(fixture.streams[0]);
    log_stream_status(fixture.streams[0], "exited with code 0");
    log_merge_flush(fixture.merge);
    expect(&fixture, "no end\n\r\033[Kweb-1 exited with code 0\n");
    end(&fixture);
}

TEST(a_full_stream_says_so_until_it_is_printed)
{
    struct fixture fixture;
    char line[9000];
    int pushed = 0;

    begin(&fixture, true, &(struct log_printer_options){0});
    (void)memset(line, 'x', sizeof(line));
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    log_stream_open(fixture.streams[0]);
    log_stream_expect(fixture.streams[1]);
    while (!log_stream_is_full(fixture.streams[0]) && pushed < 10) {
        say(fixture.streams[0], pushed, line, true, true);
        pushed++;
    }
    assert_int_equal(pushed, 4); /* 32 KiB */
    assert_int_equal(fixture.emptied, 0);
    log_stream_close(fixture.streams[1]);
    assert_false(log_stream_is_full(fixture.streams[0]));
    assert_true(fixture.emptied > 0);
    end(&fixture);
}

TEST(a_full_stream_has_room_once_its_long_line_has_gone_on)
{
    struct fixture fixture;
    struct engine_log_piece aside = {
        .stream = ENGINE_STDERR, .bytes = {"aside\n", 6}, .first = true, .last = true};
    char piece[9000];

    begin(&fixture, false, &(struct log_printer_options){.no_prefix = true});
    (void)memset(piece, 'x', sizeof(piece));
    piece[sizeof(piece) - 1] = '\0';
    log_stream_open(fixture.streams[0]);
    log_stream_expect(fixture.streams[1]);
    say(fixture.streams[0], 5, "begin", true, false);
    log_stream_push(fixture.streams[0], &aside);
    while (!log_stream_is_full(fixture.streams[0]))
        say(fixture.streams[0], 5, piece, false, false);
    assert_int_equal(fixture.emptied, 0);
    log_stream_close(fixture.streams[1]);
    assert_false(log_stream_is_full(fixture.streams[0]));
    assert_false(
        log_stream_is_empty(fixture.streams[0])); /* the aside waits for the end of the line */
    assert_int_equal(fixture.emptied, 2); /* the one that is closed, and the one that has room */
    end(&fixture);
}

TEST(json_keeps_characters_that_are_cut)
{
    struct fixture fixture;

    begin(&fixture, true, &(struct log_printer_options){.json = true});
    log_stream_open(fixture.streams[0]);
    log_stream_close(fixture.streams[1]);
    log_stream_close(fixture.streams[2]);
    say(fixture.streams[0], 1000000000, "a\"\xec\x95", true, false);
    say(fixture.streams[0], 1000000000, "\x88 b\n", false, true);
    log_stream_close(fixture.streams[0]);
    expect(&fixture,
           "{\"time\":\"1970-01-01T00:00:01.000000000Z\",\"service\":\"\",\"container\":\"web-1\","
           "\"stream\":\"stdout\",\"message\":\"a\\\"안 b\"}\n");
    end(&fixture);
}
