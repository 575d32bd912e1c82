/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch of changes as steps: in each running container of a service first what is gone is removed, then what is there
 * is copied; and the commands of rules. Pure.
 */
#pragma once

#include <stdbool.h>

struct observed;
struct plan;
struct watch_batch;

/** The batch is borrowed until the plan is destroyed. */
struct plan *watch_plan_sync(const struct watch_batch *batch, const struct observed *observed);
struct plan *watch_plan_exec(const struct watch_batch *batch, const struct observed *observed);
