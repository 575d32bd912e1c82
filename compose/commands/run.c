/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/terminal.h"
#include "compose/execute/converge.h"
#include "compose/provision/one_off.h"
#include "compose/provision/provision.h"
#include "compose/provision/run_mark.h"
#include "compose/provision/run_prepare.h"
#include "compose/root.h"
#include "compose/streams/container_stream.h"
#include "compose/streams/stdio_stream.h"
#include "engine_client/client.h"
#include "engine_client/docker_config.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"build", .kind = OPTION_BOOL, .help = "Build image before starting container"},
    {"cap-add", .kind = OPTION_LIST, .type = "list", .help = "Add Linux capabilities"},
    {"cap-drop", .kind = OPTION_LIST, .type = "list", .help = "Drop Linux capabilities"},
    {"detach", 'd', OPTION_BOOL, .help = "Run container in background and print container ID"},
    {"entrypoint", .kind = OPTION_STRING, .help = "Override the entrypoint of the image"},
    {"env", 'e', OPTION_LIST, .help = "Set environment variables"},
    {"env-from-file", .kind = OPTION_LIST, .help = "Set environment variables from file"},
    {"interactive", 'i', OPTION_BOOL, .initial = "true", .help = "Keep STDIN open even if not attached"},
    {"label", 'l', OPTION_LIST, .alias = "labels", .help = "Add or override a label"},
    {"name", .kind = OPTION_STRING, .help = "Assign a name to the container"},
    {"no-deps", .kind = OPTION_BOOL, .help = "Don't start linked services"},
    {"no-tty", 'T', OPTION_BOOL, .alias = "no-TTY",
     .help = "Disable pseudo-TTY allocation (default: auto-detected)"},
    {"publish", 'p', OPTION_LIST, .help = "Publish a container's port(s) to the host"},
    {"pull", .kind = OPTION_STRING, .initial = "policy", .values = "always|missing|never",
     .help = "Pull image before running (\"always\"|\"missing\"|\"never\")"},
    {"quiet", 'q', OPTION_BOOL, .help = "Don't print anything to STDOUT"},
    {"quiet-build", .kind = OPTION_BOOL, .help = "Suppress progress output from the build process"},
    {"quiet-pull", .kind = OPTION_BOOL, .help = "Pull without printing progress information"},
    {"remove-orphans", .kind = OPTION_BOOL, .help = "Remove containers for services not defined in the Compose file"},
    {"rm", .kind = OPTION_BOOL, .help = "Automatically remove the container when it exits"},
    {"service-ports", 'P', OPTION_BOOL, .help = "Run command with all service's ports enabled and mapped to the host"},
    {"tty", 't', OPTION_BOOL, OPTION_HIDDEN, .initial = "true", .help = "Allocate a pseudo-TTY"},
    {"use-aliases", .kind = OPTION_BOOL, .help = "Use the service's network useAliases in the network(s) the container connects to"},
    {"user", 'u', OPTION_STRING, .help = "Run as specified username or uid"},
    {"volume", 'v', OPTION_LIST, .alias = "volumes", .help = "Bind mount a volume"},
    {"workdir", 'w', OPTION_STRING, .help = "Working directory inside the container"},
    OPTION_END,
};
/* clang-format on */

struct run {
    struct command_context *context;
    struct spec_project *project;
    struct one_off flags;
    struct run_prepare prepare;
    bool detach;
    const char *id; /* of the container, once it is there */
    bool started;
    struct run_mark *mark; /* for the next `down`, should this run be killed */
    struct error hook_failure;
    uint64_t hook_failed_ns;
};

/* A hook that failed this long before the container's end was not ended by it. */
#define END_TAKES_NS UINT64_C(1000000000)

/* Flags */

static bool choose_tty(struct run *run, struct error *err)
{
    const struct options *options = run->context->options;
    bool no_tty = options_given(options, "no-tty"), tty = options_given(options, "tty");

    if (no_tty && tty)
        return error_set(err, ERROR_USAGE, "--tty and --no-tty can't be used together");
    run->flags.interactive = options_bool(options, "interactive");
    if (tty)
        run->flags.tty = options_bool(options, "tty");
    else if (no_tty)
        run->flags.tty = !options_bool(options, "no-tty");
    else
        run->flags.tty = terminal_is(STDOUT_FILENO) &&
                         (options_given(options, "interactive") || terminal_is(STDIN_FILENO));
    return true;
}

