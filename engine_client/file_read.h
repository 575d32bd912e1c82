/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small file as a whole: settings of the docker CLI, ignore files, what a plugin left behind.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/text.h"

/**
 * Append the file's bytes to `out`. Errors: ERROR_SYSTEM with errno_value (ENOENT when it is not there);
 * ERROR_INPUT when it is larger than `out` may grow.
 */
bool file_read_whole(const char *path, struct text *out, struct error *err) WARN_UNUSED;
