/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/ssh_relay.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_client/endpoint.h"
#include "engine_client/spawn.h"
#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/program.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

#define FAR_SOCKET "/var/run/docker.sock"
#define READY      "compose-relay-ready"

enum { READ_SIZE = 1024 };

struct ssh_relay {
    struct arena *arena;
    const struct engine_endpoint *endpoint;
    struct ssh_relay_handlers handlers;
    void *owner;
    uv_process_t process;
    uv_pipe_t input, output, errors;
    uv_idle_t turn; /* tells a failed start on a later turn */
    unsigned open_handles;
    bool spawned, running, ready, told, closing;
    const char *directory, *socket;
    struct text said, complaints;
    char piece[READ_SIZE];
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct ssh_relay *relay = handle->data;

    if (--relay->open_handles > 0)
        return;
    if (relay->socket)
        (void)unlink(relay->socket); /* ssh removes it too */
    if (relay->directory)
        (void)rmdir(relay->directory);
    relay->handlers.on_closed(relay->owner);
    text_finish(&relay->said);
    text_finish(&relay->complaints);
    arena_destroy(relay->arena);
    free(relay);
}

void ssh_relay_close(struct ssh_relay *relay)
{
    if (relay->closing)
        return;
    relay->closing = true;
    if (relay->running) {
        (void)uv_process_kill(&relay->process, SIGTERM);
        uv_ref((uv_handle_t *)&relay
                   ->process); /* on_child_exit() closes it, so that no zombie stays */
    } else if (relay->spawned) {
        uv_close((uv_handle_t *)&relay->process, on_handle_closed);
    }
    uv_close((uv_handle_t *)&relay->input, on_handle_closed);
    uv_close((uv_handle_t *)&relay->output, on_handle_closed);
    uv_close((uv_handle_t *)&relay->errors, on_handle_closed);
    uv_close((uv_handle_t *)&relay->turn, on_handle_closed);
}

static void describe(struct ssh_relay *relay, struct error *err)
{
    size_t length = relay->complaints.length;

    while (length > 0 && strchr("\r\n ", relay->complaints.bytes[length - 1]))
        text_truncate(&relay->complaints, --length);
    (void)error_set(err, ERROR_CONNECTION, "no ssh connection to the engine at %s: %s",
                    relay->endpoint->url,
                    length > 0 ? relay->complaints.bytes : "ssh ended without a word");
    (void)error_hint(err, "try: ssh %s%s%s docker version",
                     relay->endpoint->user ? relay->endpoint->user : "",
                     relay->endpoint->user ? "@" : "", relay->endpoint->host);
}

static void tell_end(struct ssh_relay *relay)
{
    ssh_relay_fn *function = relay->ready ? relay->handlers.on_gone : relay->handlers.on_ready;
    struct error failure;

    if (relay->told || relay->closing)
        return;
    relay->told = true;
    error_init(&failure);
    describe(relay, &failure);
    function(relay->owner, &failure);
    error_finish(&failure);
}

static void on_child_exit(uv_process_t *process, int64_t status UNUSED, int signal_number UNUSED)
{
    struct ssh_relay *relay = process->data;

    /* Its last words may still be in the pipe: the end is told when that is read to its end. */
    relay->running = false;
    if (relay->closing)
        uv_close((uv_handle_t *)process, on_handle_closed);
    else if (!uv_is_active((uv_handle_t *)&relay->errors))
        tell_end(relay);
}

static void on_buffer(uv_handle_t *handle, size_t suggested UNUSED, uv_buf_t *buffer)
{
    struct ssh_relay *relay = handle->data;

    *buffer = uv_buf_init(relay->piece, sizeof(relay->piece));
}

static void on_errors(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct ssh_relay *relay = stream->data;

    if (length > 0)
        text_add_bytes(&relay->complaints, buffer->base, (size_t)length);
    if (length >= 0)
        return;
    (void)uv_read_stop(stream);
    if (!relay->running)
        tell_end(relay);
}

static void on_output(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct ssh_relay *relay = stream->data;

    if (length < 0)
        (void)uv_read_stop(stream);
    if (length <= 0 || relay->ready)
        return;
    if (relay->said.length > LIMIT_MESSAGE_BYTES / 2) /* a long greeting: its end will do */
        text_drop_front(&relay->said, relay->said.length - strlen(READY));
    text_add_bytes(&relay->said, buffer->base, (size_t)length);
    /* A greeting of the login shell may stand before it. */
    if (!strstr(relay->said.bytes, READY))
        return;
    relay->ready = true;
    /* From now on only requests keep the loop going. */
    uv_unref((uv_handle_t *)&relay->process);
    uv_unref((uv_handle_t *)&relay->output);
    uv_unref((uv_handle_t *)&relay->errors);
    relay->handlers.on_ready(relay->owner, NULL);
}

