/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durations, sizes and instants in the words that the reference's tables use.
 * Source: Docker Compose 5.5.0 and the docker CLI 28.
 */
#pragma once

#include <stdint.h>

struct text;

/** "About a minute", "3 weeks". */
void units_add_duration(struct text *out, int64_t ns);
/** Powers of 1000 with `digits` significant digits: "1.23kB", "40MB". */
void units_add_size(struct text *out, double bytes, int digits);
/** Powers of 1024 with `digits` significant digits: "1.5MiB". */
void units_add_binary_size(struct text *out, double bytes, int digits);
/** "2026-11-21 05:44:41 +0000 UTC" in the local zone. */
void units_add_instant(struct text *out, int64_t ns);
/** RFC 3339 in the local zone, to the second. */
void units_add_rfc3339(struct text *out, int64_t ns);
/** RFC 3339 in the local zone, with as many digits of the second as it takes (Go's form in JSON). */
void units_add_exact_instant(struct text *out, int64_t ns);
