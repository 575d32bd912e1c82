/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attached part of `up`: what the containers say, and when it is over. The commands' own work (start, stop, kill)
 * goes on beside it, on the same loop. Source: Docker Compose 5.5.0, `up`.
 *
 *     attached = attached_create(context, &options);
 *     if (!attached_begin(attached, err)) …                 "Attaching to …", before anything is started
 *     … execute the start plan, with attached_hook_output() for the hooks …
 *     if (!attached_wait(attached, &end, err)) …            or the start plan was interrupted
 *     if (end == ATTACHED_ABORTED || end == ATTACHED_INTERRUPTED) {
 *         attached_announce_stop(attached, end);
 *         … execute the stop plan; ERROR_CANCELED: session_continue(), execute the kill plan …
 *         attached_drain(attached, end);
 *     }
 *     if (!attached_exit_code(attached, &code, err)) …
 *     attached_destroy(attached);
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct attached;
struct command_context;
struct log_printer;

struct attached_options {
    const char *project;
    struct strings shown;   /* services whose output is shown */
    struct strings counted; /* whose ends are reported, end the command and set off an abort */
    /** Others wait for these to complete: an end with 0 is what was expected, and sets off nothing. */
    struct strings completing;
    bool no_color, no_log_prefix, timestamps;
    bool abort_on_exit, abort_on_failure;
    /** A service, or NULL; implies abort_on_exit unless abort_on_failure. It need not be counted. */
    const char *exit_code_from;
};

enum attached_end {
    ATTACHED_ENDED,       /* all that count have ended by themselves */
    ATTACHED_ABORTED,     /* an abort option has struck */
    ATTACHED_INTERRUPTED, /* by a signal */
    ATTACHED_DETACHED,    /* attached_detach() */
    ATTACHED_AWAKE,       /* attached_wake(): do what there is to do, then wait again */
};

/** Strings of the options are borrowed until attached_destroy(). */
struct attached *attached_create(struct command_context *context,
                                 const struct attached_options *options);
void attached_destroy(struct attached *attached); /* NULL is allowed */

/** Look which containers are there, subscribe, print `Attaching to`. Turns the loop. */
bool attached_begin(struct attached *attached, struct error *err) WARN_UNUSED;
/** Turn the loop until it is over. After ATTACHED_INTERRUPTED the session can go on. */
bool attached_wait(struct attached *attached, enum attached_end *ret_end,
                   struct error *err) WARN_UNUSED;
/** End attached_wait() with ATTACHED_DETACHED: the menu's `d`. */
void attached_detach(struct attached *attached);
/** Let attached_wait() return, now or when it is called next, so that somebody can work who turns the loop: watch. */
void attached_wake(struct attached *attached);
/** The notice that the containers are being stopped. Their output is still shown. */
void attached_announce_stop(struct attached *attached, enum attached_end why);
/** Show what stopped containers have still to say; after an interruption not for longer than there is progress. */
void attached_drain(struct attached *attached, enum attached_end why);
/**
 * For the abort options; 0 without them. Where the event of the end of `exit_code_from` is still on its way, the engine is
 * asked: errors are those of the request. If that service does not count, its code is taken only when it is a failure;
 * else the one of the container that set off the abort.
 */
bool attached_exit_code(struct attached *attached, int *ret_code, struct error *err) WARN_UNUSED;

/** An execute_output_fn: output of a hook, `name` being "web-1 ->"; `owner` is the attached. */
void attached_hook_output(void *owner, const char *name, struct span bytes);
/** An execute_started_fn; `owner` is the attached. */
void attached_container_started(void *owner, const char *container_id);
/** For further sources of lines: watch. */
struct log_printer *attached_printer(struct attached *attached);
