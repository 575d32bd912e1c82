/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_attached.h"

#include <string.h>

#include "compose/commands/lifecycle.h"
#include "compose/commands/up_menu.h"
#include "compose/commands/up_watch.h"
#include "compose/console/console.h"
#include "compose/session/session.h"
#include "compose/streams/attached.h"
#include "spec/base/arena.h"
#include "spec/project.h"

static bool check_attach(const struct up_options *up, struct error *err)
{
    const struct strings *names = options_list(up->job.context->options, "attach");

    for (size_t i = 0; i < names->count; i++)
        if (!spec_project_service(up->project, names->items[i]))
            return error_set(err, ERROR_USAGE, "cannot attach to services not included in up: %s",
                             names->items[i]);
    return true;
}

/* Named services, or all, that do not say `attach: false`; dependencies only if asked; less --no-attach. */
static bool is_shown(const struct up_options *up, const struct spec_service *service)
{
    const struct options *options = up->job.context->options;
    const struct strings *attach = options_list(options, "attach");

    if (strings_contain(options_list(options, "no-attach"), service->name))
        return false;
    if (attach->count > 0)
        return strings_contain(attach, service->name);
    if (service->attach.set && !service->attach.value)
        return false;
    return up->services.count == 0 || strings_contain(&up->services, service->name) ||
           options_bool(options, "attach-dependencies");
}

static bool read_flags(const struct up_options *up, struct attached_options *ret_how,
                       struct error *err)
{
    struct command_context *context = up->job.context;
    const struct options *options = context->options;
    const char *from = options_string(options, "exit-code-from");
    struct attached_options how = {
        .project = up->project->name,
        .no_color = options_bool(options, "no-color"),
        .no_log_prefix = options_bool(options, "no-log-prefix"),
        .timestamps = options_bool(options, "timestamps"),
        .abort_on_exit = options_bool(options, "abort-on-container-exit"),
        .abort_on_failure = options_bool(options, "abort-on-container-failure"),
        .exit_code_from = from[0] ? from : NULL,
    };

    if (!check_attach(up, err))
        return false;
    for (size_t i = 0; i < up->project->services.count; i++) {
        const struct spec_service *service = up->project->services.items[i].value;

        strings_add(&how.services, context->arena, service->name);
        if (is_shown(up, service))
            strings_add(&how.shown, context->arena, service->name);
    }
    *ret_how = how;
    return true;
}

/* The second half: start what was created. It is as it should be by now. */
static bool start(struct up_options *up, struct attached *attached, struct error *err)
{
    up->reconcile.start = true;
    up->reconcile.recreate = RECREATE_NEVER;
    up->reconcile.recreate_dependencies = RECREATE_NEVER;
    up->reconcile.pull = "never";
    up->reconcile.no_build = true;
    up->reconcile.build = false;
    up->job.execute.on_hook_output = attached_hook_output;
    up->job.execute.on_started = attached_container_started;
    up->job.execute.output_owner = attached;
    return up_options_converge(up, err);
}

/* What stops is what this invocation was for: dependencies that were not named stay up. */
static bool stop(struct up_options *up, enum lifecycle what, struct error *err)
{
    struct command_context *context = up->job.context;
    struct reconcile_containers options = {
        .services = up->services,
        .named = up->services.count > 0,
        .signal = what == LIFECYCLE_KILL ? "SIGKILL" : NULL,
    };

    if (what == LIFECYCLE_STOP && options_given(context->options, "timeout")) {
        options.has_timeout = true;
        options.timeout_s = options_int(context->options, "timeout");
    }
    return lifecycle_run(context, up->project, &options, what,
                         what == LIFECYCLE_KILL ? "kill" : "stop", err);
}

/* A signal while stopping: kill; another one: leave it. */
static bool wind_down(struct up_options *up, struct attached *attached, enum attached_end why,
                      struct error *err)
{
    bool good;

    attached_announce_stop(attached, why);
    good = stop(up, LIFECYCLE_STOP, err);
    if (!good && err->kind == ERROR_CANCELED) {
        error_finish(err);
        session_continue(up->job.context->session);
        good = stop(up, LIFECYCLE_KILL, err);
    }
    if (good)
        attached_drain(attached);
    return good;
}

/* While they run: watch what is to be watched. */
static bool linger(struct up_watch *watching, struct up_menu *menu, struct attached *attached,
                   enum attached_end *ret_end, struct error *err)
{
    for (;;) {
        up_menu_refresh(menu);
        if (!attached_wait(attached, ret_end, err))
            return false;
        if (*ret_end != ATTACHED_AWAKE)
            return true;
        if (!up_watch_serve(watching, err))
            return false;
    }
}

/* Start, and wait for the end; the menu is there all the while. */
static bool run(struct up_options *up, struct attached *attached, enum attached_end *ret_end,
                struct error *err)
{
    struct command_context *context = up->job.context;
    struct up_watch *watching = up_watch_create(up, attached);
    struct up_menu *menu = up_menu_create(up, attached, watching);
    bool good = start(up, attached, err) &&
                (!options_bool(context->options, "watch") || up_watch_start(watching, err)) &&
                linger(watching, menu, attached, ret_end, err);

    if (!good && err->kind == ERROR_CANCELED) {
        error_finish(err);
        session_continue(context->session);
        *ret_end = ATTACHED_INTERRUPTED;
        good = true;
    }
    up_menu_destroy(menu);
    up_watch_destroy(watching);
    return good;
}

static bool stay(struct up_options *up, struct attached *attached, struct error *err)
{
    enum attached_end end;
    int code;

    if (!attached_begin(attached, err) || !run(up, attached, &end, err))
        return false;
    if (end == ATTACHED_DETACHED)
        return true;
    if (end != ATTACHED_ENDED && !wind_down(up, attached, end, err))
        return false;
    if (end == ATTACHED_INTERRUPTED)
        return error_set(err, ERROR_CANCELED, "%s", "");
    if (!attached_exit_code(attached, &code, err))
        return false;
    if (code == 0)
        return true;
    console_note(up->job.context->console,
                 "\n"); /* as the reference does for a code without a message */
    return error_set_exit(err, code);
}

bool up_attached(struct up_options *up, struct error *err)
{
    struct command_context *context = up->job.context;
    struct attached_options how;
    struct attached *attached;
    bool good;

    if (!read_flags(up, &how, err) ||
        (options_bool(context->options, "watch") && !up_watch_check(up, err)))
        return false;
    up->reconcile.start = false;
    if (!up_options_converge(up, err))
        return false;
    if (context->dry_run) {
        console_print(
            context->console,
            "end of 'compose up' output, interactive run is not supported in dry-run mode\n");
        return true;
    }
    attached = attached_create(context, &how);
    good = stay(up, attached, err);
    attached_destroy(attached);
    return good;
}
