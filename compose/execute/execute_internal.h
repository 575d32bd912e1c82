/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of execute_*.c share while a plan is carried out. Nobody else includes this.
 *
 * Each kind of step has a start function (steps.def). It either starts something whose completion calls
 * execute_done() or execute_failed() later, or does that itself. Memory of a step's talk is its step_work, freed
 * when the step ends.
 */
#pragma once

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/execute/execute.h"
#include "compose/execute/schedule.h"
#include "engine_client/client.h"
#include "engine_client/container.h"
#include "engine_client/frames.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/base/warnings.h"

struct bake_run;
struct build_display;
struct engine_build;
struct engine_image_stream;
struct registry_auth_builds;
struct registry_auth_lookup;
struct child;
struct tar_stream;

/* What the events and inspections say of a container that somebody waits for. */
struct execute_container {
    const char *id;
    bool running, exited, has_check, checked;
    int exit_code;
    enum engine_health health;
    bool confirmed; /* exited: the engine does not restart it */
    bool asked;     /* an inspection is under way or done */
    bool stirred;   /* an event came since it was asked for: the answer may be older than that */
    bool trusted;   /* made by this plan, or inspected: older events cannot mislead */
    uint64_t up_since_ms; /* of the loop: it started while we looked; 0: it ran before */
    bool awaits_probe; /* "unhealthy" is what the engine says of a check that a pause has ended */
    bool unpaused, unpausing; /* by this plan; of the latter the event has not come yet */
    int64_t probe_after_ns;   /* of the engine: only probes that ended later count */
    int64_t started_ns;       /* events from before are of an earlier life */
};

struct step_work {
    struct execution *run;
    struct engine_request *request;
    struct engine_image_stream *stream;
    struct registry_auth_lookup *lookup;
    struct registry_auth_builds *all_logins;
    struct engine_build *build;
    struct build_display *display;
    struct child *child;
    uv_timer_t *timer;
    uv_timer_t *slot_timer; /* returns the slot of a brief step */
    char *auth;
    unsigned attempts;
    bool decided;                           /* WAIT: done or failed already */
    struct engine_frames frames;            /* a hook's output */
    struct text tail;                       /* its end, when nobody is shown it */
    struct engine_request *attach, *launch; /* of a hook's container, whose `request` is the wait */
    struct error hook_failure;              /* the first of the three */
    int64_t hook_status;
    bool hook_expired; /* its time is over: it was given up */
    struct exec_end *exec_end;
    char *exec_id;          /* or the id of a hook's container */
    struct tar_stream *tar; /* CONTAINER_SYNC */
    size_t at;              /* CONTAINER_SYNC: of its files */
    size_t phase;
    const char
        *built_digest; /* IMAGE_BUILD: the builder's, of an image that the engine need not have */
    size_t pending;    /* its note in the lock file, or 0 */
};

struct execution {
    struct session *session;
    struct engine_client *client;
    struct console *console;
    struct plan *plan;
    const struct execute_options *options;
    struct arena *arena; /* the plan's */
    struct execute_outcome *outcome;
    struct warnings told; /* of bodies: each replica would tell the same */
    struct schedule schedule;
    bool lock_free; /* let go for the time of a wait */
    uint64_t lock_seen;
    bool canceled, finished, advancing, again;
    bool turning; /* the loop turns for it: its end is to stop that */

    struct session_listener listener;
    bool listening, ready;
    struct execute_container *containers;
    size_t container_count, container_capacity;
    uv_timer_t *deadline;
    bool timed_out;
    bool wait_failed; /* --wait: one of its waits, so the others need not end */

    const char *build_logins; /* X-Registry-Config, once it is known */
    struct bake_run *bake;
    struct build_display *bake_display;
};

typedef bool execute_start_fn(struct execution *run, struct step *step, struct error *failure);
#define STEP(kind, function, flags, noun, verb, working, done) execute_start_fn execute_##function;
#include "compose/reconcile/steps.def"

/** The step is done; `result` (or NULL) is copied. */
void execute_done(struct execution *run, struct step *step, const char *result);
void execute_failed(struct execution *run, struct step *step, const struct error *failure);
/** The same, with `line` beside "Error" instead of the message. */
void execute_failed_with(struct execution *run, struct step *step, const struct error *failure,
                         const char *line);
/** Failed, but only as a warning: dependents go on. */
void execute_skipped(struct execution *run, struct step *step, const char *text);
void execute_progress(struct execution *run, const struct step *step, const char *text,
                      enum progress_status status);
/** Send a request of this step; `path` and `query` are copied. */
void execute_send(struct execution *run, struct step *step, const char *method, const char *path,
                  const char *query, struct span body, engine_done_fn *done);
/** Completion for requests whose answer does not matter. */
void execute_on_done(void *owner, struct engine_request *req, const struct error *failure);
/** What the engine says that it has created; false when that cannot be read, which has failed the step. */
bool execute_created(struct execution *run, struct step *step, struct engine_request *req,
                     struct engine_created *ret_created) WARN_UNUSED;
/** Is this failure as good as done for this step? */
bool execute_is_fine(struct execution *run, struct step *step, const struct error *failure);
/** What was planned for may not be so any more (it went away, somebody else made it, two have one name): plan again. */
void execute_note_outdated(struct execution *run, struct step *step, const struct error *failure);
/** Look at everything again: start what can start. */
void execute_advance(struct execution *run);
/** What is left of the step is waiting: let others have its slot. */
void execute_release_slot(struct execution *run, struct step *step);
/** Start the next call of the builder, if its builds have gathered. */
void execute_bake_gathered(struct execution *run);

/** After a pull or build: ask for the digest, which ends the step. */
void execute_inspect_image(struct execution *run, struct step *step);

/* Requests that outlive their client (execute_pending.c). */

/** Note the request of this step in the lock file, before it is sent. */
void execute_note_pending(struct execution *run, struct step *step);
/** The step has ended: the note goes, unless the outcome is unknown. */
void execute_settle_pending(struct execution *run, const struct step *step);

/* Hooks: what both kinds share (execute_hook.c). */

/** Output of a hook, as framed bytes. */
void execute_hook_chunk(void *owner, struct engine_request *req, struct span bytes);
/** It ended with a status other than 0. */
void execute_hook_failed(struct execution *run, struct step *step, int64_t status);

/* Waits (execute_wait.c). */
bool execute_listen(struct execution *run, struct error *err) WARN_UNUSED;
void execute_unlisten(struct execution *run);
void execute_check_waits(struct execution *run);
/** This plan unpauses the container: what its health check said before does not count. */
void execute_note_unpause(struct execution *run, const char *id);
