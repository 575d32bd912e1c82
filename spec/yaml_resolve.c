/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/yaml_resolve.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/memory.h"
#include "spec/base/number.h"
#include "spec/base/span.h"

/* Longer text is no number that anybody means. */
enum { LONGEST_NUMBER = 400 };

static const struct {
    const char *text;
    enum yaml_meaning meaning;
    double number;
} words[] = {
    {"", YAML_MEANS_NULL, 0},
    {"~", YAML_MEANS_NULL, 0},
    {"null", YAML_MEANS_NULL, 0},
    {"Null", YAML_MEANS_NULL, 0},
    {"NULL", YAML_MEANS_NULL, 0},
    {"true", YAML_MEANS_BOOL, 1},
    {"True", YAML_MEANS_BOOL, 1},
    {"TRUE", YAML_MEANS_BOOL, 1},
    {"false", YAML_MEANS_BOOL, 0},
    {"False", YAML_MEANS_BOOL, 0},
    {"FALSE", YAML_MEANS_BOOL, 0},
    {".nan", YAML_MEANS_FLOAT, (double)NAN},
    {".NaN", YAML_MEANS_FLOAT, (double)NAN},
    {".NAN", YAML_MEANS_FLOAT, (double)NAN},
    {".inf", YAML_MEANS_FLOAT, HUGE_VAL},
    {".Inf", YAML_MEANS_FLOAT, HUGE_VAL},
    {".INF", YAML_MEANS_FLOAT, HUGE_VAL},
    {"+.inf", YAML_MEANS_FLOAT, HUGE_VAL},
    {"+.Inf", YAML_MEANS_FLOAT, HUGE_VAL},
    {"+.INF", YAML_MEANS_FLOAT, HUGE_VAL},
    {"-.inf", YAML_MEANS_FLOAT, -HUGE_VAL},
    {"-.Inf", YAML_MEANS_FLOAT, -HUGE_VAL},
    {"-.INF", YAML_MEANS_FLOAT, -HUGE_VAL},
    {"<<", YAML_MEANS_MERGE, 0},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(const char *at)
{
    size_t count = 0;

    while (is_digit(at[count]))
        count++;
    return count;
}

/* [-+]?(.digits | digits[.digits*])([eE][-+]?digits)? */
static bool looks_like_float(const char *at)
{
    size_t whole;

    if (*at == '-' || *at == '+')
        at++;
    whole = digits_at(at);
    at += whole;
    if (*at == '.') {
        at++;
        if (whole == 0 && digits_at(at) == 0)
            return false;
        at += digits_at(at);
    } else if (whole == 0) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '-' || *at == '+')
            at++;
        if (digits_at(at) == 0)
            return false;
        at += digits_at(at);
    }
    return *at == '\0';
}

/* Digits behind the sign with the prefixes 0x, 0b, 0o or 0. */
static bool parse_magnitude(const char *text, uint64_t *ret_size)
{
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {{'x', 16}, {'b', 2}, {'o', 8}};
    size_t length = strlen(text);

    if (text[0] != '0' || length == 1)
        return number_parse_digits(text, length, 10, ret_size);
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if ((text[1] | 0x20) == prefixes[i].letter)
            return number_parse_digits(text + 2, length - 2, prefixes[i].base, ret_size);
    return number_parse_digits(text + 1, length - 1, 8, ret_size);
}

static enum yaml_meaning resolve_number(const char *text, struct yaml_value *value)
{
    bool negative = text[0] == '-';
    uint64_t size;

    if (strcmp(text, "-0") == 0) {
        value->number = -0.0;
        return YAML_MEANS_FLOAT;
    }
    if (parse_magnitude(text + (negative || text[0] == '+'), &size)) {
        value->number = negative ? -(double)size : (double)size;
        if (size <= (uint64_t)INT64_MAX + negative)
            value->integer = negative ? (int64_t)(0 - size) : (int64_t)size;
        else if (negative)
            return YAML_MEANS_FLOAT;
        else
            value->huge = size;
        return YAML_MEANS_INT;
    }
    if (!looks_like_float(text))
        return YAML_MEANS_TEXT;
    value->number = strtod(text, NULL);
    return isfinite(value->number) ? YAML_MEANS_FLOAT : YAML_MEANS_TEXT;
}

