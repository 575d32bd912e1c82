/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop around observe, reconcile and execute: again while something must be found out first, while images decide
 * what follows, and when something was not as it had been observed, as long as the next plan differs (replan.h).
 *
 *     struct converge job = {.context = context, .operation = "up", .make = make_plan, .owner = &options};
 *     observe_wants_for_project(&job.wants, context->arena, wanted);
 *     if (!converge(&job, err))
 *
 * What an interrupted run has asked the engine for and may still be in work is waited for before the first plan, or,
 * for commands that end everything, after it.
 *
 * The project's lock is held while steps run that change something. With --dry-run nothing is sent but GET requests.
 */
#pragma once

#include <stdbool.h>

#include "compose/execute/execute.h"
#include "compose/execute/pending.h"
#include "compose/observe/observed.h"
#include "compose/observe/wanted.h"
#include "compose/reconcile/plan.h"
#include "compose/reconcile/reconcile.h"

struct command_context;

struct converge;

/** Make one plan; `job->images_done` and `job->answers` are what is known by now. */
typedef bool converge_plan_fn(struct converge *job, const struct observed *observed,
                              struct plan **ret_plan, struct error *err);

struct converge {
    struct command_context *context;
    const char *operation; /* of the progress display: "up" */
    struct wanted *wanted;
    struct observe_wants wants;
    converge_plan_fn *make;
    void *owner;
    struct execute_options execute; /* wanted, docker, builder and dry_run are filled in */
    bool assume_yes;
    bool
        stdin_is_data; /* what is read from it belongs to a container: questions on a terminal only */
    bool plan_only;    /* the first whole plan is handed to `show` and not executed */
    void (*show)(struct converge *job, const struct plan *plan);
    bool no_lock;
    enum pending_scope
        pending;       /* what an interrupted run still does to the project: what to wait for */
    bool pending_last; /* wait for it after the first plan, then plan once more */

    /* State of the loop. */
    struct strings images_done;
    struct pairs answers;
    bool warned;
    bool quiet_running;     /* do not name the containers that stay */
    const char *one_off_id; /* out: the container of `run` */
    bool empty;             /* out: the first plan had nothing to do */
};

bool converge(struct converge *job, struct error *err) WARN_UNUSED;

/** Networks, volumes and images of what is wanted. */
void converge_want_all(struct observe_wants *wants, struct arena *arena,
                       const struct wanted *wanted);
