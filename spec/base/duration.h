/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations as text: what a Compose file writes ("1m30s", "2d") and what is printed ("48h0m0s").
 * Source: Compose Specification, "Specifying durations"; output is Go's form, which enters config hashes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/text.h"

/**
 * `[+-](number[.fraction]unit)+` with units ns us µs ms s m h d w; a bare 0 is taken too.
 *
 * Errors: ERROR_INPUT, `time: missing unit in duration "5"` and its kin.
 * Units:  nanoseconds.
 */
bool duration_parse(const char *text, int64_t *ret_ns, struct error *err) WARN_UNUSED;
/** "1h30m0s", "1m0.5s", "250µs", "0s". */
void duration_format(struct text *out, int64_t ns);
