/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_attached.h"

#include <string.h>

#include "compose/commands/lifecycle.h"
#include "compose/console.h"
#include "compose/log_follow.h"
#include "compose/session.h"
#include "spec/base/arena.h"
#include "spec/project.h"

struct attached {
    struct up_options *up;
    struct log_follow *follow;
    bool abort_on_exit, abort_on_failure;
    const char *exit_code_from; /* or NULL */
    unsigned signals;
    bool aborted, has_code;
    int exit_code;
};

static bool is_in(const struct spec_project *project, const struct strings *names, struct error *err)
{
    for (size_t i = 0; i < names->count; i++)
        if (!spec_project_service(project, names->items[i]))
            return error_set(err, ERROR_USAGE, "cannot attach to services not included in up: %s",
                             names->items[i]);
    return true;
}

/* Named services, or all, that do not say `attach: false`; dependencies only if asked; less --no-attach. */
static struct strings watched(struct up_options *up)
{
    struct command_context *context = up->job.context;
    const struct strings *attach = options_list(context->options, "attach");
    const struct strings *no_attach = options_list(context->options, "no-attach");
    struct strings names = {0};

    for (size_t i = 0; i < up->project->services.count; i++) {
        const struct spec_service *service = up->project->services.items[i].value;
        bool named = up->services.count == 0 || strings_contain(&up->services, service->name) ||
                     options_bool(context->options, "attach-dependencies");

        if (attach->count > 0)
            named = strings_contain(attach, service->name);
        if (named && !(service->attach.set && !service->attach.value && attach->count == 0) &&
            !strings_contain(no_attach, service->name))
            strings_add(&names, context->arena, service->name);
    }
    return names;
}

static void on_exit_of(void *owner, const char *service, int exit_code, bool restarting)
{
    struct attached *attached = owner;

    (void)restarting;
    if (attached->exit_code_from && strcmp(service, attached->exit_code_from) == 0 && !attached->has_code) {
        attached->has_code = true;
        attached->exit_code = exit_code;
    }
    if (attached->aborted || !(attached->abort_on_exit || (attached->abort_on_failure && exit_code != 0)))
        return;
    attached->aborted = true;
    if (!attached->exit_code_from) {
        attached->has_code = true;
        attached->exit_code = exit_code;
    }
    log_follow_stop(attached->follow);
}

static bool on_signal(void *owner, int signal_number)
{
    struct attached *attached = owner;

    (void)signal_number;
    attached->signals++;
    log_follow_stop(attached->follow);
    return true;
}

static void tell(struct attached *attached, const char *text)
{
    console_progress(attached->up->job.context->console,
                     &(struct progress){.id = "Compose", .text = "Stopping", .details = text});
}

/* What stops is what this invocation was for: dependencies that were not named stay up. */
static bool stop_all(struct attached *attached, struct error *err)
{
    struct command_context *context = attached->up->job.context;
    struct reconcile_containers options = {
        .services = attached->up->services,
        .named = attached->up->services.count > 0,
    };

    if (options_given(context->options, "timeout")) {
        options.has_timeout = true;
        options.timeout_s = options_int(context->options, "timeout");
    }
    return lifecycle_run(context, attached->up->project, &options, LIFECYCLE_STOP, "stop", err);
}

static bool kill_all(struct attached *attached, struct error *err)
{
    struct reconcile_containers options = {
        .services = attached->up->services,
        .named = attached->up->services.count > 0,
        .signal = "SIGKILL",
    };

    return lifecycle_run(attached->up->job.context, attached->up->project, &options, LIFECYCLE_KILL, "kill", err);
}

/* A signal while stopping: kill; another one: leave it. */
static bool wind_down(struct attached *attached, struct error *err)
{
    if (stop_all(attached, err))
        return true;
    if (err->kind != ERROR_CANCELED)
        return false;
    error_finish(err);
    return kill_all(attached, err);
}

static bool finish(struct attached *attached, struct error *err)
{
    if (attached->signals > 0) {
        tell(attached, "Gracefully Stopping... press Ctrl+C again to force");
        if (!wind_down(attached, err))
            return false;
        return error_set(err, ERROR_CANCELED, "%s", "");
    }
    if (attached->aborted) {
        tell(attached, "Aborting on container exit...");
        if (!wind_down(attached, err))
            return false;
    }
    if (attached->has_code && attached->exit_code != 0)
        return error_set_exit(err, attached->exit_code);
    return true;
}

static bool start_and_stay(struct attached *attached, struct error *err)
{
    struct session *session = attached->up->job.context->session;
    struct strings names = {0};

    if (!log_follow_start(attached->follow, err))
        return false;
    log_follow_names(attached->follow, attached->up->job.context->arena, &names);
    if (names.count > 0)
        console_print(attached->up->job.context->console, "Attaching to %s\n",
                      strings_join(&names, attached->up->job.context->arena, ", "));
    attached->up->reconcile.start = true;
    attached->up->reconcile.recreate = RECREATE_NEVER; /* they are as they should be by now */
    attached->up->reconcile.recreate_dependencies = RECREATE_NEVER;
    attached->up->reconcile.pull = "never";
    attached->up->reconcile.no_build = true;
    attached->up->reconcile.build = false;
    if (!up_options_converge(attached->up, err)) {
        if (err->kind != ERROR_CANCELED)
            return false;
        error_finish(err);
        attached->signals++;
        return true;
    }
    if (attached->aborted)
        return true;
    session_on_signal(session, on_signal, attached);
    if (!log_follow_wait(attached->follow, err))
        return false;
    session_on_signal(session, NULL, NULL);
    return true;
}

static bool read_flags(struct attached *attached, struct log_follow_options *follow, struct error *err)
{
    const struct options *options = attached->up->job.context->options;
    const char *from = options_string(options, "exit-code-from");

    if (!is_in(attached->up->project, options_list(options, "attach"), err))
        return false;
    attached->abort_on_failure = options_bool(options, "abort-on-container-failure");
    attached->abort_on_exit =
        options_bool(options, "abort-on-container-exit") || (*from && !attached->abort_on_failure);
    if (*from) {
        if (!spec_project_service(attached->up->project, from))
            return error_set(err, ERROR_USAGE, "no such service: %s", from);
        attached->exit_code_from = from;
    }
    *follow = (struct log_follow_options){
        .project = attached->up->project->name,
        .services = watched(attached->up),
        .follow = true,
        .only_new = true,
        .printing = {.no_colour = options_bool(options, "no-color"),
                     .no_prefix = options_bool(options, "no-log-prefix"),
                     .timestamps = options_bool(options, "timestamps"),
                     .split = true},
        .on_exit = on_exit_of,
        .owner = attached,
    };
    return true;
}

bool up_attached(struct up_options *up, struct error *err)
{
    struct attached attached = {.up = up};
    struct log_follow_options follow;
    bool good;

    if (!read_flags(&attached, &follow, err))
        return false;
    up->reconcile.start = false;
    if (!up_options_converge(up, err))
        return false;
    if (up->job.context->dry_run) {
        console_print(up->job.context->console,
                      "end of 'compose up' output, interactive run is not supported in dry-run mode\n");
        return true;
    }
    attached.follow = log_follow_create(up->job.context->session, &follow);
    good = start_and_stay(&attached, err) && finish(&attached, err);
    log_follow_destroy(attached.follow);
    return good;
}
