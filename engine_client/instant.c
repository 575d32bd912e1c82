/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/instant.h"

#include <string.h>
#include <time.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"

enum {
    YEAR_FIRST = 1678, /* the years that int64 nanoseconds hold */
    YEAR_LAST = 2261,
    NANO_DIGITS = 9,
};

static bool digits(struct span text, size_t at, size_t count, int *ret_value)
{
    uint64_t value;

    if (at + count > text.length || !number_parse_digits(text.bytes + at, count, 10, &value))
        return false;
    *ret_value = (int)value;
    return true;
}

static bool is_at(struct span text, size_t at, const char *allowed)
{
    return at < text.length && text.bytes[at] && strchr(allowed, text.bytes[at]);
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; years begin in March, so leap days
 * come last. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static size_t parse_fraction(struct span text, size_t at, int64_t *ret_nanos)
{
    size_t begin = at;
    int64_t nanos = 0;
    int count = 0;

    for (; at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9'; at++)
        if (count < NANO_DIGITS) {
            nanos = nanos * 10 + (text.bytes[at] - '0');
            count++;
        }
    if (at == begin)
        return 0;
    for (; count < NANO_DIGITS; count++)
        nanos *= 10;
    *ret_nanos = nanos;
    return at;
}

/* "Z" or "+hh:mm": where it ends, or 0. */
static size_t parse_zone(struct span text, size_t at, int64_t *ret_offset_s)
{
    int hours, minutes;

    *ret_offset_s = 0;
    if (is_at(text, at, "Zz"))
        return at + 1;
    if (!is_at(text, at, "+-") || !digits(text, at + 1, 2, &hours) || !is_at(text, at + 3, ":") ||
        !digits(text, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return 0;
    *ret_offset_s = (hours * 60 + minutes) * 60 * (text.bytes[at] == '-' ? -1 : 1);
    return at + 6;
}

int64_t instant_now(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

size_t instant_parse_prefix(struct span text, int64_t *ret_ns)
{
    int year, month, day, hour, minute, second;
    int64_t nanos = 0, offset_s, seconds;
    size_t at = 19;

    if (!digits(text, 0, 4, &year) || !is_at(text, 4, "-") || !digits(text, 5, 2, &month) ||
        !is_at(text, 7, "-") || !digits(text, 8, 2, &day) || !is_at(text, 10, "Tt ") ||
        !digits(text, 11, 2, &hour) || !is_at(text, 13, ":") || !digits(text, 14, 2, &minute) ||
        !is_at(text, 16, ":") || !digits(text, 17, 2, &second))
        return 0;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return 0;
    if (is_at(text, at, ".") && (at = parse_fraction(text, at + 1, &nanos)) == 0)
        return 0;
    if ((at = parse_zone(text, at, &offset_s)) == 0)
        return 0;
    seconds =
        days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    *ret_ns = year < YEAR_FIRST || year > YEAR_LAST ? 0 : seconds * NS_PER_SECOND + nanos;
    return at;
}

bool instant_parse(const char *text, int64_t *ret_ns)
{
    int64_t ns;
    size_t length = strlen(text);

    if (length == 0 || instant_parse_prefix(span_of(text), &ns) != length)
        return false;
    *ret_ns = ns;
    return true;
}

int64_t instant_or_never(const char *text)
{
    int64_t ns;

    return text && instant_parse(text, &ns) ? ns : 0;
}

/* Seconds and nanoseconds, the latter never negative. */
static int64_t split(int64_t ns, int64_t *ret_nanos)
{
    int64_t seconds = ns / NS_PER_SECOND, nanos = ns % NS_PER_SECOND;

    if (nanos < 0) {
        seconds--;
        nanos += NS_PER_SECOND;
    }
    *ret_nanos = nanos;
    return seconds;
}

void instant_add(struct text *out, int64_t ns)
{
    int64_t nanos;
    time_t seconds = (time_t)split(ns, &nanos);
    struct tm parts;

    gmtime_r(&seconds, &parts);
    text_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", parts.tm_year + 1900, parts.tm_mon + 1,
              parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (long long)nanos);
}

const char *instant_query(struct arena *arena, int64_t ns)
{
    int64_t nanos, seconds = split(ns, &nanos);

    return arena_printf(arena, "%lld.%09lld", (long long)seconds, (long long)nanos);
}

bool instant_parse_http(const char *text, int64_t *ret_ns)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct span date = span_of(text);
    int year, day, hour, minute, second;
    char month[4] = "";
    const char *found;

    /* "Sat, 21 Nov 2026 10:00:00 GMT" */
    if (date.length != 29 || !digits(date, 5, 2, &day) || !digits(date, 12, 4, &year) ||
        !digits(date, 17, 2, &hour) || !digits(date, 20, 2, &minute) ||
        !digits(date, 23, 2, &second))
        return false;
    memcpy(month, text + 8, 3);
    found = strstr(months, month);
    if (!found || (found - months) % 3 != 0 || year < YEAR_FIRST || year > YEAR_LAST)
        return false;
    *ret_ns = (days_from_date(year, (int)((found - months) / 3) + 1, day) * 86400 + hour * 3600 +
               minute * 60 + second) *
              NS_PER_SECOND;
    return true;
}
