/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading cJSON trees into our structs: inside engine_client only, and only inside the function that parsed the
 * tree. Missing members and members of another type give "", 0, false, or an empty list, for the engine leaves out
 * what it does not know; text is copied into the arena.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

/** Parse; the tree must be a list (`list`) or an object. Errors: ERROR_ENGINE naming `what`. */
cJSON *json_read_tree(struct span text, bool list, const char *what, struct error *err) WARN_UNUSED;
/** For CLEANUP. */
void json_read_finish(cJSON **tree);

/** A member by exact name, or NULL. */
const cJSON *json_read_member(const cJSON *object, const char *key);
/** A member down a path of names that hold no dot: "HostConfig.NetworkMode". */
const cJSON *json_read_path(const cJSON *object, const char *path);
/** A text or "". */
const char *json_read_text(struct arena *arena, const cJSON *object, const char *key);
/** A text or NULL, in the tree. */
const char *json_peek_text(const cJSON *object, const char *key);
int64_t json_read_int(const cJSON *object, const char *key);
bool json_read_bool(const cJSON *object, const char *key);
/** An RFC 3339 text as nanoseconds; 0: never. */
int64_t json_read_instant(const cJSON *object, const char *key);
/** Seconds since 1970 as nanoseconds. */
int64_t json_read_seconds(const cJSON *object, const char *key);
/** Strings of a list; a single string counts as a list of one. */
struct strings json_read_strings(struct arena *arena, const cJSON *list);
/** The names of an object's members, sorted. */
struct strings json_read_keys(struct arena *arena, const cJSON *object);
/** An object of strings, sorted by key; members that are no strings are printed as JSON. */
struct pairs json_read_pairs(struct arena *arena, const cJSON *object);
/** Members of a list or an object. */
size_t json_read_count(const cJSON *list);
/** The whole text, copied. */
struct span json_read_raw(struct arena *arena, struct span text);
/** One element of a list printed again: numbers beyond 2^53 lose digits there. */
struct span json_read_element(struct arena *arena, const cJSON *element);
