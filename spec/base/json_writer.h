/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON text: all JSON that this program sends or prints. 64-bit integers are exact; strings are escaped
 * as Go's encoding/json does it (so `<`, `>`, `&`, U+2028 and U+2029 become \uXXXX, invalid UTF-8 becomes
 * \ufffd), because config hashes are taken of this text. The writer places commas and, with an indent,
 * line breaks; the caller keeps begin and end balanced.
 *
 *     struct json_writer json;
 *     json_begin(&json, &text, 0);
 *     json_object_open(&json);
 *     json_key(&json, "Image");
 *     json_string(&json, image);
 *     json_object_close(&json);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/limits.h"
#include "spec/base/text.h"

enum { JSON_DEEPEST = LIMIT_NESTING + 64 }; /* documents, and what is around them */

struct json_writer {
    struct text *out;
    unsigned indent; /* spaces a level; 0 is compact */
    unsigned depth;
    bool filled[JSON_DEEPEST]; /* something was written at this level */
    bool after_key;
    bool raw_html; /* leave < > & as they are */
};

void json_begin(struct json_writer *json, struct text *out, unsigned indent);
void json_object_open(struct json_writer *json);
void json_object_close(struct json_writer *json);
void json_array_open(struct json_writer *json);
void json_array_close(struct json_writer *json);
void json_key(struct json_writer *json, const char *key);
void json_string(struct json_writer *json, const char *s); /* NULL writes null */
void json_string_n(struct json_writer *json, const char *s, size_t length);
void json_int(struct json_writer *json, int64_t value);
void json_uint(struct json_writer *json, uint64_t value);
/** Shortest digits that give the number back; exponent form below 1e-6 and from 1e21 (Go's rule). */
void json_float(struct json_writer *json, double value);
/** The same for a number that is known to 32 bits only. */
void json_float32(struct json_writer *json, float value);
void json_bool(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
/** A value that is JSON text already. */
void json_raw(struct json_writer *json, const char *text, size_t length);

/** Shorthands for an object member. */
void json_member_string(struct json_writer *json, const char *key, const char *value);
void json_member_int(struct json_writer *json, const char *key, int64_t value);
void json_member_bool(struct json_writer *json, const char *key, bool value);
