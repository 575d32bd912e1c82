/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants of the engine: nanoseconds since 1970 in UTC, as int64. They come from RFC 3339 text,
 * for JSON numbers lose the last digits. 0 stands for "never": the engine writes
 * "0001-01-01T00:00:00Z" or "".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

struct arena;
struct text;

#define NS_PER_SECOND INT64_C(1000000000)

/** Now, by the clock of this machine. */
int64_t instant_now(void);

/**
 * Parse "2026-11-21T10:00:00.123456789Z", also with an offset ("+09:00"), at the start of `text`.
 *
 * Returns the bytes that the instant took, or 0 when there is none; years before 1678 or after 2261
 * give 0 ns.
 */
size_t instant_parse_prefix(struct span text, int64_t *ret_ns) WARN_UNUSED;
/** The whole text; false leaves `*ret_ns` alone. */
bool instant_parse(const char *text, int64_t *ret_ns) WARN_UNUSED;
/** As above, but 0 for NULL, "" and what cannot be read: what the engine did not say did not
 * happen. */
int64_t instant_or_never(const char *text);

/** "2026-11-21T10:00:00.123456789Z", always nine digits, so that texts sort like instants. */
void instant_add(struct text *out, int64_t ns);
/** "SECONDS.NANOSECONDS", the form of `since` and `until` in queries. */
const char *instant_query(struct arena *arena, int64_t ns);
/** An HTTP date ("Sat, 21 Nov 2026 10:00:00 GMT"); whole seconds. */
bool instant_parse_http(const char *text, int64_t *ret_ns) WARN_UNUSED;
