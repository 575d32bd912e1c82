/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and the columns that text takes on a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/** Decode one code point: its length in bytes, or 0 when the bytes are not valid UTF-8 (no surrogates, not overlong). */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_code);
void utf8_add(struct text *text, uint32_t code);
bool utf8_is_valid(const char *bytes, size_t length);
/** A letter of any script. */
bool utf8_is_letter(uint32_t code);
/** A letter or a number of any script. */
bool utf8_is_alphanumeric(uint32_t code);

/** Columns on a terminal: wide characters count 2, combining ones 0, an emoji sequence once. */
size_t utf8_width(const char *bytes, size_t length);
/** The longest prefix of at most `columns` columns, cut between grapheme clusters; in bytes. */
size_t utf8_fit(const char *bytes, size_t length, size_t columns);
