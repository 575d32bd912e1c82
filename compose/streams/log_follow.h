/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of a project's containers: `logs` and attached `up`.
 *
 * Each container is read through `logs?timestamps`, so that it can be taken up again where it was left: after a
 * restart of the container, a broken connection or an engine that was away. The cursor is the last timestamp and
 * the number of lines seen at it. With `follow` the event stream tells of containers that start, stop and go.
 *
 *     follow = log_follow_create(session, &options);
 *     if (!log_follow_start(follow, err) ||
 *         !log_follow_finish(follow, err))        (until it ends by itself, or is interrupted)
 *     ...
 *     log_follow_destroy(follow);
 *
 * A following one ends when nothing watched runs, none will be restarted by policy, and none came back within two
 * seconds of a stop through the API; within ten while a container that was created has not been started, or another
 * process is changing the project (project_lock.h); at once when the last ended by itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/streams/log_printer.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

struct log_follow;
struct session;

struct log_follow_options {
    const char *project;
    struct strings services; /* watched ones */
    bool all_services; /* watch all that the project has containers of, whatever `services` says */
    struct strings silent;    /* services whose ends are watched but whose output is not shown */
    struct strings unawaited; /* services whose ends are neither reported nor waited for */
    int64_t index;            /* one replica, 0: all */
    bool follow;
    bool await_run;             /* when nothing runs at first: follow the next run, too */
    bool only_new;              /* what was said before now is not shown: attached `up` */
    const char *tail;           /* "all" or a number; for containers that are there at the start */
    int64_t since_ns, until_ns; /* 0: open */
    struct log_printer_options printing;

    /** A watched container has ended, also one that is unawaited or that its policy starts again. May be NULL. */
    void (*on_exit)(void *owner, const char *service, int exit_code);
    void *owner;
};

/** The options are copied, strings are borrowed. Nothing is asked of the engine yet. */
struct log_follow *log_follow_create(struct session *session,
                                     const struct log_follow_options *options);
/** Gives up all requests and turns the loop until they have ended. NULL is allowed. */
void log_follow_destroy(struct log_follow *follow);

/**
 * Begin: list, subscribe, open. Returns once the containers that are there are known and read; turns the loop for it.
 *
 * Errors: those of the requests; ERROR_CANCELED.
 */
bool log_follow_start(struct log_follow *follow, struct error *err) WARN_UNUSED;
/** Turn the loop until the end (see above), or until log_follow_stop(). */
bool log_follow_wait(struct log_follow *follow, struct error *err) WARN_UNUSED;
/**
 * The engine has just started this container: its event is still to come, or has come, and the end is not reached
 * before. Podman's events lag a quarter of a second behind its answers.
 */
void log_follow_expect_start(struct log_follow *follow, const char *id);
/** Make log_follow_wait() return: an abort option has struck. */
void log_follow_stop(struct log_follow *follow);
/**
 * The containers have been stopped: list them once more, for events may be late, and read each log to its end. Turns the
 * loop, but waits for no running container. `briefly`: the user asked to end; nothing that makes no progress for a second
 * is waited for, such as a reader of stdout that takes nothing.
 */
void log_follow_drain(struct log_follow *follow, bool briefly);
/** log_follow_wait(), then print all that came. */
bool log_follow_finish(struct log_follow *follow, struct error *err) WARN_UNUSED;
/** Has no container been found that is watched? */
bool log_follow_is_empty(const struct log_follow *follow);

/** Short names of the containers whose output is shown, sorted; for `Attaching to`. */
void log_follow_names(const struct log_follow *follow, struct arena *arena,
                      struct strings *ret_names);
/** The printer, for other sources: hooks, watch. */
struct log_printer *log_follow_printer(struct log_follow *follow);
