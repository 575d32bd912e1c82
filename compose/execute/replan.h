/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a plan failed because the engine was not as it had been observed (404, 409): is another plan worth it? Only
 * when it differs: a refusal that a new plan would repeat is reported at once. A container that another client is
 * creating or removing at the moment is waited for.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct command_context;
struct observed;
struct plan;

/** Does `next`, made from `now`, do anything else than repeat what failed in `plan`, made from `before`? */
bool replan_differs(const struct plan *plan, const char *project_name,
                    const struct observed *before, const struct plan *next,
                    const struct observed *now);
/**
 * Wait until containers that were refused for being created or removed are so, for some seconds at most. Turns the loop.
 *
 * Errors: ERROR_CANCELED. A container of another project is not waited for; *ret_changed is false then.
 */
bool replan_wait(struct command_context *context, const char *project_name, const struct plan *plan,
                 bool *ret_changed, struct error *err) WARN_UNUSED;
