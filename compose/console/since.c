/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/since.h"

#include <string.h>
#include <time.h>

#include "engine_client/instant.h"
#include "spec/base/duration.h"
#include "spec/base/number.h"

enum { NANO_DIGITS = 9 };

/* "1700000000" or "1700000000.5", exact to the nanosecond. */
static bool parse_unix(const char *text, int64_t *ret_ns)
{
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text[whole] == '.' ? text + whole + 1 : text + whole;
    size_t digits = strspn(fraction, "0123456789");
    uint64_t seconds, rest = 0;

    if (whole == 0 || fraction[digits] || (text[whole] && text[whole] != '.') ||
        !number_parse_digits(text, whole, 10, &seconds) || seconds > INT64_MAX / NS_PER_SECOND)
        return false;
    if (digits > NANO_DIGITS)
        digits = NANO_DIGITS;
    if (digits > 0 && !number_parse_digits(fraction, digits, 10, &rest))
        return false;
    for (size_t i = digits; i < NANO_DIGITS; i++)
        rest *= 10;
    *ret_ns = (int64_t)seconds * NS_PER_SECOND + (int64_t)rest;
    return true;
}

/* Without a zone the local one is meant. */
static bool parse_local(const char *text, int64_t *ret_ns)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H",
                                        "%Y-%m-%d"};

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct tm parts = {.tm_mday = 1, .tm_isdst = -1};
        const char *end = strptime(text, forms[i], &parts);

        if (end && !*end) {
            *ret_ns = (int64_t)mktime(&parts) * NS_PER_SECOND;
            return true;
        }
    }
    return false;
}

bool since_parse(const char *text, int64_t now_ns, int64_t *ret_ns, struct error *err)
{
    struct error ignored;
    int64_t ago_ns;
    bool good;

    if (instant_parse(text, ret_ns) || parse_unix(text, ret_ns) || parse_local(text, ret_ns))
        return true;
    error_init(&ignored);
    good = duration_parse(text, &ago_ns, &ignored);
    error_finish(&ignored);
    if (good) {
        *ret_ns = now_ns - ago_ns;
        return true;
    }
    (void)error_set(err, ERROR_USAGE, "failed to parse value as time or duration: \"%s\"", text);
    return error_hint(
        err, "Use 2006-01-02T15:04:05Z, 2006-01-02, seconds since 1970, or a duration such as 10m");
}
