/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run at a time changes a project of an engine: an flock on a file in the folder of lock_directory.h. The file also
 * counts the runs that changed something, so that a run that looked before it got the lock knows whether to look again,
 * and holds the notes of requests that may still be in work (pending.h).
 *
 *     lock = project_lock_create(url, "shop");
 *     switch (project_lock_take(lock, console, project_lock_generation(lock))) …
 *     note = project_lock_note(lock, &(struct pending_note){.kind = PENDING_STOP, …});
 *     … send the request; once it is answered: project_lock_settled(lock, note);
 *     project_lock_release(lock, true);
 *     project_lock_destroy(lock);
 *
 * A file without notes is removed by its last holder: project_lock_take() notices that the file it has locked is not the
 * one of that name any more and opens the new one. Without a usable folder there is no lock, and project_lock_problem()
 * says why: two runs then converge by observing, as two hosts do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/execute/pending.h"

struct arena;
struct console;

struct project_lock;

/** Opens the file; `engine_url` and `project` name it. */
struct project_lock *project_lock_create(const char *engine_url, const char *project);
/** Releases, and removes a file that holds nothing; NULL is allowed. */
void project_lock_destroy(struct project_lock *lock);
/** Why there is no lock, or NULL. */
const char *project_lock_problem(const struct project_lock *lock);

/** Is a process of this machine changing the project now? Takes no lock; by the holder's number in the file. */
bool project_lock_is_held(const char *engine_url, const char *project);

/** How often the project was changed by a holder of the lock. */
uint64_t project_lock_generation(const struct project_lock *lock);
enum project_lock_answer {
    PROJECT_LOCK_SAME,        /* nobody changed the project after `seen` */
    PROJECT_LOCK_CHANGED,     /* another run did, or was killed while it did: look again */
    PROJECT_LOCK_INTERRUPTED, /* by SIGINT, SIGTERM or SIGHUP while waiting: it is not held, give up */
};

/** Take it, waiting for the holder, who is named on the console. Blocks: not while the loop has work. */
enum project_lock_answer project_lock_take(struct project_lock *lock, struct console *console,
                                           uint64_t seen);
/** Let it go; `changed` counts a change. Returns the count, for taking it again. */
uint64_t project_lock_release(struct project_lock *lock, bool changed);

/** The notes in the file, of a run that holds the lock now or of interrupted ones. Needs no lock. */
void project_lock_pending(const struct project_lock *lock, struct arena *arena,
                          struct pending_list *ret_list);
/** Add a note; copied. Returns its number, 0 when the lock is not held. */
size_t project_lock_note(struct project_lock *lock, const struct pending_note *note);
/** Remove the note, and, of a container that has been ended, earlier notes about its end; 0 is allowed. */
void project_lock_settled(struct project_lock *lock, size_t number);
/** Remove all notes of the scope. Needs the lock. */
void project_lock_forget(struct project_lock *lock, enum pending_scope scope);
