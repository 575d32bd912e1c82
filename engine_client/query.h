/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths and queries of requests, escaped.
 *
 *     struct text query;
 *     text_init(&query, 0);
 *     engine_query_bool(&query, "all", true);
 *     engine_query_filters(&query, &filters);          all=1&filters=%7B...
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/memory.h"

struct arena;
struct pairs;
struct strings;
struct text;

/** printf a path and escape what a path may not hold; `/` stays, so that image names read as names.
 */
const char *engine_path(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/** Append "key=value"; a NULL value appends nothing. */
void engine_query_add(struct text *query, const char *key, const char *value);
/** Append "key=1", or nothing when false. */
void engine_query_bool(struct text *query, const char *key, bool value);
void engine_query_int(struct text *query, const char *key, int64_t value);
/** Append a filter: pairs like {"label", "a=b"}; one key may come several times. Empty appends
 * nothing. */
void engine_query_filters(struct text *query, const struct pairs *filters);
/** Append "key=" and the pairs as a JSON object; a NULL value writes null (buildargs). Empty
 * appends nothing. */
void engine_query_object(struct text *query, const char *key, const struct pairs *pairs);
/** Append "key=" and the strings as a JSON list (cachefrom). Empty appends nothing. */
void engine_query_list(struct text *query, const char *key, const struct strings *strings);
