/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/session/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_client/json_lines.h"
#include "engine_client/spawn.h"
#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/program.h"
#include "spec/base/text.h"

enum { STREAM_OUTPUT, STREAM_DIAGNOSTIC, STREAM_COUNT };
enum { GRACE_MS = 10000, MOST_REQUESTS = 3 };

struct stream {
    struct child *child;
    uv_pipe_t pipe;
    child_line_fn *on_line; /* NULL: keep */
    struct engine_json_lines lines;
    struct text kept;
    char buffer[16384];
};

struct child {
    uv_process_t process;
    bool spawned;
    uv_pipe_t input;
    uv_timer_t grace;
    unsigned asked; /* how often it was told to end */
    uv_write_t write;
    struct stream streams[STREAM_COUNT];
    struct arena *arena;
    struct span input_bytes;
    child_done_fn *done;
    void *owner;
    struct error failure;
    int exit_code, signal_number;
    unsigned open; /* handles that are not closed yet */
};

static void close_handle(uv_handle_t *handle);

/* All but the timer are closed: the process has ended and its pipes are read to the end. */
static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    if (--child->open > 0) {
        if (child->open == 1)
            close_handle((uv_handle_t *)&child->grace);
        return;
    }
    if (child->streams[STREAM_OUTPUT].kept.overflowed && !error_is_set(&child->failure))
        (void)error_set(&child->failure, ERROR_INPUT, "it printed more than %u bytes",
                        LIMIT_CHILD_OUTPUT_BYTES);
    struct child_end end = {
        .failure = error_is_set(&child->failure) ? &child->failure : NULL,
        .exit_code = child->exit_code,
        .signal_number = child->signal_number,
        .output = text_span(&child->streams[STREAM_OUTPUT].kept),
        .diagnostics = text_span(&child->streams[STREAM_DIAGNOSTIC].kept),
    };

    child->done(child->owner, &end);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        engine_json_lines_finish(&child->streams[i].lines);
        text_finish(&child->streams[i].kept);
    }
    error_finish(&child->failure);
    arena_destroy(child->arena);
    free(child);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static bool deliver_line(void *owner, struct span line, struct error *err)
{
    struct stream *stream = owner;

    (void)err;
    stream->on_line(stream->child->owner, line);
    return true;
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct child *child = handle->data;
    struct stream *stream = &child->streams[STREAM_OUTPUT];

    (void)suggested;
    if (handle != (uv_handle_t *)&stream->pipe)
        stream = &child->streams[STREAM_DIAGNOSTIC];
    *ret_buffer = uv_buf_init(stream->buffer, sizeof(stream->buffer));
}

static void stream_fail(struct stream *stream, struct error *err)
{
    error_append(&stream->child->failure, err);
    close_handle((uv_handle_t *)&stream->pipe);
    (void)uv_process_kill(&stream->child->process, SIGTERM); /* it may have ended by itself */
}

static void on_read(uv_stream_t *handle, ssize_t length, const uv_buf_t *buffer)
{
    struct child *child = handle->data;
    struct stream *stream = &child->streams[STREAM_OUTPUT];
    struct error err;

    error_init(&err);
    if (handle != (uv_stream_t *)&stream->pipe)
        stream = &child->streams[STREAM_DIAGNOSTIC];
    if (length < 0) {
        if (stream->on_line && !engine_json_lines_end(&stream->lines, deliver_line, stream, &err))
            stream_fail(stream, &err);
        close_handle((uv_handle_t *)&stream->pipe);
    } else if (!stream->on_line) {
        text_add_bytes(&stream->kept, buffer->base, (size_t)length);
    } else if (!engine_json_lines_feed(&stream->lines, (struct span){buffer->base, (size_t)length},
                                       deliver_line, stream, &err)) {
        stream_fail(stream, &err);
    }
    error_finish(&err);
}

static void on_written(uv_write_t *write, int status)
{
    struct child *child = write->data;

    (void)status; /* a child that does not read its input says so by its exit code */
    close_handle((uv_handle_t *)&child->input);
}

static void on_ended(uv_process_t *process, int64_t exit_code, int signal_number)
{
    struct child *child = process->data;

    child->exit_code = (int)exit_code;
    child->signal_number = signal_number;
    close_handle((uv_handle_t *)process);
    close_handle((uv_handle_t *)&child->input);
}

/* Our environment with the changes on top, NULL-terminated. */
static char **environment_of(struct child *child, const struct pairs *changes)
{
    size_t count = 0, at = 0;
    char **list;

    while (environ[count])
        count++;
    list = arena_array(child->arena, count + changes->count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        const char *name = arena_strndup(child->arena, environ[i], strcspn(environ[i], "="));

        if (!pairs_find(changes, name))
            list[at++] = environ[i];
    }
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i].value)
            list[at++] =
                arena_printf(child->arena, "%s=%s", changes->items[i].key, changes->items[i].value);
    return list;
}

