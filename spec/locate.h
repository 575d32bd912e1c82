/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is decided before any Compose file is folded: working directory, env files, Compose files, profiles and the
 * project's name. Source: observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/fold.h"
#include "spec/tree.h"

struct spec_location {
    const char *working_dir;  /* absolute */
    struct strings files;     /* absolute, or "-" */
    struct strings env_files; /* absolute; those that were asked for */
    struct strings profiles;
    struct spec_environment *environment;
    const char *name; /* asked for with -p or COMPOSE_PROJECT_NAME; or NULL */
};

/**
 * Find out everything that needs no Compose file's content. Without files `files` is empty only when
 * `allow_no_file` is set.
 *
 * Errors: `no configuration file provided: not found`, those of env files, an invalid project name.
 */
bool spec_locate(struct spec_tree *tree, bool allow_no_file, struct spec_location *ret_location,
                 struct error *err) WARN_UNUSED;

/**
 * The name of the project: asked for, else the last `name` of the sources (interpolated), else the directory's.
 * COMPOSE_PROJECT_NAME of the location's environment is set to it.
 *
 * Errors: `project name must not be empty`, those of interpolation.
 */
bool spec_decide_name(struct spec_tree *tree, const struct spec_location *location,
                      const struct spec_sources *sources, const char **ret_name,
                      struct error *err) WARN_UNUSED;
