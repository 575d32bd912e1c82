/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>

#include "compose/commands/up_attached.h"
#include "compose/commands/up_options.h"
#include "compose/root.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"abort-on-container-exit", .kind = OPTION_BOOL, .help = "Stops all containers if any container was stopped. Incompatible with -d"},
    {"abort-on-container-failure", .kind = OPTION_BOOL, .help = "Stops all containers if any container exited with failure. Incompatible with -d"},
    {"always-recreate-deps", .kind = OPTION_BOOL, .help = "Recreate dependent containers. Incompatible with --no-recreate."},
    {"attach", .kind = OPTION_LIST, .help = "Restrict attaching to the specified services. Incompatible with --attach-dependencies."},
    {"attach-dependencies", .kind = OPTION_BOOL, .help = "Automatically attach to log output of dependent services"},
    UP_OPTION_BUILD,
    {"detach", 'd', OPTION_BOOL, .help = "Detached mode: Run containers in the background"},
    {"exit-code-from", .kind = OPTION_STRING, .help = "Return the exit code of the selected service container. Implies --abort-on-container-exit"},
    UP_OPTION_FORCE_RECREATE,
    {"menu", .kind = OPTION_BOOL, .help = "Enable interactive shortcuts when running attached. Incompatible with --detach. Can also be enable/disable by setting COMPOSE_MENU environment var."},
    {"no-attach", .kind = OPTION_LIST, .help = "Do not attach (stream logs) to the specified services"},
    UP_OPTION_NO_BUILD,
    {"no-color", .kind = OPTION_BOOL, .help = "Produce monochrome output"},
    {"no-deps", .kind = OPTION_BOOL, .help = "Don't start linked services"},
    {"no-log-prefix", .kind = OPTION_BOOL, .help = "Don't print prefix in logs"},
    UP_OPTION_NO_RECREATE,
    {"no-start", .kind = OPTION_BOOL, .help = "Don't start the services after creating them"},
    UP_OPTION_PULL,
    {"quiet-build", .kind = OPTION_BOOL, .help = "Suppress the build output"},
    UP_OPTION_QUIET_PULL,
    UP_OPTION_REMOVE_ORPHANS,
    {"renew-anon-volumes", 'V', OPTION_BOOL, .help = "Recreate anonymous volumes instead of retrieving data from the previous containers"},
    UP_OPTION_SCALE,
    {"timeout", 't', OPTION_INT, .help = "Use this timeout in seconds for container shutdown when attached or when containers are already running"},
    {"timestamps", .kind = OPTION_BOOL, .help = "Show timestamps"},
    {"wait", .kind = OPTION_BOOL, .help = "Wait for services to be running|healthy. Implies detached mode."},
    {"wait-timeout", .kind = OPTION_INT, .help = "Maximum duration in seconds to wait for the project to be running|healthy"},
    {"watch", 'w', OPTION_BOOL, .help = "Watch source code and rebuild/refresh containers when files are updated."},
    UP_OPTION_YES,
    OPTION_END,
};
/* clang-format on */

static bool is_on(const struct options *options, const char *name)
{
    return options_bool(options, name);
}

/* --exit-code-from implies --abort-on-container-exit, unless --abort-on-container-failure is given. */
static bool aborts_on_exit(const struct options *options)
{
    return is_on(options, "abort-on-container-exit") ||
           (options_string(options, "exit-code-from")[0] &&
            !is_on(options, "abort-on-container-failure"));
}

/* Flags of an attached up that a detached one would ignore. --wait implies --detach. */
static bool check_detached(const struct options *options, struct error *err)
{
    bool attaches =
        options_list(options, "attach")->count > 0 || is_on(options, "attach-dependencies");

    if (options_int(options, "wait-timeout") < 0)
        return error_set(err, ERROR_USAGE, "--wait-timeout must be a non-negative integer");
    if (is_on(options, "wait") && (aborts_on_exit(options) || attaches))
        return error_set(err, ERROR_USAGE,
                         "--wait cannot be combined with --abort-on-container-exit, --attach or "
                         "--attach-dependencies");
    if (!is_on(options, "wait") && !is_on(options, "detach"))
        return true;
    if (aborts_on_exit(options) || is_on(options, "abort-on-container-failure") || attaches ||
        is_on(options, "watch"))
        return error_set(
            err, ERROR_USAGE,
            "--%s cannot be combined with --abort-on-container-exit, --abort-on-container-failure, "
            "--attach, --attach-dependencies or --watch",
            is_on(options, "wait") ? "wait" : "detach");
    return true;
}

static bool check_flags(const struct options *options, struct error *err)
{
    if (is_on(options, "abort-on-container-exit") && is_on(options, "abort-on-container-failure"))
        return error_set(
            err, ERROR_USAGE,
            "--abort-on-container-failure cannot be combined with --abort-on-container-exit");
    if (is_on(options, "no-recreate") && is_on(options, "renew-anon-volumes"))
        return error_set(err, ERROR_USAGE,
                         "--no-recreate and --renew-anon-volumes are incompatible");
    if (is_on(options, "no-recreate") && is_on(options, "always-recreate-deps"))
        return error_set(err, ERROR_USAGE,
                         "--always-recreate-deps and --no-recreate are incompatible");
    if (options_list(options, "attach")->count > 0 && is_on(options, "attach-dependencies"))
        return error_set(err, ERROR_USAGE, "cannot combine --attach and --attach-dependencies");
    if (is_on(options, "no-build") && is_on(options, "watch"))
        return error_set(err, ERROR_USAGE, "--no-build and --watch are incompatible");
    return check_detached(options, err);
}

/* Also where nothing is started: a name that does not exist is a mistake in any case. */
static bool check_exit_code_from(const struct up_options *up, struct error *err)
{
    const char *name = options_string(up->job.context->options, "exit-code-from");

    return !name[0] || spec_project_service(up->project, name) ||
           error_set(err, ERROR_USAGE, "no such service: %s", name);
}

static void read_flags(struct up_options *up)
{
    const struct options *options = up->job.context->options;
    struct reconcile_options *reconcile = &up->reconcile;

    reconcile->start = !is_on(options, "no-start");
    reconcile->wait = is_on(options, "wait");
    reconcile->renew_anonymous = is_on(options, "renew-anon-volumes");
    if (reconcile->renew_anonymous)
        reconcile->recreate = RECREATE_FORCE;
    if (is_on(options, "always-recreate-deps"))
        reconcile->recreate_dependencies = RECREATE_FORCE;
    reconcile->has_timeout = options_given(options, "timeout");
    reconcile->timeout_s = options_int(options, "timeout");
    up->job.execute.wait_timeout_s = options_int(options, "wait-timeout");
    up->job.execute.quiet_build = is_on(options, "quiet-build");
    up->job.operation = "up";
}

static bool run_up(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct pairs scales = {0};
    struct up_options up = {0};
    bool good = check_flags(options, err) && up_options_read_scales(context, &scales, err) &&
                up_options_init(&up, context, &options->arguments, is_on(options, "no-deps"),
                                &scales, err) &&
                up_options_read_flags(&up, err) && up_options_need_services(&up, err);

    good = good && check_exit_code_from(&up, err);
    if (good) {
        read_flags(&up);
        if (is_on(options, "detach") || is_on(options, "wait") || is_on(options, "no-start"))
            good = up_options_converge(&up, err);
        else
            good = up_attached(&up, err);
    }
    up_options_finish(&up);
    return good;
}

const struct command_body cmd_up = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_up,
};
