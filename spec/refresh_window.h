/* SPDX-License-Identifier: Apache-2.0 */
/* How long an image is new enough by a pull policy: "daily", "weekly", "every_1w2d3h". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

/**
 * Seconds after which the policy wants the image again; 0 when it is none of these, NULL for one.
 * False when there are more than fit into 64 bits of nanoseconds, which is refused when the project is loaded.
 */
bool spec_refresh_window(const char *policy, int64_t *ret_window_s) WARN_UNUSED;
