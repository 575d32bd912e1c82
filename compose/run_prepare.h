/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything of `run` before its container starts: dependencies are up, the image is there, the container is created
 * and its configs and secrets are in it. Starting, attaching and waiting are the command's.
 *
 *     struct run_prepare prepare = {.service = edited, .name = "p-web-run-0123456789ab", .slug = slug, .start_dependencies = true};
 *     if (!run_prepare(context, project, &prepare, &id, err))
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct command_context;
struct spec_project;
struct spec_service;

struct run_prepare {
    struct spec_service *service; /* a copy edited by the command's flags; takes the service's place in the project */
    const char *name, *slug;
    bool attach_stdin, auto_remove, no_service_aliases;
    bool build, quiet_pull, quiet_build, remove_orphans;
    const char *pull; /* --pull, or NULL */
};

/**
 * `project` is loaded and selected: the service with its dependencies (none with --no-deps). Turns the loop.
 *
 * Ownership: `*ret_id` lives in the command's arena.
 */
bool run_prepare(struct command_context *context, struct spec_project *project, const struct run_prepare *prepare,
                 const char **ret_id, struct error *err) WARN_UNUSED;
