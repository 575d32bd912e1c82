/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/stdio_stream.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "compose/console/console.h"
#include "compose/console/descriptor_watch.h"
#include "compose/console/output.h"
#include "compose/console/terminal.h"
#include "compose/session/session.h"
#include "engine_client/frames.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/text.h"

enum {
    READ_BYTES = 32 * 1024,
    UNSENT_LIMIT_BYTES = 64 * 1024,
};

struct stdio_stream {
    struct session *session;
    struct console *console;
    struct engine_client *client;
    struct stdio_stream_options options;
    struct engine_request *request;
    struct engine_frames frames;
    struct descriptor_watch *input; /* NULL: not read (yet, or any more) */
    uv_signal_t resized, continued;
    unsigned open_handles;
    bool raw, detached, opened;
    uint64_t received_bytes;
    struct error failure; /* of our own; what the request says comes second */
};

static void on_input(void *owner);

/* Size */

static void on_resize_done(void *owner, struct engine_request *request, const struct error *failure)
{
    /* A process that has just ended has no size to change: nothing is lost. */
    (void)owner;
    (void)request;
    (void)failure;
}

static void request_size(struct engine_client *client, const char *path, size_t more,
                         engine_done_fn *done, void *owner)
{
    struct engine_call call = {.method = "POST", .path = path};
    size_t columns, rows;
    struct text query;

    terminal_size(STDIN_FILENO, &columns, &rows);
    text_init(&query, 0);
    engine_query_int(&query, "h", (int64_t)(rows + more));
    engine_query_int(&query, "w", (int64_t)(columns + more));
    call.query = query.bytes;
    (void)engine_request_start(client, &call, done, owner);
    text_finish(&query);
}

void stdio_stream_resize(struct stdio_stream *stream)
{
    if (stream->raw && stream->options.resize_path)
        request_size(stream->client, stream->options.resize_path, 0, on_resize_done, NULL);
}

/* Independent of the stream, which may end before the first answer. */
struct redraw {
    struct engine_client *client;
    char *path;
};

static void on_enlarged(void *owner, struct engine_request *request, const struct error *failure)
{
    struct redraw *redraw = owner;

    (void)request;
    if (!failure)
        request_size(redraw->client, redraw->path, 0, on_resize_done, NULL);
    free(redraw->path);
    free(redraw);
}

/* A process hears of its terminal's size only when that changes, and most draw their screen again only then. */
static void resize_twice(struct stdio_stream *stream)
{
    struct redraw *redraw;

    if (!stream->raw || !stream->options.resize_path)
        return;
    redraw = xcalloc(1, sizeof(*redraw));
    redraw->client = stream->client;
    redraw->path = xstrdup(stream->options.resize_path);
    request_size(redraw->client, redraw->path, 1, on_enlarged, redraw);
}

static void on_resized(uv_signal_t *handle, int number)
{
    (void)number;
    stdio_stream_resize(handle->data);
}

/* The shell has put its own mode back when it continued us. */
static void on_continued(uv_signal_t *handle, int number)
{
    (void)number;
    terminal_resume();
    stdio_stream_resize(handle->data);
}

static void watch_signal(struct stdio_stream *stream, uv_signal_t *handle, uv_signal_cb on_signal,
                         int number)
{
    (void)uv_signal_init(session_loop(stream->session), handle);
    handle->data = stream;
    (void)uv_signal_start(handle, on_signal, number);
    uv_unref((uv_handle_t *)handle);
    stream->open_handles++;
}

static void enter_raw_mode(struct stdio_stream *stream)
{
    if (!stream->options.tty || !stream->options.input || !terminal_is(STDIN_FILENO))
        return;
    stream->raw = terminal_set_raw(STDIN_FILENO, false);
    watch_signal(stream, &stream->resized, on_resized, SIGWINCH);
    watch_signal(stream, &stream->continued, on_continued, SIGCONT);
    if (stream->options.redraw)
        resize_twice(stream);
    else
        stdio_stream_resize(stream);
}

/* Input */

static void stop_input(struct stdio_stream *stream)
{
    descriptor_watch_destroy(stream->input);
    stream->input = NULL;
}

