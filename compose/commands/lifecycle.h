/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stop, start, restart, kill, rm, pause, unpause and down share: a project by its files or by its name, and a plan
 * for containers that are there.
 */
#pragma once

#include "compose/command.h"
#include "compose/execute/converge.h"

/** Load the project, check the service arguments, and carry `what` out. */
bool lifecycle_command(struct command_context *context, enum lifecycle what,
                       struct reconcile_containers *options, struct error *err) WARN_UNUSED;
/** The same for a project that is loaded. `*ret_empty` (may be NULL): there was nothing to do. */
bool lifecycle_run(struct command_context *context, struct spec_project *project,
                   const struct reconcile_containers *options, enum lifecycle what,
                   const char *operation, struct error *err) WARN_UNUSED;
/** The same, and the output of hooks goes to `on_hook_output`. */
bool lifecycle_run_shown(struct command_context *context, struct spec_project *project,
                         const struct reconcile_containers *options, enum lifecycle what,
                         const char *operation, execute_output_fn *on_hook_output,
                         void *output_owner, struct error *err) WARN_UNUSED;
/** --remove-orphans, or its variable of the process where the flag is not given. */
bool lifecycle_removes_orphans(const struct options *options);
