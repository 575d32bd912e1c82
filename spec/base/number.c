/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool number_parse_digits(const char *text, size_t length, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i];

        if (digit >= '0' && digit <= '9')
            digit -= '0';
        else if (digit >= 'a' && digit <= 'f')
            digit -= 'a' - 10;
        else if (digit >= 'A' && digit <= 'F')
            digit -= 'A' - 10;
        else
            return false;
        if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool number_parse_uint64(const char *text, uint64_t *ret_value)
{
    return number_parse_digits(text, strlen(text), 10, ret_value);
}

bool number_parse_int64(const char *text, int64_t *ret_value)
{
    bool negative = text[0] == '-';
    uint64_t size;

    if (text[0] == '-' || text[0] == '+')
        text++;
    if (!number_parse_uint64(text, &size) || size > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

bool number_parse_double(const char *text, double *ret_value)
{
    char *end;
    double value;

    if (text[0] == '\0' || strspn(text, "+-0123456789.eE") != strlen(text))
        return false;
    errno = 0;
    value = strtod(text, &end); /* the program never calls setlocale(LC_NUMERIC) */
    if (*end != '\0' || end == text || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

/* Shortest "d.ddde[+-]XX" that reads back as the same number. */
static void shortest(double value, bool single, char *ret_form, size_t size)
{
    for (int digits = 0; digits <= 17; digits++) {
        snprintf(ret_form, size, "%.*e", digits, value);
        if (single ? strtof(ret_form, NULL) == (float)value : strtod(ret_form, NULL) == value)
            return;
    }
}

void number_format(struct text *out, double value, enum number_style style, bool single)
{
    char form[40], digits[24], *e;
    int exponent, count = 0;
    bool plain;

    if (isnan(value) || isinf(value)) {
        text_add(out, isnan(value) ? "NaN" : value < 0 ? "-Inf" : "+Inf");
        return;
    }
    shortest(value, single, form, sizeof(form));
    e = strchr(form, 'e');
    exponent = (int)strtol(e + 1, NULL, 10);
    for (const char *c = form; c < e; c++)
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (signbit(value))
        text_add_char(out, '-');
    plain = style == NUMBER_JSON ? (value == 0 || (exponent >= -6 && exponent < 21))
                                 : (exponent >= -4 && exponent <= 5);
    if (!plain) {
        text_add_char(out, digits[0]);
        if (count > 1) {
            text_add_char(out, '.');
            text_add_bytes(out, digits + 1, (size_t)count - 1);
        }
        if (style == NUMBER_JSON && exponent < 0 && exponent > -10)
            text_addf(out, "e-%d", -exponent); /* Go's JSON writes e-7, not e-07 */
        else
            text_addf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
        return;
    }
    if (exponent < 0) {
        text_add(out, "0.");
        text_add_repeat(out, '0', (size_t)(-exponent - 1));
        text_add_bytes(out, digits, (size_t)count);
        return;
    }
    for (int i = 0; i <= exponent || i < count; i++) {
        if (i == exponent + 1)
            text_add_char(out, '.');
        text_add_char(out, i < count ? digits[i] : '0');
    }
}
