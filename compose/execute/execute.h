/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries out a plan: each step is started when what it comes after is done, within a bound of parallel work. Decides
 * nothing: a failed step blocks its dependents, independent work goes on, all failures are told together at the end.
 * Waits are ended by the session's event stream, which is open before the first step starts.
 *
 *     struct execute_options options = {.project_name = name, .wanted = wanted, .docker = docker};
 *     if (!execute(context, plan, &options, &outcome, err))
 *
 * A signal stops it: what is in flight is given up and its outcome unknown, so look again before planning anew.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/reconcile/plan.h"
#include "compose/session/session.h"
#include "spec/base/error.h"
#include "spec/base/span.h"

struct bake_options;
struct builder;
struct command_context;
struct console;
struct docker_config;
struct observed;
struct project_lock;
struct wanted;

/** Output of a hook; `name` is what stands in front of the line. */
typedef void execute_output_fn(void *owner, const char *name, struct span bytes);

/** The engine has started a container that did not run. */
typedef void execute_started_fn(void *owner, const char *container_id);

/** An image was not pulled, and the plan goes on without. */
typedef void execute_unpulled_fn(void *owner, const struct step *step, const struct error *failure);

/** Plain data, borrowed for the call. */
struct execute_options {
    const char *project_name;        /* whose events are listened to */
    const struct wanted *wanted;     /* NULL where nothing is made, pulled, built or waited for */
    const struct builder *builder;   /* needed by IMAGE_BUILD */
    const struct bake_options *bake; /* flags of builds */
    const struct docker_config *docker; /* log-ins and proxies */
    int64_t build_memory_bytes;         /* build --memory */
    int64_t wait_timeout_s;             /* of all waits together; 0: none */
    uint64_t wait_since_ms;             /* of the loop: when that time began */
    struct project_lock *lock;          /* held; let go while there are only waits; or NULL */
    bool dry_run, quiet_pull, quiet_build;
    bool continue_pulls;               /* pull failures are warnings */
    execute_output_fn *on_hook_output; /* NULL: not shown */
    execute_started_fn *on_started;    /* or NULL */
    void *output_owner;                /* of the two above */
    execute_unpulled_fn *on_unpulled;  /* or NULL */
    void *unpulled_owner;
    session_signal_fn *on_signal; /* NULL: give up at the first signal */
    void *signal_owner;
};

struct execute_outcome {
    bool
        outdated; /* somebody else changed the project during a wait: what was left is not done, look again */
    bool replan; /* something vanished or was made by somebody else: observe and plan again */
};

/** Show the failures that execute() kept back, since another plan might have mended them. */
void execute_show_unsettled(struct console *console, const struct plan *plan);

/**
 * Run the plan to its end. Turns the loop.
 *
 * Errors: all failures of steps, appended in the order of the plan; ERROR_CANCELED after a signal; ERROR_TIMEOUT.
 */
bool execute(struct command_context *context, struct plan *plan,
             const struct execute_options *options, struct execute_outcome *ret_outcome,
             struct error *err) WARN_UNUSED;
