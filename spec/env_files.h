/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables and labels that services take from files: `env_file` and `label_file`.
 * Source: Compose Specification, env_file and label_file; precedence observed with Docker Compose 5.5.0.
 */
#pragma once

#include "spec/project.h"

/**
 * For every enabled service: look up variables without a value, read its env files below its own `environment`,
 * and drop `env_file`. A service that was resolved already is left alone.
 *
 * Errors: ERROR_INPUT, `env file PATH not found: ...`.
 */
bool spec_env_files_resolve(struct spec_project *project, struct warnings *warnings,
                            struct error *err) WARN_UNUSED;
/** The same for labels; `label_file` stays in the model, and in the hash. */
bool spec_label_files_resolve(struct spec_project *project, struct warnings *warnings,
                              struct error *err) WARN_UNUSED;
