/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file as a whole: Compose files, env files, settings of the docker CLI, ignore files, profiles. It may be a pipe,
 * named or not, whose writer is waited for; SIGINT, SIGTERM and SIGHUP end the wait. Nothing is read without a limit,
 * so a device that never ends is an error.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/text.h"

/**
 * Append the file's bytes to `out`; "-" is standard input.
 *
 * Errors: ERROR_SYSTEM, `open PATH: no such file or directory`, with errno_value; ERROR_INPUT when it is larger than
 * `out` may grow; ERROR_CANCELED.
 */
bool file_read_whole(const char *path, struct text *out, struct error *err) WARN_UNUSED;
