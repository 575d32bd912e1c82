/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/refresh_window.h"

#include <string.h>

#include "spec/base/number.h"
#include "spec/base/span.h"

#define SECONDS_PER_DAY INT64_C(86400)
#define LONGEST_S       (INT64_MAX / 1000000000)

static int64_t seconds_of_unit(char unit)
{
    switch (unit) {
    case 'w':
        return 7 * SECONDS_PER_DAY;
    case 'd':
        return SECONDS_PER_DAY;
    case 'h':
        return 3600;
    case 'm':
        return 60;
    case 's':
        return 1;
    default:
        return 0;
    }
}

bool spec_refresh_window(const char *policy, int64_t *ret_window_s)
{
    int64_t sum = 0;

    if (policy && strcmp(policy, "daily") == 0) {
        sum = SECONDS_PER_DAY;
    } else if (policy && strcmp(policy, "weekly") == 0) {
        sum = 7 * SECONDS_PER_DAY;
    } else if (policy && text_starts_with(policy, "every_")) {
        for (const char *at = policy + strlen("every_"); *at; at++) {
            size_t digits = strspn(at, "0123456789");
            int64_t unit = seconds_of_unit(at[digits]);
            uint64_t number;

            if (digits == 0 || unit == 0) { /* the schema lets more follow */
                sum = 0;
                break;
            }
            if (!number_parse_digits(at, digits, 10, &number) ||
                number > (uint64_t)((LONGEST_S - sum) / unit))
                return false;
            sum += (int64_t)number * unit;
            at += digits;
        }
    }
    *ret_window_s = sum;
    return true;
}
