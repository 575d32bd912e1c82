/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_watch.h"

#include <stdlib.h>

#include "compose/commands/up_options.h"
#include "compose/console/console.h"
#include "compose/streams/attached.h"
#include "compose/streams/log_printer.h"
#include "compose/watch/watch.h"

struct up_watch {
    struct up_options *up;
    struct attached *attached;
    struct watch *watch; /* NULL: off */
    bool toggled;
};

static void on_ready(void *owner)
{
    struct up_watch *watching = owner;

    attached_wake(watching->attached);
}

static void on_log(void *owner, const char *line)
{
    struct up_watch *watching = owner;

    log_printer_watch(attached_printer(watching->attached), line);
}

static void on_output(void *owner, const char *name, struct span bytes)
{
    struct up_watch *watching = owner;

    log_printer_hook(attached_printer(watching->attached), name, bytes);
}

bool up_watch_check(const struct up_options *up, struct error *err)
{
    return watch_is_configured(up->project, &up->reconcile.targets) ||
           error_set(err, ERROR_INPUT,
                     "none of the selected services is configured for watch, see "
                     "https://docs.docker.com/compose/how-tos/file-watch/");
}

struct up_watch *up_watch_create(struct up_options *up, struct attached *attached)
{
    struct up_watch *watching = xcalloc(1, sizeof(*watching));

    watching->up = up;
    watching->attached = attached;
    return watching;
}

void up_watch_destroy(struct up_watch *watching)
{
    if (!watching)
        return;
    watch_destroy(watching->watch);
    free(watching);
}

bool up_watch_start(struct up_watch *watching, struct error *err)
{
    const struct watch_settings settings = {
        .project = watching->up->project,
        .services = watching->up->reconcile.targets,
        .quiet = true, /* the screen belongs to the containers */
        .on_ready = on_ready,
        .log = on_log,
        .output = on_output,
        .owner = watching,
    };

    if (!up_watch_check(watching->up, err))
        return false;
    watching->watch = watch_create(watching->up->job.context, &settings, err);
    if (!watching->watch)
        return false;
    if (watch_start(watching->watch, err))
        return true;
    watch_destroy(TAKE(watching->watch));
    return false;
}

void up_watch_toggle(struct up_watch *watching)
{
    watching->toggled = !watching->toggled;
    attached_wake(watching->attached);
}

/* Whoever pressed a key is told what is wrong; the containers go on. */
static void toggle(struct up_watch *watching)
{
    struct error failure;
    char *message;

    if (watching->watch) {
        watch_destroy(TAKE(watching->watch));
        on_log(watching, "Watch disabled");
        return;
    }
    error_init(&failure);
    if (!up_watch_start(watching, &failure)) {
        message = error_message(&failure);
        console_warn(watching->up->job.context->console, "%s", message);
        free(message);
    }
    error_finish(&failure);
}

bool up_watch_serve(struct up_watch *watching, struct error *err)
{
    if (watching->toggled) {
        watching->toggled = false;
        toggle(watching);
    }
    return !watching->watch || watch_react(watching->watch, err);
}

bool up_watch_is_on(const struct up_watch *watching)
{
    return watching->watch != NULL;
}

bool up_watch_is_configured(const struct up_watch *watching)
{
    return watch_is_configured(watching->up->project, &watching->up->reconcile.targets);
}
