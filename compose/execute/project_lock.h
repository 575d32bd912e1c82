/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run at a time changes a project of an engine: an flock on a file under the runtime directory. The file also
 * counts the runs that changed something, so that who looked before it got the lock knows whether to look again.
 * Without a usable directory there is no lock: two runs then converge by observing, as two hosts do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct console;
struct session;

struct project_lock;

/** Opens the file; `engine_url` and `project` name it. */
struct project_lock *project_lock_create(const char *engine_url, const char *project);
void project_lock_destroy(struct project_lock *lock); /* releases; NULL is allowed */

/** How often the project was changed by somebody who held the lock. */
uint64_t project_lock_generation(const struct project_lock *lock);
enum project_lock_answer {
    PROJECT_LOCK_SAME,        /* nobody changed the project after `seen` */
    PROJECT_LOCK_CHANGED,     /* somebody did: look again */
    PROJECT_LOCK_INTERRUPTED, /* by SIGINT, SIGTERM or SIGHUP while waiting: it is not held, give up */
};

/** Take it, waiting for the holder, who is named on the console. Blocks: not while the loop has work. */
enum project_lock_answer project_lock_take(struct project_lock *lock, struct console *console,
                                           uint64_t seen);
/** Let it go; `changed` counts a change. Returns the count, for taking it again. */
uint64_t project_lock_release(struct project_lock *lock, bool changed);
