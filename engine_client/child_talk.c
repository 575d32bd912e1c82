/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/child_talk.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/spawn.h"
#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/program.h"
#include "spec/base/text.h"

enum {
    SIGNAL_EXIT = 128,
    READ_SIZE = 4096,
};

struct child_talk {
    uv_process_t process;
    uv_pipe_t input, output;
    uv_write_t write;
    uv_idle_t turn; /* reports a failed start on a later turn */
    char *sent, *name;
    char piece[READ_SIZE];
    struct text received;
    struct child_result result;
    struct error failure;
    child_talk_fn *done;
    void *owner;
    bool exited, output_ended, spawned, started;
    unsigned open_handles;
};

static void on_closed(uv_handle_t *handle)
{
    struct child_talk *talk = handle->data;

    if (--talk->open_handles > 0)
        return;
    free(talk->sent);
    free(talk->name);
    text_finish(&talk->received);
    error_finish(&talk->failure);
    free(talk);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void report(struct child_talk *talk)
{
    bool failed;

    if (talk->received.overflowed && !error_is_set(&talk->failure))
        (void)error_set(&talk->failure, ERROR_INPUT, "%s printed more than %u bytes", talk->name,
                        LIMIT_MESSAGE_BYTES);
    failed = error_is_set(&talk->failure);
    talk->result.output = text_span(&talk->received);
    talk->done(talk->owner, &talk->result, failed ? &talk->failure : NULL);
    close_handle((uv_handle_t *)&talk->input);
    close_handle((uv_handle_t *)&talk->output);
    if (talk->spawned)
        close_handle((uv_handle_t *)&talk->process);
    close_handle((uv_handle_t *)&talk->turn);
}

static void advance(struct child_talk *talk)
{
    if (talk->exited && talk->output_ended)
        report(talk);
}

static void on_child_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct child_talk *talk = process->data;

    talk->exited = true;
    talk->result.exit_code = signal_number ? SIGNAL_EXIT + signal_number : (int)status;
    advance(talk);
}

static void on_buffer(uv_handle_t *handle, size_t suggested UNUSED, uv_buf_t *buffer)
{
    struct child_talk *talk = handle->data;

    *buffer = uv_buf_init(talk->piece, sizeof(talk->piece));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct child_talk *talk = stream->data;

    if (length > 0) {
        text_add_bytes(&talk->received, buffer->base, (size_t)length);
        return;
    }
    if (length == 0)
        return;
    (void)uv_read_stop(stream);
    talk->output_ended = true;
    advance(talk);
}

/* A child that does not read gives EPIPE here; what it says and its exit code tell enough. */
static void on_written(uv_write_t *write, int status UNUSED)
{
    struct child_talk *talk = write->handle->data;

    close_handle((uv_handle_t *)&talk->input);
}

static void on_turn(uv_idle_t *turn)
{
    uv_idle_stop(turn);
    report(turn->data);
}

static void begin_talk(struct child_talk *talk, struct span input)
{
    uv_buf_t buffer;

    talk->started = true;
    talk->sent = xstrndup(input.bytes, input.length);
    buffer = uv_buf_init(talk->sent, (unsigned)input.length);
    if (uv_write(&talk->write, (uv_stream_t *)&talk->input, &buffer, 1, on_written) != 0)
        close_handle((uv_handle_t *)&talk->input);
    if (uv_read_start((uv_stream_t *)&talk->output, on_buffer, on_read) != 0)
        talk->output_ended = true;
}

struct child_talk *child_talk_start(uv_loop_t *loop, const char *const *argv, struct span input,
                                    child_talk_fn *done, void *owner)
{
    struct child_talk *talk = xcalloc(1, sizeof(*talk));
    struct arena *arena = arena_create();
    const char *program;
    char *arguments[8] = {NULL};
    uv_stdio_container_t streams[3];
    uv_process_options_t options = {.exit_cb = on_child_exit, .stdio_count = 3, .stdio = streams};
    int failed;

    talk->done = done;
    talk->owner = owner;
    talk->name = xstrdup(argv[0]);
    text_init(&talk->received, LIMIT_MESSAGE_BYTES);
    error_init(&talk->failure);
    uv_pipe_init(loop, &talk->input, 0);
    uv_pipe_init(loop, &talk->output, 0);
    uv_idle_init(loop, &talk->turn);
    talk->input.data = talk->output.data = talk->turn.data = talk->process.data = talk;
    talk->open_handles = 3;
    for (size_t i = 0; argv[i] && i + 1 < COUNT_OF(arguments); i++)
        arguments[i] = xstrdup(argv[i]);
    program = program_find(arena, argv[0]);
    options.file = program;
    options.args = arguments;
    streams[0].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE);
    streams[0].data.stream = (uv_stream_t *)&talk->input;
    streams[1].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    streams[1].data.stream = (uv_stream_t *)&talk->output;
    streams[2].flags = UV_INHERIT_FD;
    streams[2].data.fd = 2;
    failed = UV_ENOENT;
    if (program) {
        talk->open_handles++;
        failed = spawn_program(loop, &talk->process, &options);
        talk->spawned = true; /* also when it fails, the handle must be closed */
    }
    if (failed == 0) {
        begin_talk(talk, input);
    } else {
        errno = -failed;
        (void)error_set_errno(&talk->failure, "run %s", argv[0]);
        uv_idle_start(&talk->turn, on_turn);
    }
    for (size_t i = 0; i < COUNT_OF(arguments); i++)
        free(arguments[i]);
    arena_destroy(arena);
    return talk;
}

void child_talk_cancel(struct child_talk *talk)
{
    (void)error_set(&talk->failure, ERROR_CANCELED, "canceled");
    if (talk->started && !talk->exited)
        (void)uv_process_kill(&talk->process, SIGKILL);
}
