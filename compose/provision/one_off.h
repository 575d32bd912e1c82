/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service of `run`: what its flags change in the model before the container is planned. Pure but for reading the
 * files of --env-from-file. Source: Docker Compose 5.5.0, `run`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;
struct spec_project;
struct spec_service;
struct warnings;

/** The flags. Plain data, borrowed for the call. */
struct one_off {
    const char *name;       /* of the container */
    struct strings command; /* empty: the service's own */
    const char *entrypoint; /* NULL: the service's own; split like a shell does */
    const struct strings *environment, *environment_files, *labels, *cap_add, *cap_drop, *publish,
        *volumes;
    bool service_ports;
    const char *user, *working_dir; /* "" for the service's own */
    bool tty, interactive;
    const char *current_dir; /* relative sources of --volume are below it */
};

/** A name of its own: PROJECT-SERVICE-run-12 digits of the slug. */
const char *one_off_name(struct arena *arena, const struct spec_project *project,
                         const char *service, const char *slug);
/** 64 random digits. */
const char *one_off_slug(struct arena *arena);

/**
 * Replace the service in the project by a copy with the flags applied.
 *
 * Errors: ERROR_USAGE `label must be set as KEY=VALUE`, bad ports and volumes, an entrypoint that cannot be split;
 *         ERROR_SYSTEM for files.
 */
bool one_off_apply(struct spec_project *project, const char *service, const struct one_off *flags,
                   struct warnings *warnings, struct error *err) WARN_UNUSED;