/* One or two digits with a value from `low` to `high`; what follows them, or NULL. */
static const char *field(const char *at, int low, int high, int *ret_value)
{
    size_t digits = digits_at(at);

    if (digits == 0)
        return NULL;
    *ret_value = at[0] - '0';
    if (digits > 1)
        *ret_value = *ret_value * 10 + (at[1] - '0');
    if (*ret_value < low || *ret_value > high)
        return NULL;
    return at + (digits > 1 ? 2 : 1);
}

static bool is_zone(const char *at)
{
    int hour = 0, minute = 0;

    if (*at == 'Z')
        return at[1] == '\0';
    if (*at != '+' && *at != '-')
        return false;
    at++;
    if (digits_at(at) != 2 || at[2] != ':' || digits_at(at + 3) != 2 || at[5] != '\0')
        return false;
    return field(at, 0, 24, &hour) && field(at + 3, 0, 60, &minute);
}

static int days_of(uint64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return 29;
    return days[month - 1];
}

/* YYYY-M-D, and with T, t or one space behind it H:M:S[.fraction] (and a zone after T or t). */
static bool is_timestamp(const char *text)
{
    int month, day, part;
    uint64_t year;
    const char *at = text + 5;
    char separator;

    if (digits_at(text) != 4 || text[4] != '-' || !number_parse_digits(text, 4, 10, &year))
        return false;
    if (!(at = field(at, 1, 12, &month)) || *at++ != '-' ||
        !(at = field(at, 1, days_of(year, month), &day)))
        return false;
    if (*at == '\0')
        return true;
    separator = *at++;
    if (separator != 'T' && separator != 't' && separator != ' ')
        return false;
    if (!(at = field(at, 0, 23, &part)) || *at++ != ':' || !(at = field(at, 0, 59, &part)) ||
        *at++ != ':' || !(at = field(at, 0, 59, &part)))
        return false;
    if ((*at == '.' || *at == ',') && is_digit(at[1]))
        at += 1 + digits_at(at + 1);
    return separator == ' ' ? *at == '\0' : is_zone(at);
}

static enum yaml_meaning resolve_word(const char *s, size_t length, struct yaml_value *value)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!span_equals((struct span){s, length}, words[i].text))
            continue;
        value->boolean = words[i].number > 0;
        value->number = words[i].number;
        return words[i].meaning;
    }
    return YAML_MEANS_TEXT;
}

/* Numbers may have underscores, but not when they start with a dot. */
static size_t without_underscores(const char *s, size_t length, char *ret_text)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++)
        if (s[i] != '_' || s[0] == '.')
            ret_text[kept++] = s[i];
    ret_text[kept] = '\0';
    return kept;
}

enum yaml_meaning yaml_resolve(const char *s, size_t length, struct yaml_value *ret_value)
{
    struct yaml_value value = {0};
    enum yaml_meaning meaning = length > 5 ? YAML_MEANS_TEXT : resolve_word(s, length, &value);
    char text[LONGEST_NUMBER + 1];

    if (meaning == YAML_MEANS_TEXT && length > 0 && length <= LONGEST_NUMBER &&
        strchr("+-.0123456789", s[0]) && !memchr(s, '\0', length)) {
        memcpy(text, s, length);
        text[length] = '\0';
        if (is_timestamp(text)) {
            meaning = YAML_MEANS_TIMESTAMP;
        } else {
            (void)without_underscores(s, length, text);
            meaning = resolve_number(text, &value);
        }
    }
    if (ret_value)
        *ret_value = value;
    return meaning;
}

/* [-+]?digits(:[0-5]?digit)+ with underscores and a fraction allowed */
static bool is_base60(const char *s, size_t length)
{
    const char *at = s, *end = s + length;
    bool parts = false;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return false;
    while (at < end && (is_digit(*at) || *at == '_'))
        at++;
    while (at + 1 < end && *at == ':' && is_digit(at[1])) {
        at += at + 2 < end && at[1] <= '5' && is_digit(at[2]) ? 3 : 2;
        parts = true;
    }
    if (parts && at < end && *at == '.')
        for (at++; at < end && (is_digit(*at) || *at == '_');)
            at++;
    return parts && at == end;
}

bool yaml_is_old_word(const char *s, size_t length)
{
    static const char *const old[] = {"y", "Y",  "yes", "Yes", "YES", "on",  "On",  "ON", "n",
                                      "N", "no", "No",  "NO",  "off", "Off", "OFF", "<<"};

    for (size_t i = 0; i < COUNT_OF(old); i++)
        if (span_equals((struct span){s, length}, old[i]))
            return true;
    return is_base60(s, length);
}