static bool read_pull(struct run *run, struct error *err)
{
    static const char *const policies[] = {"policy", "always", "missing",
                                           "never",  "build",  "if_not_present"};
    const char *pull = options_string(run->context->options, "pull");

    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (strcmp(pull, policies[i]) == 0) {
            if (i > 0)
                run->prepare.pull = strcmp(pull, "if_not_present") == 0 ? "missing" : pull;
            return true;
        }
    return error_set(err, ERROR_USAGE, "invalid --pull option \"%s\"", pull);
}

static bool read_flags(struct run *run, struct error *err)
{
    const struct options *options = run->context->options;
    struct one_off *flags = &run->flags;

    if (options_bool(options, "service-ports") && options_list(options, "publish")->count > 0)
        return error_set(err, ERROR_USAGE, "--service-ports and --publish are incompatible");
    if (!choose_tty(run, err) || !read_pull(run, err))
        return false;
    run->prepare.service = options->arguments.items[0];
    run->detach = options_bool(options, "detach");
    flags->command.items = options->arguments.items + 1;
    flags->command.count = options->arguments.count - 1;
    flags->entrypoint =
        options_given(options, "entrypoint") ? options_string(options, "entrypoint") : NULL;
    flags->environment = options_list(options, "env");
    flags->environment_files = options_list(options, "env-from-file");
    flags->labels = options_list(options, "label");
    flags->cap_add = options_list(options, "cap-add");
    flags->cap_drop = options_list(options, "cap-drop");
    flags->publish = options_list(options, "publish");
    flags->volumes = options_list(options, "volume");
    flags->service_ports = options_bool(options, "service-ports");
    flags->user = options_string(options, "user");
    flags->working_dir = options_string(options, "workdir");
    return true;
}

static void read_preparation(struct run *run)
{
    const struct options *options = run->context->options;
    struct run_prepare *prepare = &run->prepare;
    bool quiet = options_bool(options, "quiet");

    prepare->attach_stdin = run->flags.interactive;
    prepare->auto_remove = options_bool(options, "rm");
    prepare->no_service_aliases = !options_bool(options, "use-aliases");
    prepare->build = options_bool(options, "build");
    prepare->quiet_pull = quiet || options_bool(options, "quiet-pull");
    prepare->quiet_build = quiet || options_bool(options, "quiet-build");
    prepare->remove_orphans = options_bool(options, "remove-orphans");
}

/* The model */

static bool load(struct run *run, struct error *err)
{
    struct command_context *context = run->context;
    struct strings services = {.items = &run->prepare.service, .count = 1};
    struct spec_load_options how = session_load_options(context);

    if (!session_project(context, PROJECT_MODEL, &how, &run->project, err))
        return false;
    for (size_t i = 0; i < run->project->services.count; i++)
        strings_add(&run->prepare.known, context->arena, run->project->services.items[i].key);
    if (!spec_project_select(run->project, &services, options_bool(context->options, "no-deps"),
                             context->root->all_resources, err) ||
        !session_read_service_files(context, err))
        return false;
    return spec_project_service(run->project, run->prepare.service) ||
           spec_project_unknown(run->project, run->prepare.service, err);
}

static bool apply(struct run *run, struct error *err)
{
    struct command_context *context = run->context;
    const char *name = options_string(context->options, "name");
    struct warnings warnings = {.arena = context->arena};
    char current_dir[PATH_MAX];
    bool good;

    if (!getcwd(current_dir, sizeof(current_dir)))
        return error_set_errno(err, "cannot find the working directory");
    run->flags.current_dir = arena_strdup(context->arena, current_dir);
    run->prepare.slug = one_off_slug(context->arena);
    run->prepare.name = name[0] ? name
                                : one_off_name(context->arena, run->project, run->prepare.service,
                                               run->prepare.slug);
    run->flags.name = run->prepare.name;
    good = one_off_apply(run->project, run->prepare.service, &run->flags, &warnings, err);
    console_warnings(context->console, &warnings);
    return good;
}

/* The container */