static void end_input(struct stdio_stream *stream)
{
    stop_input(stream);
    if (!stream->options.keep_input_open)
        engine_request_end_input(stream->request);
}

static void start_input(struct stdio_stream *stream)
{
    stream->input = descriptor_watch_create(session_loop(stream->session), STDIN_FILENO,
                                            DESCRIPTOR_READABLE, on_input, stream);
    if (stream->input)
        descriptor_watch_start(stream->input);
    else
        end_input(stream); /* closed: the same as its end */
}

static void send_typed(struct stdio_stream *stream, struct span typed)
{
    struct text out;

    text_init(&out, 0);
    stream->detached = detach_keys_filter(&stream->options.detach_keys, typed, &out);
    if (out.length > 0)
        engine_request_write(stream->request, text_span(&out));
    text_finish(&out);
    if (stream->detached) {
        stop_input(stream);
        engine_request_cancel(stream->request);
    }
}

static void on_input(void *owner)
{
    struct stdio_stream *stream = owner;
    char buffer[READ_BYTES];
    ssize_t count = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        end_input(stream);
        return;
    }
    if (count > 0 && stream->raw)
        send_typed(stream, (struct span){buffer, (size_t)count});
    else if (count > 0)
        engine_request_write(stream->request, (struct span){buffer, (size_t)count});
    /* More is read when this has left: on_drained. */
    if (stream->input && engine_request_unsent_bytes(stream->request) < UNSENT_LIMIT_BYTES)
        descriptor_watch_start(stream->input);
}

static void on_drained(void *owner, struct engine_request *request)
{
    struct stdio_stream *stream = owner;

    (void)request;
    if (stream->input)
        descriptor_watch_start(stream->input);
}

/* Output */

static bool is_output_full(const struct stdio_stream *stream)
{
    return output_is_full(console_stdout(stream->console)) ||
           output_is_full(console_stderr(stream->console));
}

static void on_output_drained(void *owner)
{
    struct stdio_stream *stream = owner;

    if (stream->request && !is_output_full(stream))
        engine_request_resume(stream->request);
}

static void on_piece(void *owner, const struct engine_frame_piece *piece)
{
    struct stdio_stream *stream = owner;

    if (piece->stream == ENGINE_STDERR)
        console_write_note(stream->console, piece->bytes.bytes, piece->bytes.length);
    else
        console_write(stream->console, piece->bytes.bytes, piece->bytes.length);
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct stdio_stream *stream = owner;

    if (error_is_set(&stream->failure))
        return;
    stream->received_bytes += bytes.length;
    if (!engine_frames_feed(&stream->frames, bytes, on_piece, stream, &stream->failure)) {
        engine_request_cancel(request);
        return;
    }
    if (is_output_full(stream))
        engine_request_pause(request);
}

/* Life */

static void on_open(void *owner, struct engine_request *request)
{
    struct stdio_stream *stream = owner;

    stream->request = request;
    stream->opened = true;
    enter_raw_mode(stream);
    if (stream->options.input)
        start_input(stream);
    if (stream->options.on_open)
        stream->options.on_open(stream->options.owner, stream);
}

static void free_when_closed(struct stdio_stream *stream)
{
    if (stream->open_handles == 0)
        free(stream);
}

static void on_closed(uv_handle_t *handle)
{
    struct stdio_stream *stream = handle->data;

    stream->open_handles--;
    free_when_closed(stream);
}

static void close_stream(struct stdio_stream *stream)
{
    stop_input(stream);
    output_on_drained(console_stdout(stream->console), NULL, NULL);
    output_on_drained(console_stderr(stream->console), NULL, NULL);
    if (stream->raw)
        terminal_leave_raw();
    console_resume(stream->console);
    error_finish(&stream->failure);
    if (stream->open_handles > 0) {
        uv_close((uv_handle_t *)&stream->resized, on_closed);
        uv_close((uv_handle_t *)&stream->continued, on_closed);
    }
    free_when_closed(stream);
}

