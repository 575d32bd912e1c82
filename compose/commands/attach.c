/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"
#include "compose/observe/containers.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "compose/streams/container_stream.h"
#include "compose/streams/stdio_stream.h"
#include "engine_client/docker_config.h"
#include "engine_client/json_find.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"detach-keys", .kind = OPTION_STRING, .help = "Override the key sequence for detaching from a container."},
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas"},
    {"no-stdin", .kind = OPTION_BOOL, .help = "Do not attach STDIN"},
    {"sig-proxy", .kind = OPTION_BOOL, .initial = "true", .help = "Proxy all received signals to the process"},
    OPTION_END,
};
/* clang-format on */

static bool is_true(struct span inspected, const char *path)
{
    struct span value = engine_json_find(inspected, path);

    return value.bytes && span_equals(value, "true");
}

/* There must be a process to be attached to. */
static bool check_state(const struct engine_container *container, struct error *err)
{
    if (container->paused)
        return error_set(err, ERROR_INPUT, "cannot attach to a paused container, unpause it first");
    if (container->restarting)
        return error_set(err, ERROR_INPUT,
                         "cannot attach to a restarting container, wait until it is running");
    return true;
}

static bool inspect(struct command_context *context, const char *id,
                    struct engine_container *ret_container, struct error *err)
{
    struct span answer;

    return session_fetch(context->session, context->arena, NULL,
                         engine_path(context->arena, "/containers/%s/json", id), NULL, &answer,
                         err) &&
           engine_container_decode(context->arena, answer, ret_container, err) &&
           check_state(ret_container, err);
}

static const char *detach_keys(const struct command_context *context)
{
    const char *given = options_string(context->options, "detach-keys");

    return given[0] ? given : session_docker_config(context->session)->detach_keys;
}

static bool run_attach(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    const struct engine_container_entry *entry;
    struct container_stream_options stream = {0};
    struct container_stream_result result;
    struct engine_container container;
    struct engine_client *client;
    struct spec_project *project;

    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_pick(context->session, context->arena, project->name,
                         options->arguments.items[0], options_int(options, "index"), &entry, err) ||
        !inspect(context, entry->id, &container, err))
        return false;
    stream.id = entry->id;
    stream.tty = is_true(container.raw, "Config.Tty");
    stream.input = !options_bool(options, "no-stdin") && is_true(container.raw, "Config.OpenStdin");
    stream.keep_input_open = !is_true(container.raw, "Config.StdinOnce");
    stream.forward_signals = options_bool(options, "sig-proxy");
    if (!stdio_stream_check_tty(stream.tty, stream.input, "give --no-stdin to see its output only",
                                err) ||
        !session_client(context->session, &client, err))
        return false;
    stream.detach_keys = detach_keys(context);
    if (!container_stream_run(context->session, client, context->arena, &stream, &result, err))
        return false;
    return result.detached || result.exit_code == 0 || error_set_exit(err, result.exit_code);
}

const struct command_body cmd_attach = {
    .usage = "[OPTIONS] SERVICE",
    .options = option_rows,
    .min_arguments = 1,
    .run = run_attach,
};