/* A hook that fails leaves the container running: it is told when that has ended. */
static bool start(void *owner, session_signal_fn *on_signal, void *signal_owner, struct error *err)
{
    struct run *run = owner;

    if (run_start(run->context, run->project, &run->prepare, run->id, on_signal, signal_owner,
                  &run->started, err))
        return true;
    if (!run->started || err->kind == ERROR_CANCELED)
        return false;
    error_move(&run->hook_failure, err);
    run->hook_failed_ns = uv_hrtime();
    return true;
}

static bool finish_attached(struct run *run, const struct container_stream_result *result,
                            struct error *err)
{
    bool hook_failed = error_is_set(&run->hook_failure) &&
                       (result->detached || uv_hrtime() - run->hook_failed_ns > END_TAKES_NS);

    if (hook_failed && (result->detached || result->exit_code == 0)) {
        error_move(err, &run->hook_failure);
        return false;
    }
    if (hook_failed) {
        char *message = error_message(&run->hook_failure);

        console_warn(run->context->console, "%s", message);
        free(message);
    }
    if (result->detached || result->exit_code == 0)
        return true;
    console_note(run->context->console, "\n"); /* as the reference: a failure without words */
    return error_set_exit(err, result->exit_code);
}

static bool run_attached(struct run *run, struct error *err)
{
    struct command_context *context = run->context;
    struct container_stream_options stream = {
        .id = run->id,
        .tty = run->flags.tty,
        .input = run->flags.interactive,
        .auto_remove = run->prepare.auto_remove,
        .forward_signals = true,
        .start = start,
        .owner = run,
    };
    struct container_stream_result result;
    struct engine_client *client;

    if (!session_client(context->session, &client, err))
        return false;
    stream.detach_keys = session_docker_config(context->session)->detach_keys;
    return container_stream_run(context->session, client, context->arena, &stream, &result, err) &&
           finish_attached(run, &result, err);
}

static bool mark(struct run *run, struct error *err)
{
    struct engine_client *client;

    if (run->context->dry_run)
        return true;
    if (!session_client(run->context->session, &client, err))
        return false;
    run->mark = run_mark_create(engine_client_url(client), run->project->name, run->prepare.name,
                                run->prepare.auto_remove);
    return true;
}

static bool carry_out(struct run *run, struct error *err)
{
    struct command_context *context = run->context;

    if (!load(run, err) || !provision_up(context, run->project, err) || !apply(run, err))
        return false;
    if (!run->detach &&
        !stdio_stream_check_tty(run->flags.tty, run->flags.interactive, STDIO_STREAM_TTY_HINT, err))
        return false;
    if (!mark(run, err) || !run_prepare(context, run->project, &run->prepare, &run->id, err))
        return false;
    if (context->dry_run)
        return true;
    if (!run->detach)
        return run_attached(run, err);
    if (!run_start(context, run->project, &run->prepare, run->id, NULL, NULL, &run->started, err))
        return false;
    console_print(context->console, "%s\n", run->id);
    return true;
}

/* The engine removes by itself what has run, not what an interruption kept from starting. */
static bool remove_unstarted(struct run *run)
{
    struct command_context *context = run->context;
    struct error ignored;
    struct span answer;
    bool good;

    error_init(&ignored);
    session_continue(context->session);
    good = session_fetch(context->session, context->arena, "DELETE",
                         engine_path(context->arena, "/containers/%s", run->id), "force=1&v=1",
                         &answer, &ignored);
    error_finish(&ignored);
    return good;
}

/* Whatever cannot be settled now is left to the next `down`. */
static void settle(struct run *run, bool canceled)
{
    bool settled;

    if (run->started)
        settled = !run->prepare.auto_remove || run->detach || !canceled;
    else if (canceled)
        settled = run->id && remove_unstarted(run);
    else
        settled = !run->id;
    run_mark_destroy(run->mark, settled);
}

static bool run_run(struct command_context *context, struct error *err)
{
    struct run run = {.context = context};
    bool good;

    error_init(&run.hook_failure);
    if (!read_flags(&run, err))
        return false;
    read_preparation(&run);
    if (options_bool(context->options, "quiet"))
        console_set_quiet(context->console);
    good = carry_out(&run, err);
    settle(&run, !good && err->kind == ERROR_CANCELED);
    error_finish(&run.hook_failure);
    return good;
}

const struct command_body cmd_run = {
    .usage = "[OPTIONS] SERVICE [COMMAND] [ARGS...]",
    .options = option_rows,
    .min_arguments = 1,
    .run = run_run,
};
