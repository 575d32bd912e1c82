/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/attached.h"

#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "compose/streams/log_follow.h"
#include "compose/streams/log_printer.h"

struct attached {
    struct command_context *context;
    struct attached_options options;
    struct log_follow *follow;
    enum attached_end end;
    bool struck, awake, has_code;
    int exit_code;   /* of the container that set off the abort */
    int chosen_code; /* of exit_code_from, with has_code */
};

static bool is_chosen(const struct attached *attached, const char *service)
{
    return attached->options.exit_code_from &&
           strcmp(service, attached->options.exit_code_from) == 0;
}

/* Does this end set off an abort? Whoever asks for the exit code of a job asks for its end, too. */
static bool strikes(const struct attached *attached, const char *service, int exit_code)
{
    const struct attached_options *options = &attached->options;

    if (!strings_contain(&options->counted, service))
        return false;
    if (exit_code == 0 && strings_contain(&options->completing, service) &&
        !is_chosen(attached, service))
        return false;
    if (options->abort_on_failure)
        return exit_code != 0;
    return options->abort_on_exit || options->exit_code_from;
}

/*
 * The first end of those that count decides; what is stopped because of it does not. A container that its policy starts
 * again has ended nevertheless.
 */
static void on_container_exit(void *owner, const char *service, int exit_code)
{
    struct attached *attached = owner;

    if (is_chosen(attached, service) && !attached->has_code) {
        attached->has_code = true;
        attached->chosen_code = exit_code;
    }
    if (attached->struck || !strikes(attached, service, exit_code))
        return;
    attached->exit_code = exit_code;
    attached->struck = true;
    attached->end = ATTACHED_ABORTED;
    log_follow_stop(attached->follow);
}

static void add_missing(struct arena *arena, struct strings *list, const char *name)
{
    if (!strings_contain(list, name))
        strings_add(list, arena, name);
}

/* Of all services that matter: those that are not shown, and those whose ends are not waited for. */
static void sort_services(const struct attached_options *options, struct arena *arena,
                          struct log_follow_options *how)
{
    for (size_t i = 0; i < options->shown.count; i++)
        add_missing(arena, &how->services, options->shown.items[i]);
    for (size_t i = 0; i < options->counted.count; i++)
        add_missing(arena, &how->services, options->counted.items[i]);
    if (options->exit_code_from)
        add_missing(arena, &how->services, options->exit_code_from);
    for (size_t i = 0; i < how->services.count; i++) {
        const char *name = how->services.items[i];

        if (!strings_contain(&options->shown, name))
            strings_add(&how->silent, arena, name);
        if (!strings_contain(&options->counted, name))
            strings_add(&how->unawaited, arena, name);
    }
}

struct attached *attached_create(struct command_context *context,
                                 const struct attached_options *options)
{
    struct attached *attached = xcalloc(1, sizeof(*attached));
    struct log_follow_options how = {
        .project = options->project,
        .follow = true,
        .only_new = true,
        .printing = {.no_colour = options->no_color,
                     .no_prefix = options->no_log_prefix,
                     .timestamps = options->timestamps,
                     .split = true},
        .on_exit = on_container_exit,
        .owner = attached,
    };

    attached->context = context;
    attached->options = *options;
    sort_services(options, context->arena, &how);
    attached->follow = log_follow_create(context->session, &how);
    return attached;
}

void attached_destroy(struct attached *attached)
{
    if (!attached)
        return;
    log_follow_destroy(attached->follow);
    free(attached);
}

bool attached_begin(struct attached *attached, struct error *err)
{
    struct strings names;

    if (!log_follow_start(attached->follow, err))
        return false;
    log_follow_names(attached->follow, attached->context->arena, &names);
    if (names.count > 0)
        console_print(attached->context->console, "Attaching to %s\n",
                      strings_join(&names, attached->context->arena, ", "));
    return true;
}

bool attached_wait(struct attached *attached, enum attached_end *ret_end, struct error *err)
{
    bool is_over = attached->struck || attached->end == ATTACHED_DETACHED;

    /* An abort option may have struck, and somebody may be awake, while others were still being started. */
    if (!is_over && !attached->awake && !log_follow_wait(attached->follow, err)) {
        if (err->kind != ERROR_CANCELED)
            return false;
        error_finish(err);
        session_continue(attached->context->session);
        attached->end = ATTACHED_INTERRUPTED;
    }
    *ret_end = attached->awake && attached->end == ATTACHED_ENDED ? ATTACHED_AWAKE : attached->end;
    attached->awake = false;
    return true;
}

void attached_detach(struct attached *attached)
{
    attached->end = ATTACHED_DETACHED;
    log_follow_stop(attached->follow);
}

void attached_wake(struct attached *attached)
{
    attached->awake = true;
    log_follow_stop(attached->follow);
}

void attached_announce_stop(struct attached *attached, enum attached_end why)
{
    struct progress event = {.id = "Compose", .text = "Stopping", .status = PROGRESS_WORKING};

    event.details = why == ATTACHED_ABORTED ? "Aborting on container exit..."
                                            : "Gracefully Stopping... press Ctrl+C again to force";
    console_progress(attached->context->console, &event);
}

void attached_drain(struct attached *attached, enum attached_end why)
{
    log_follow_drain(attached->follow, why == ATTACHED_INTERRUPTED);
}

/* It was stopped, and the event of that has not arrived yet: its container tells. */
static bool ask_exit_code(struct attached *attached, struct error *err)
{
    struct engine_container_list list;
    struct strings services = {0};

    strings_add(&services, attached->context->arena, attached->options.exit_code_from);
    if (!containers_list(attached->context->session, attached->context->arena,
                         attached->options.project, CONTAINERS_STOPPED, &services, &list, err))
        return false;
    for (size_t i = 0; i < list.count && !attached->has_code; i++) {
        attached->has_code = list.items[i].has_exit_code;
        attached->chosen_code = list.items[i].exit_code;
    }
    return true;
}

bool attached_exit_code(struct attached *attached, int *ret_code, struct error *err)
{
    const char *from = attached->options.exit_code_from;

    if (from && !attached->has_code && !ask_exit_code(attached, err))
        return false;
    if (attached->has_code &&
        (attached->chosen_code != 0 || strings_contain(&attached->options.counted, from)))
        *ret_code = attached->chosen_code;
    else
        *ret_code = attached->exit_code;
    return true;
}

void attached_hook_output(void *owner, const char *name, struct span bytes)
{
    struct attached *attached = owner;

    log_printer_hook(log_follow_printer(attached->follow), name, bytes);
}

void attached_container_started(void *owner, const char *container_id)
{
    struct attached *attached = owner;

    log_follow_expect_start(attached->follow, container_id);
}

struct log_printer *attached_printer(struct attached *attached)
{
    return log_follow_printer(attached->follow);
}
