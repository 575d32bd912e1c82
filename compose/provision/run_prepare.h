/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `run` asks of the planner. Preparing: dependencies are up, the image is there, the container is created.
 * Starting: its configs and secrets, itself, its hooks. Attaching and waiting are the command's.
 *
 *     struct run_prepare prepare = {.service = "web", .name = "p-web-run-0123456789ab", .slug = slug};
 *     if (!run_prepare(context, project, &prepare, &id, err) ||
 *         !run_start(context, project, &prepare, id, NULL, NULL, &started, err))
 */
#pragma once

#include <stdbool.h>

#include "compose/session/session.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

struct command_context;
struct spec_project;

/** Plain data, borrowed for the calls. */
struct run_prepare {
    const char *service;     /* as the flags of the command have left it in the project */
    const char *name, *slug; /* of the container */
    struct strings known;    /* services of the files that were not selected: no orphans */
    bool attach_stdin, auto_remove, no_service_aliases;
    bool build, quiet_pull, quiet_build, remove_orphans;
    const char *pull; /* --pull, or NULL */
};

/**
 * `project` is loaded, selected and provisioned: the service with its dependencies (none with --no-deps). Turns the
 * loop.
 *
 * Ownership: `*ret_id` lives in the command's arena; after a failure it is the container that was left, or NULL.
 */
bool run_prepare(struct command_context *context, struct spec_project *project,
                 const struct run_prepare *prepare, const char **ret_id,
                 struct error *err) WARN_UNUSED;
/**
 * Turns the loop, with this answer to signals (NULL: they end it).
 *
 * Errors: those of the start and of post_start hooks; ERROR_CANCELED. `*ret_started` is set on failure, too: then it
 *         was a hook that failed, and the container may still run.
 */
bool run_start(struct command_context *context, struct spec_project *project,
               const struct run_prepare *prepare, const char *id, session_signal_fn *on_signal,
               void *signal_owner, bool *ret_started, struct error *err) WARN_UNUSED;