static char **arguments_of(struct child *child, const struct child_options *options)
{
    size_t count = options->arguments ? options->arguments->count : 0;
    char **list = arena_array(child->arena, count + 2, sizeof(*list));

    list[0] = arena_strdup(child->arena, options->program);
    for (size_t i = 0; i < count; i++)
        list[i + 1] = arena_strdup(child->arena, options->arguments->items[i]);
    return list;
}

static void prepare_pipe(struct child *child, uv_loop_t *loop, uv_pipe_t *pipe)
{
    (void)uv_pipe_init(loop, pipe, 0); /* cannot fail on Unix */
    pipe->data = child;
    child->open++;
}

static int spawn(struct child *child, uv_loop_t *loop, const struct child_options *options)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->input},
    };
    uv_process_options_t spawning = {
        .exit_cb = on_ended,
        .args = arguments_of(child, options),
        .cwd = options->directory,
        .stdio_count = 3,
        .stdio = stdio,
    };

    for (size_t i = 0; i < STREAM_COUNT; i++) {
        stdio[i + 1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
        stdio[i + 1].data.stream = (uv_stream_t *)&child->streams[i].pipe;
    }
    spawning.file = program_find(child->arena, options->program);
    if (options->environment)
        spawning.env = environment_of(child, options->environment);
    if (!spawning.file)
        return UV_ENOENT;
    child->process.data = child;
    child->spawned = true; /* also when it fails, the handle must be closed */
    child->open++;
    return spawn_program(loop, &child->process, &spawning);
}

struct child *child_start(uv_loop_t *loop, const struct child_options *options)
{
    struct child *child = xcalloc(1, sizeof(*child));
    uv_buf_t input;
    int rc;

    child->arena = arena_create();
    child->done = options->done;
    child->owner = options->owner;
    error_init(&child->failure);
    (void)uv_timer_init(loop, &child->grace);
    child->grace.data = child;
    child->open++;
    prepare_pipe(child, loop, &child->input);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        struct stream *stream = &child->streams[i];

        stream->child = child;
        stream->on_line = i == STREAM_OUTPUT ? options->on_output : options->on_diagnostic;
        engine_json_lines_init(&stream->lines);
        text_init(&stream->kept,
                  i == STREAM_OUTPUT ? LIMIT_CHILD_OUTPUT_BYTES : LIMIT_MESSAGE_BYTES);
        prepare_pipe(child, loop, &stream->pipe);
    }
    rc = spawn(child, loop, options);
    if (rc != 0) {
        (void)error_set(&child->failure, ERROR_SYSTEM, "%s: %s", options->program, uv_strerror(rc));
        child->failure.errno_value = -rc;
        if (child->spawned)
            close_handle((uv_handle_t *)&child->process);
        close_handle((uv_handle_t *)&child->input);
        for (size_t i = 0; i < STREAM_COUNT; i++)
            close_handle((uv_handle_t *)&child->streams[i].pipe);
        return child;
    }
    for (size_t i = 0; i < STREAM_COUNT; i++)
        (void)uv_read_start((uv_stream_t *)&child->streams[i].pipe, on_allocate, on_read);
    if (options->input.length == 0) {
        close_handle((uv_handle_t *)&child->input);
        return child;
    }
    child->input_bytes.bytes =
        arena_strndup(child->arena, options->input.bytes, options->input.length);
    input =
        uv_buf_init((char *)(uintptr_t)child->input_bytes.bytes, (unsigned)options->input.length);
    child->write.data = child;
    if (uv_write(&child->write, (uv_stream_t *)&child->input, &input, 1, on_written) != 0)
        close_handle((uv_handle_t *)&child->input);
    return child;
}

/* Its own children may outlive it and hold its output: that is not waited for either. */
static void kill_now(struct child *child)
{
    if (uv_is_active((uv_handle_t *)&child->process))
        (void)uv_process_kill(&child->process, SIGKILL); /* gone already: its end is on the way */
    for (size_t i = 0; i < STREAM_COUNT; i++)
        close_handle((uv_handle_t *)&child->streams[i].pipe);
}

static void on_grace_over(uv_timer_t *timer)
{
    kill_now(timer->data);
}

void child_signal(struct child *child, int signal_number)
{
    if (child->asked++ == 0 && !uv_is_closing((uv_handle_t *)&child->grace))
        (void)uv_timer_start(&child->grace, on_grace_over, GRACE_MS, 0);
    if (child->asked >= MOST_REQUESTS || signal_number == SIGKILL)
        kill_now(child);
    else if (uv_is_active((uv_handle_t *)&child->process))
        (void)uv_process_kill(&child->process, signal_number);
}

bool child_succeeded(const struct child_end *end)
{
    return !end->failure && end->exit_code == 0 && end->signal_number == 0;
}

const char *child_end_text(struct arena *arena, const struct child_end *end)
{
    if (end->failure)
        return end->failure->frame_count > 0 ? arena_strdup(arena, end->failure->frames[0].text)
                                             : "failed";
    if (end->signal_number)
        return arena_printf(arena, "signal: %s", strsignal(end->signal_number));
    return arena_printf(arena, "exit status %d", end->exit_code);
}
