/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked parsing of numbers, and the forms in which the reference prints floating-point numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/text.h"

/** Decimal with optional sign, the whole text; false on anything else or out of range. */
bool number_parse_int64(const char *text, int64_t *ret_value) WARN_UNUSED;
bool number_parse_uint64(const char *text, uint64_t *ret_value) WARN_UNUSED;
/** A finite decimal number, the whole text, in the C locale. */
bool number_parse_double(const char *text, double *ret_value) WARN_UNUSED;
/** Digits of `base` from `text[0..length)`. */
bool number_parse_digits(const char *text, size_t length, unsigned base,
                         uint64_t *ret_value) WARN_UNUSED;

enum number_style {
    NUMBER_TEXT, /* plain while the decimal exponent is -4 to 5, else d.ddde+XX */
    NUMBER_JSON, /* exponent only below 1e-6 and from 1e21 (Go's encoding/json) */
};

/** Shortest digits that give the number back (as a 32-bit float when `single`). */
void number_format(struct text *out, double value, enum number_style style, bool single);
