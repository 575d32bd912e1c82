/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_attached.h"

#include <string.h>

#include "compose/commands/lifecycle.h"
#include "compose/commands/up_menu.h"
#include "compose/commands/up_watch.h"
#include "compose/console/console.h"
#include "compose/console/output.h"
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

/* Named services, or all; dependencies only if asked for. */
static bool is_target(const struct up_options *up, const struct spec_service *service)
{
    const struct strings *targets = &up->reconcile.targets;

    return targets->count == 0 || strings_contain(targets, service->name) ||
           options_bool(up->job.context->options, "attach-dependencies");
}

/* What --attach names; else targets that do not say `attach: false`; less --no-attach. */
static bool is_shown(const struct up_options *up, const struct spec_service *service)
{
    const struct options *options = up->job.context->options;
    const struct strings *attach = options_list(options, "attach");

    if (strings_contain(options_list(options, "no-attach"), service->name))
        return false;
    if (attach->count > 0)
        return strings_contain(attach, service->name);
    return is_target(up, service) && !(service->attach.set && !service->attach.value);
}

/* A choice that leaves nothing is no choice: then all are shown. Source: Docker Compose 5.5.0. */
static struct strings choose_shown(const struct up_options *up)
{
    const struct spec_project *project = up->project;
    struct strings chosen = {0}, all = {0};

    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        strings_add(&all, up->job.context->arena, service->name);
        if (is_shown(up, service))
            strings_add(&chosen, up->job.context->arena, service->name);
    }
    return chosen.count > 0 ? chosen : all;
}

/*
 * What ends the command: the services named, shown or not; with none named, those that are shown, and the one whose exit
 * code is asked for.
 */
static struct strings choose_counted(const struct up_options *up, const struct strings *shown)
{
    const char *from = options_string(up->job.context->options, "exit-code-from");
    struct strings counted = {0};

    if (up->services.count > 0)
        return up->reconcile.targets;
    for (size_t i = 0; i < shown->count; i++)
        strings_add(&counted, up->job.context->arena, shown->items[i]);
    if (from[0] && !strings_contain(&counted, from))
        strings_add(&counted, up->job.context->arena, from);
    return counted;
}

/* Services that others of this invocation wait for to complete. */
static struct strings choose_completing(const struct up_options *up)
{
    const struct spec_project *project = up->project;
    struct strings names = {0};

    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        for (size_t j = 0; j < service->depends_on.count; j++)
            if (strcmp(service->depends_on.items[j].value->condition,
                       "service_completed_successfully") == 0)
                strings_add(&names, up->job.context->arena, service->depends_on.items[j].key);
    }
    return names;
}

static bool read_flags(const struct up_options *up, struct attached_options *ret_how,
                       struct error *err)
{
    const struct options *options = up->job.context->options;
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
    how.shown = choose_shown(up);
    how.counted = choose_counted(up, &how.shown);
    how.completing = choose_completing(up);
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
static bool stop(struct up_options *up, struct attached *attached, enum lifecycle what,
                 struct error *err)
{
    struct command_context *context = up->job.context;
    struct reconcile_containers options = {
        .services = up->reconcile.targets,
        .named = up->services.count > 0,
        .signal = what == LIFECYCLE_KILL ? "SIGKILL" : NULL,
    };

    if (what == LIFECYCLE_STOP && options_given(context->options, "timeout")) {
        options.has_timeout = true;
        options.timeout_s = options_int(context->options, "timeout");
    }
    return lifecycle_run_shown(context, up->project, &options, what,
                               what == LIFECYCLE_KILL ? "kill" : "stop", attached_hook_output,
                               attached, err);
}

/* A signal while stopping: kill; another one: leave it. */
static bool wind_down(struct up_options *up, struct attached *attached, enum attached_end why,
                      struct error *err)
{
    bool good;

    attached_announce_stop(attached, why);
    good = stop(up, attached, LIFECYCLE_STOP, err);
    if (!good && err->kind == ERROR_CANCELED) {
        error_finish(err);
        session_continue(up->job.context->session);
        good = stop(up, attached, LIFECYCLE_KILL, err);
    }
    if (good)
        attached_drain(attached, why);
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
    session_tolerate_lost_output(context->session); /* services do not depend on it */
    output_watch_reader(console_stdout(context->console));
    up->reconcile.start = false;
    if (!up_options_converge(up, err))
        return false;
    if (context->dry_run) {
        console_print(
            context->console,
            "end of 'compose up' output, interactive run is not supported in dry-run mode\n");
        return true;
    }
    if (up->project->services.count == 0) /* --all-resources: nothing to be attached to */
        return true;
    attached = attached_create(context, &how);
    good = stay(up, attached, err);
    attached_destroy(attached);
    return good;
}
