/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of variables for interpolation: .env, --env-file, the env_file of an include.
 */
#pragma once

#include "spec/base/error.h"
#include "spec/base/warnings.h"
#include "spec/environment.h"

/**
 * Read the files in order, later ones winning over earlier ones, and add what `environment` does not have yet.
 * Errors: `couldn't find env file: PATH`, `PATH is a directory`, those of the grammar.
 */
bool spec_env_list_read(struct spec_environment *environment, const struct strings *files,
                        struct warnings *warnings, struct error *err) WARN_UNUSED;
