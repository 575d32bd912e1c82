/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/size.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "spec/base/number.h"
#include "spec/base/span.h"

/* The factor of "k", "kb", "KiB", "b", ""; 0 when there is no such unit. */
static double unit_factor(const char *suffix)
{
    static const char letters[] = "kmgtp";
    char lower[4] = "";
    const char *letter;
    double factor = 1;

    if (strlen(suffix) >= sizeof(lower))
        return 0;
    for (size_t i = 0; suffix[i]; i++)
        lower[i] = (char)tolower((unsigned char)suffix[i]);
    if (lower[0] == '\0' || strcmp(lower, "b") == 0)
        return 1;
    letter = strchr(letters, lower[0]);
    if (!letter ||
        (lower[1] != '\0' && strcmp(lower + 1, "b") != 0 && strcmp(lower + 1, "ib") != 0))
        return 0;
    for (const char *at = letters; at <= letter; at++)
        factor *= 1024;
    return factor;
}

bool size_parse(const char *text, int64_t *ret_bytes, struct error *err)
{
    CLEANUP(cleanup_free) char *digits = NULL;
    const char *last = NULL, *suffix;
    double number, factor;

    if (number_parse_int64(text, ret_bytes))
        return true;
    for (const char *at = text; *at; at++)
        if (strchr("0123456789. ", *at))
            last = at;
    if (!last)
        return error_set(err, ERROR_INPUT, "invalid size: '%s'", text);
    suffix = last + 1;
    digits = xstrndup(text, (size_t)(last - text) + (*last != ' '));
    if (!number_parse_double(digits, &number))
        return error_set(err, ERROR_INPUT, "strconv.ParseFloat: parsing \"%s\": invalid syntax",
                         digits);
    if (number < 0)
        return error_set(err, ERROR_INPUT, "invalid size: '%s'", text);
    factor = unit_factor(suffix);
    if (factor < 1)
        return error_set(err, ERROR_INPUT, "invalid suffix: '%s'", suffix);
    number *= factor;
    if (number >= 9223372036854775808.0)
        return error_set(err, ERROR_INPUT, "invalid size: '%s' is larger than 8 EiB", text);
    *ret_bytes = (int64_t)number;
    return true;
}
