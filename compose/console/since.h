/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as `--since` and `--until` give them. Source: Docker Compose 5.5.0, `logs`; docker CLI 28. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

/**
 * RFC 3339 (also without zone, without time: local), seconds since 1970 with or without a fraction, or a duration
 * ("10m", "1h30m") back from `now_ns`.
 *
 * Errors: ERROR_USAGE.
 */
bool since_parse(const char *text, int64_t now_ns, int64_t *ret_ns, struct error *err) WARN_UNUSED;
