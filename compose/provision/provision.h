/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be there before services can be planned, because it decides on their variables: providers are run and models
 * are served first, and the services that depend on them get edited copies in the project.
 *
 *     if (!provision_up(context, project, err))
 *         return false;
 *     ... wanted_create(project, ...) ...
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct command_context;
struct spec_project;
struct strings;

/** Turns the loop; not from callbacks. Nothing is run in a dry run: the plan tells of it. Errors: what the programs say, with the service. */
bool provision_up(struct command_context *context, struct spec_project *project,
                  struct error *err) WARN_UNUSED;
/**
 * Tell the providers of these services (`names` empty or NULL: all) "stop" or "down". All are told; failures are
 * appended.
 */
bool provision_end(struct command_context *context, const struct spec_project *project,
                   const char *action, const struct strings *names, struct error *err) WARN_UNUSED;
