/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/terminal.h"
#include "compose/execute/exec_end.h"
#include "compose/observe/containers.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "compose/streams/stdio_stream.h"
#include "engine_client/client.h"
#include "engine_client/docker_config.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"detach", 'd', OPTION_BOOL, .help = "Detached mode: Run command in the background"},
    {"env", 'e', OPTION_LIST, .help = "Set environment variables"},
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas"},
    {"interactive", 'i', OPTION_BOOL, OPTION_HIDDEN, .initial = "true", .help = "Keep STDIN open even if not attached"},
    {"no-tty", 'T', OPTION_BOOL, .alias = "no-TTY",
     .help = "Disable pseudo-TTY allocation. By default a TTY is allocated when stdout is a terminal"},
    {"privileged", .kind = OPTION_BOOL, .help = "Give extended privileges to the process"},
    {"tty", 't', OPTION_BOOL, OPTION_HIDDEN, .initial = "true", .help = "Allocate a pseudo-TTY"},
    {"user", 'u', OPTION_STRING, .help = "Run the command as this user"},
    {"workdir", 'w', OPTION_STRING, .help = "Path to workdir directory for this command"},
    OPTION_END,
};
/* clang-format on */

struct exec {
    struct command_context *context;
    const char *project;
    struct engine_client *client;
    bool tty, input, detach;
    const char *detach_keys; /* of the configuration, "" for the usual ones */
};

static void add_member(struct json_writer *json, const char *key, const char *value)
{
    if (value[0])
        json_member_string(json, key, value);
}

/* `K=V` as it is; `K` alone with the value it has here, dropped where it has none. */
static void add_environment(struct json_writer *json, const struct command_context *context,
                            const struct strings *given)
{
    json_key(json, "Env");
    json_array_open(json);
    for (size_t i = 0; i < given->count; i++) {
        const char *entry = given->items[i];
        const char *value;

        if (!strchr(entry, '=')) {
            value = session_shell_variable(context, entry);
            entry = value ? arena_printf(context->arena, "%s=%s", entry, value) : NULL;
        }
        if (entry)
            json_string(json, entry);
    }
    json_array_close(json);
}

static void write_body(const struct exec *exec, struct text *out)
{
    const struct command_context *context = exec->context;
    const struct options *options = context->options;
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    add_member(&json, "User", options_string(options, "user"));
    json_member_bool(&json, "Privileged", options_bool(options, "privileged"));
    json_member_bool(&json, "Tty", exec->tty);
    json_member_bool(&json, "AttachStdin", exec->input && !exec->detach);
    json_member_bool(&json, "AttachStdout", !exec->detach);
    json_member_bool(&json, "AttachStderr", !exec->detach);
    add_member(&json, "DetachKeys", exec->detach_keys);
    add_environment(&json, context, options_list(options, "env"));
    add_member(&json, "WorkingDir", options_string(options, "workdir"));
    json_key(&json, "Cmd");
    json_array_open(&json);
    for (size_t i = 1; i < options->arguments.count; i++)
        json_string(&json, options->arguments.items[i]);
    json_array_close(&json);
    json_object_close(&json);
}

static bool create(const struct exec *exec, const char *container_id, const char **ret_id,
                   struct error *err)
{
    struct arena *arena = exec->context->arena;
    struct session_call call = {.method = "POST",
                                .path = engine_path(arena, "/containers/%s/exec", container_id)};
    struct engine_created created;
    struct text body;
    bool good;

    text_init(&body, 0);
    write_body(exec, &body);
    call.body = text_span(&body);
    good = session_fetch_call(exec->context->session, arena, &call, err) &&
           engine_created_decode(arena, call.answer, &created, err);
    text_finish(&body);
    if (good)
        *ret_id = created.id;
    return good;
}

static bool start_detached(const struct exec *exec, const char *id, struct error *err)
{
    struct arena *arena = exec->context->arena;
    struct session_call call = {
        .method = "POST",
        .path = engine_path(arena, "/exec/%s/start", id),
        .body = span_of(exec->tty ? "{\"Detach\":true,\"Tty\":true}" : "{\"Detach\":true}"),
    };

    return session_fetch_call(exec->context->session, arena, &call, err);
}

struct ending {
    struct session *session;
    int exit_code;
    struct error failure;
    bool ended;
};

static void on_end(void *owner, int exit_code, const struct error *failure)
{
    struct ending *ending = owner;

    ending->exit_code = exit_code;
    if (failure)
        error_copy(&ending->failure, failure);
    ending->ended = true;
    session_stop(ending->session);
}

static bool exit_like(const struct exec *exec, const char *id, struct error *err)
{
    struct ending ending = {.session = exec->context->session};
    struct exec_end *end;

    error_init(&ending.failure);
    end = exec_end_start(ending.session, exec->project, id, on_end, &ending, err);
    if (!end)
        return false;
    if (!session_run(ending.session, err)) {
        if (!ending.ended)
            exec_end_cancel(end);
        session_drain(ending.session, &ending.ended);
        error_finish(&ending.failure);
        return false;
    }
    if (error_is_set(&ending.failure)) {
        error_move(err, &ending.failure);
        return false;
    }
    return ending.exit_code == 0 || error_set_exit(err, ending.exit_code);
}

static bool start_attached(const struct exec *exec, const char *id, struct error *err)
{
    struct arena *arena = exec->context->arena;
    struct stdio_stream_options stream = {
        .path = engine_path(arena, "/exec/%s/start", id),
        .body = span_of(exec->tty ? "{\"Detach\":false,\"Tty\":true}"
                                  : "{\"Detach\":false,\"Tty\":false}"),
        .tty = exec->tty,
        .input = exec->input,
        .resize_path = engine_path(arena, "/exec/%s/resize", id),
    };
    enum stdio_stream_end how;

    if (!detach_keys_parse(exec->detach_keys[0] ? exec->detach_keys : DETACH_KEYS_DEFAULT,
                           &stream.detach_keys, err) ||
        !stdio_stream_run(exec->context->session, exec->client, &stream, &how, err))
        return false;
    /* Whether the connection ended or broke: the engine says how the process did. */
    return how == STDIO_STREAM_DETACHED || exit_like(exec, id, err);
}

static bool run_exec(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    const struct engine_container_entry *entry;
    struct exec exec = {.context = context};
    struct spec_project *project;
    const char *id;

    exec.detach = options_bool(options, "detach");
    exec.input = options_bool(options, "interactive");
    exec.tty = options_given(options, "no-tty") ? !options_bool(options, "no-tty")
                                                : terminal_is(STDOUT_FILENO);
    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_pick(context->session, context->arena, project->name,
                         options->arguments.items[0], options_int(options, "index"), &entry, err))
        return false;
    if (!exec.detach && !stdio_stream_check_tty(exec.tty, exec.input, STDIO_STREAM_TTY_HINT, err))
        return false;
    if (!session_client(context->session, &exec.client, err))
        return false;
    exec.detach_keys = session_docker_config(context->session)->detach_keys;
    exec.project = project->name;
    if (context->dry_run) {
        console_note(context->console, "Container %s would run %s\n", entry->names.items[0],
                     options->arguments.items[1]);
        return true;
    }
    if (!create(&exec, entry->id, &id, err))
        return false;
    return exec.detach ? start_detached(&exec, id, err) : start_attached(&exec, id, err);
}

const struct command_body cmd_exec = {
    .usage = "[OPTIONS] SERVICE COMMAND [ARGS...]",
    .options = option_rows,
    .min_arguments = 2,
    .run = run_exec,
};
