/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/commands/up_options.h"
#include "compose/console/console.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "compose/streams/log_printer.h"
#include "compose/watch/watch.h"
#include "compose/watch/watch_lock.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"no-up", .kind = OPTION_BOOL, .help = "Do not build & start services before watching"},
    {"prune", .kind = OPTION_BOOL, .initial = "true", .help = "Prune dangling images on rebuild"},
    {"quiet", .kind = OPTION_BOOL, .help = "hide build output"},
    OPTION_END,
};
/* clang-format on */

struct watching {
    struct command_context *context;
    struct log_printer *printer; /* of commands in containers */
    bool ready;
};

static void on_ready(void *owner)
{
    struct watching *watching = owner;

    watching->ready = true;
    session_stop(watching->context->session);
}

static void on_log(void *owner, const char *line)
{
    struct watching *watching = owner;

    console_print(watching->context->console, "%s\n", line);
}

static void on_output(void *owner, const char *name, struct span bytes)
{
    struct watching *watching = owner;

    log_printer_hook(watching->printer, name, bytes);
}

static bool stay(struct watching *watching, struct watch *watch, struct error *err)
{
    if (!watch_start(watch, err))
        return false;
    for (;;) {
        while (!watching->ready)
            if (!session_run(watching->context->session, err))
                return false;
        watching->ready = false;
        if (!watch_react(watch, err))
            return false;
    }
}

/* Services with rules are built anew, so that what runs is what is here; all are started. */
static bool bring_up(struct command_context *context, struct up_options *up, struct error *err)
{
    for (size_t i = 0; i < up->project->services.count; i++) {
        struct spec_service *service = up->project->services.items[i].value;

        if (service->build && service->develop)
            service->pull_policy = "build";
    }
    up->reconcile.start = true;
    up->job.operation = "up";
    up->job.execute.quiet_build = options_bool(context->options, "quiet");
    return up_options_converge(up, err);
}

static bool watch_project(struct command_context *context, struct up_options *up, struct error *err)
{
    const struct log_printer_options printing = {0};
    struct watching watching = {.context = context};
    struct watch_settings settings = {
        .project = up->project,
        .services = up->reconcile.targets,
        .prune = options_bool(context->options, "prune"),
        .quiet = options_bool(context->options, "quiet"),
        .on_ready = on_ready,
        .log = on_log,
        .output = on_output,
        .owner = &watching,
    };
    struct watch *watch;
    bool good;

    if (!watch_is_configured(up->project, &settings.services))
        return error_set(
            err, ERROR_INPUT,
            "none of the selected services is configured for watch, consider setting a 'develop' "
            "section");
    watch = watch_create(context, &settings, err);
    if (!watch)
        return false;
    watching.printer = log_printer_create(context->console, &printing);
    good = (options_bool(context->options, "no-up") || bring_up(context, up, err)) &&
           (context->dry_run || stay(&watching, watch, err));
    watch_destroy(watch);
    log_printer_destroy(watching.printer);
    return good;
}

static bool run_watch(struct command_context *context, struct error *err)
{
    struct pairs no_scales = {0};
    struct up_options up = {0};
    struct watch_lock *lock = NULL;
    bool good =
        up_options_init(&up, context, &context->options->arguments, false, &no_scales, err) &&
        watch_lock_take(context->arena, up.project->name, &lock, err) &&
        watch_project(context, &up, err);

    watch_lock_release(lock);
    up_options_finish(&up);
    return good;
}

const struct command_body cmd_watch = {
    .usage = "[SERVICE...]",
    .options = option_rows,
    .run = run_watch,
};