/* Without input it cannot be the answer to bytes that nobody reads any more. */
static bool is_cut(const struct stdio_stream *stream, const struct error *failure)
{
    return stream->opened && stream->options.input && !error_is_set(&stream->failure) &&
           failure->kind == ERROR_CONNECTION;
}

static void on_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct stdio_stream *stream = owner;
    struct stdio_stream_options options = stream->options;
    enum stdio_stream_end how = STDIO_STREAM_CLOSED;
    struct error reason;

    (void)request;
    stream->request = NULL;
    error_init(&reason);
    if (stream->detached)
        how = STDIO_STREAM_DETACHED;
    else if (failure || error_is_set(&stream->failure)) {
        how = is_cut(stream, failure) ? STDIO_STREAM_CUT : STDIO_STREAM_FAILED;
        error_copy(&reason, error_is_set(&stream->failure) ? &stream->failure : failure);
    }
    close_stream(stream);
    options.on_end(options.owner, how, error_is_set(&reason) ? &reason : NULL);
    error_finish(&reason);
}

struct stdio_stream *stdio_stream_start(struct session *session, struct engine_client *client,
                                        const struct stdio_stream_options *options)
{
    struct stdio_stream *stream = xcalloc(1, sizeof(*stream));
    struct engine_call call = {
        .method = "POST",
        .path = options->path,
        .query = options->query,
        .body = options->body,
        .duplex = true,
        .on_open = on_open,
        .on_chunk = on_chunk,
        .on_drained = on_drained,
    };

    stream->session = session;
    stream->console = session_console(session);
    stream->client = client;
    stream->options = *options;
    error_init(&stream->failure);
    engine_frames_init(&stream->frames, options->tty);
    console_suspend(stream->console);
    output_on_drained(console_stdout(stream->console), on_output_drained, stream);
    output_on_drained(console_stderr(stream->console), on_output_drained, stream);
    stream->request = engine_request_start(client, &call, on_done, stream);
    return stream;
}

uint64_t stdio_stream_received_bytes(const struct stdio_stream *stream)
{
    return stream->received_bytes;
}

void stdio_stream_cancel(struct stdio_stream *stream)
{
    engine_request_cancel(stream->request);
}

/* stdio_stream_run() */
struct whole {
    struct session *session;
    const struct stdio_stream_options *options;
    enum stdio_stream_end how;
    struct error failure;
    bool ended;
};

static void on_whole_open(void *owner, struct stdio_stream *stream)
{
    struct whole *whole = owner;

    if (whole->options->on_open)
        whole->options->on_open(whole->options->owner, stream);
}

static void on_whole_end(void *owner, enum stdio_stream_end how, const struct error *failure)
{
    struct whole *whole = owner;

    whole->ended = true;
    whole->how = how;
    if (failure)
        error_copy(&whole->failure, failure);
    session_stop(whole->session);
}

bool stdio_stream_run(struct session *session, struct engine_client *client,
                      const struct stdio_stream_options *options, enum stdio_stream_end *ret_how,
                      struct error *err)
{
    struct whole whole = {.session = session, .options = options};
    struct stdio_stream_options inner = *options;
    struct stdio_stream *stream;

    error_init(&whole.failure);
    inner.on_open = on_whole_open;
    inner.on_end = on_whole_end;
    inner.owner = &whole;
    stream = stdio_stream_start(session, client, &inner);
    if (!session_run_until(session, &whole.ended, err)) {
        if (!whole.ended)
            stdio_stream_cancel(stream);
        session_drain(session, &whole.ended);
        error_finish(&whole.failure);
        return false;
    }
    *ret_how = whole.how;
    if (whole.how != STDIO_STREAM_FAILED) {
        error_finish(&whole.failure);
        return true;
    }
    error_move(err, &whole.failure);
    return false;
}

bool stdio_stream_check_tty(bool tty, bool input, const char *hint, struct error *err)
{
    if (!tty || !input || terminal_is(STDIN_FILENO))
        return true;
    (void)error_set(
        err, ERROR_USAGE,
        "cannot attach stdin to a TTY-enabled container because stdin is not a terminal");
    return error_hint(err, "%s", hint);
}
