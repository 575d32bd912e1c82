/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the docker CLI's templates that people use with `--format`: fields, functions, pipes, if/else, trimming.
 * Knows nothing of tables or rows; format.h does.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;
struct text;

/** Append the value of `.name` ("" is the whole row); false when there is no such field. */
typedef bool format_lookup_fn(void *owner, const char *name, const char *argument, struct text *out,
                              bool *ret_is_json);

/** Errors: ERROR_USAGE in the words of the reference where it has some. */
bool format_template_run(const char *template, format_lookup_fn *lookup, void *owner,
                         struct arena *arena, struct text *out, struct error *err) WARN_UNUSED;
