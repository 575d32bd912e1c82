/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/duration.h"

#include <string.h>

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"µs", 1000}, /* micro sign */
    {"μs", 1000}, /* Greek letter mu */
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", 60 * UINT64_C(1000000000)},
    {"h", 3600 * UINT64_C(1000000000)},
    {"d", 86400 * UINT64_C(1000000000)},
    {"w", 604800 * UINT64_C(1000000000)},
};

#define MOST_FRACTION 1e18 /* digits further back do not count, as in the reference */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t unit_of(const char *at, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (span_equals((struct span){at, length}, units[i].name))
            return units[i].ns;
    return 0;
}

/* One "number[.fraction]unit" at `*at`, added to `*sum`. The text of a fault, or NULL when there is none. */
static const char *parse_part(const char **at, uint64_t *sum, const char **ret_unit,
                              size_t *ret_length)
{
    const char *p = *at;
    uint64_t whole = 0, unit, part;
    double fraction = 0, scale = 1;
    bool digits = is_digit(*p);

    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
            return "invalid";
    if (*p == '.') {
        for (p++; is_digit(*p); p++) {
            digits = true;
            if (scale >= MOST_FRACTION)
                continue; /* less than a nanosecond of any unit */
            fraction = fraction * 10 + (*p - '0');
            scale *= 10;
        }
    }
    if (!digits)
        return "invalid";
    *ret_unit = p;
    while (*p && *p != '.' && !is_digit(*p))
        p++;
    *ret_length = (size_t)(p - *ret_unit);
    if (*ret_length == 0)
        return "missing";
    unit = unit_of(*ret_unit, *ret_length);
    if (unit == 0)
        return "unknown";
    if (__builtin_mul_overflow(whole, unit, &part) || __builtin_add_overflow(*sum, part, sum))
        return "invalid";
    if (fraction > 0 &&
        __builtin_add_overflow(*sum, (uint64_t)(fraction * ((double)unit / scale)), sum))
        return "invalid";
    *at = p;
    return *sum > (uint64_t)INT64_MAX + 1 ? "invalid" : NULL;
}

bool duration_parse(const char *text, int64_t *ret_ns, struct error *err)
{
    const char *at = text, *unit = "", *fault = NULL;
    bool negative = *at == '-';
    size_t length = 0;
    uint64_t sum = 0;

    if (*at == '-' || *at == '+')
        at++;
    if (strcmp(at, "0") == 0) {
        *ret_ns = 0;
        return true;
    }
    if (*at == '\0')
        fault = "invalid";
    while (!fault && *at)
        fault = parse_part(&at, &sum, &unit, &length);
    if (!fault && !negative && sum > (uint64_t)INT64_MAX)
        fault = "invalid";
    if (!fault) {
        *ret_ns = negative ? (int64_t)(0 - sum) : (int64_t)sum;
        return true;
    }
    if (fault[0] == 'm')
        return error_set(err, ERROR_INPUT, "time: missing unit in duration \"%s\"", text);
    if (fault[0] == 'u')
        return error_set(err, ERROR_INPUT, "time: unknown unit \"%.*s\" in duration \"%s\"",
                         (int)length, unit, text);
    return error_set(err, ERROR_INPUT, "time: invalid duration \"%s\"", text);
}

/* `value` units of 10^-places, without trailing zeros: 1500 with 3 places is "1.5". */
static void add_decimal(struct text *out, uint64_t value, unsigned places)
{
    uint64_t scale = 1;

    for (unsigned i = 0; i < places; i++)
        scale *= 10;
    text_addf(out, "%llu", (unsigned long long)(value / scale));
    if (value % scale == 0)
        return;
    text_addf(out, ".%0*llu", (int)places, (unsigned long long)(value % scale));
    while (out->bytes[out->length - 1] == '0')
        text_truncate(out, out->length - 1);
}

void duration_format(struct text *out, int64_t ns)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, seconds = size / 1000000000;

    if (ns < 0)
        text_add_char(out, '-');
    if (size == 0) {
        text_add(out, "0s");
    } else if (size < 1000) {
        text_addf(out, "%lluns", (unsigned long long)size);
    } else if (size < 1000000) {
        add_decimal(out, size, 3);
        text_add(out, "µs");
    } else if (size < 1000000000) {
        add_decimal(out, size, 6);
        text_add(out, "ms");
    } else {
        if (seconds >= 3600)
            text_addf(out, "%lluh", (unsigned long long)(seconds / 3600));
        if (seconds >= 60)
            text_addf(out, "%llum", (unsigned long long)(seconds / 60 % 60));
        add_decimal(out, size % UINT64_C(60000000000), 9);
        text_add_char(out, 's');
    }
}