static void on_turn(uv_idle_t *turn)
{
    uv_idle_stop(turn);
    tell_end(turn->data);
}

static bool make_directory(struct ssh_relay *relay)
{
    const char *base = getenv("XDG_RUNTIME_DIR");
    char *directory =
        arena_printf(relay->arena, "%s/compose-ssh-XXXXXX", base && *base ? base : "/tmp");

    if (!mkdtemp(directory)) {
        text_addf(&relay->complaints, "make directory %s: %s", directory, strerror(errno));
        return false;
    }
    relay->directory = directory;
    relay->socket = arena_printf(relay->arena, "%s/engine.sock", directory);
    return true;
}

static void write_command(const struct ssh_relay *relay, struct strings *argv)
{
    const struct engine_endpoint *endpoint = relay->endpoint;
    struct arena *arena = relay->arena;
    const char *const fixed[] = {"ssh", "-T",
                                 "-o",  "ConnectTimeout=30",
                                 "-o",  "ExitOnForwardFailure=yes",
                                 "-o",  "StreamLocalBindUnlink=yes",
                                 "-o",  "ControlPath=none"};

    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        strings_add(argv, arena, fixed[i]);
    if (endpoint->user) {
        strings_add(argv, arena, "-l");
        strings_add(argv, arena, endpoint->user);
    }
    if (endpoint->port) {
        strings_add(argv, arena, "-p");
        strings_add(argv, arena, arena_printf(arena, "%u", (unsigned)endpoint->port));
    }
    strings_add(argv, arena, "-L");
    strings_add(argv, arena,
                arena_printf(arena, "%s:%s", relay->socket,
                             endpoint->socket_path ? endpoint->socket_path : FAR_SOCKET));
    strings_add(argv, arena, "--");
    strings_add(argv, arena, endpoint->host);
    strings_add(argv, arena, "echo " READY "; exec cat");
    strings_add(argv, arena, NULL);
}

static bool spawn(struct ssh_relay *relay, uv_loop_t *loop)
{
    struct strings argv = {0};
    uv_stdio_container_t streams[3];
    uv_process_options_t options = {
        .exit_cb = on_child_exit, .flags = UV_PROCESS_DETACHED, .stdio_count = 3, .stdio = streams};
    char **arguments;
    int failed;

    write_command(relay, &argv);
    arguments = arena_array(relay->arena, argv.count, sizeof(*arguments));
    for (size_t i = 0; argv.items[i]; i++)
        arguments[i] = arena_strdup(relay->arena, argv.items[i]);
    options.file = program_find(relay->arena, argv.items[0]);
    options.args = arguments;
    if (!options.file) {
        text_add(&relay->complaints, "run ssh: no such file or directory in PATH");
        return false;
    }
    streams[0].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE);
    streams[0].data.stream = (uv_stream_t *)&relay->input;
    streams[1].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    streams[1].data.stream = (uv_stream_t *)&relay->output;
    streams[2].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
    streams[2].data.stream = (uv_stream_t *)&relay->errors;
    relay->spawned = true; /* also when it fails, the handle must be closed */
    relay->open_handles++;
    failed = spawn_program(loop, &relay->process, &options);
    if (failed != 0) {
        text_addf(&relay->complaints, "run ssh: %s", uv_strerror(failed));
        return false;
    }
    relay->running = true;
    if (uv_read_start((uv_stream_t *)&relay->output, on_buffer, on_output) != 0 ||
        uv_read_start((uv_stream_t *)&relay->errors, on_buffer, on_errors) != 0)
        fatal("cannot read from a pipe");
    return true;
}

struct ssh_relay *ssh_relay_start(uv_loop_t *loop, const struct engine_endpoint *endpoint,
                                  const struct ssh_relay_handlers *handlers, void *owner)
{
    struct ssh_relay *relay = xcalloc(1, sizeof(*relay));

    relay->arena = arena_create();
    relay->endpoint = endpoint;
    relay->handlers = *handlers;
    relay->owner = owner;
    text_init(&relay->said, LIMIT_MESSAGE_BYTES);
    text_init(&relay->complaints, LIMIT_MESSAGE_BYTES);
    uv_pipe_init(loop, &relay->input, 0);
    uv_pipe_init(loop, &relay->output, 0);
    uv_pipe_init(loop, &relay->errors, 0);
    uv_idle_init(loop, &relay->turn);
    relay->process.data = relay->input.data = relay->output.data = relay->errors.data =
        relay->turn.data = relay;
    relay->open_handles = 4;
    if (!make_directory(relay) || !spawn(relay, loop))
        uv_idle_start(&relay->turn, on_turn);
    return relay;
}

const char *ssh_relay_socket(const struct ssh_relay *relay)
{
    return relay->socket;
}
