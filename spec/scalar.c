/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/scalar.h"

#include <math.h>
#include <openssl/evp.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/span.h"

#define CORE_TAG "tag:yaml.org,2002:"

static bool one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool is_null(const char *text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    return one_of(text, words, COUNT_OF(words));
}

static bool is_true(const char *text)
{
    static const char *const words[] = {"true", "True", "TRUE"};

    return one_of(text, words, COUNT_OF(words));
}

static bool is_false(const char *text)
{
    static const char *const words[] = {"false", "False", "FALSE"};

    return one_of(text, words, COUNT_OF(words));
}

/* Infinities and not-a-number have names of their own. */
static bool special_float(const char *text, double *ret_value)
{
    static const char *const nans[] = {".nan", ".NaN", ".NAN"};
    static const char *const infinities[] = {".inf", ".Inf", ".INF"};
    bool negative = text[0] == '-';

    if (one_of(text, nans, COUNT_OF(nans))) {
        *ret_value = (double)NAN;
        return true;
    }
    if (!one_of(text + (negative || text[0] == '+' ? 1 : 0), infinities, COUNT_OF(infinities)))
        return false;
    *ret_value = negative ? -(double)INFINITY : (double)INFINITY;
    return true;
}

static const char *without_underscores(struct arena *arena, const char *text)
{
    char *made, *end;

    if (!strchr(text, '_'))
        return text;
    made = end = arena_alloc(arena, strlen(text) + 1);
    for (; *text; text++)
        if (*text != '_')
            *end++ = *text;
    return made;
}

/* Decimal, 0x, 0b, 0o, and a leading 0 for octal, with an optional sign. */
static bool parse_integer(const char *text, bool *ret_negative, uint64_t *ret_size)
{
    bool negative = text[0] == '-';
    unsigned base = 10;
    uint64_t size;

    if (text[0] == '-' || text[0] == '+')
        text++;
    if (text[0] == '0' && text[1]) {
        char mark = (char)(text[1] | 0x20);

        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        text += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    if (!number_parse_digits(text, strlen(text), base, &size) ||
        (negative && size > (uint64_t)INT64_MAX + 1))
        return false;
    *ret_negative = negative;
    *ret_size = size;
    return true;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* [-+]?(\.digits | digits[.digits*])([eE][-+]?digits)? */
static bool is_float_form(const char *text)
{
    size_t whole, fraction = 0;

    if (text[0] == '-' || text[0] == '+')
        text++;
    whole = digits(text);
    text += whole;
    if (*text == '.') {
        fraction = digits(++text);
        text += fraction;
    }
    if (whole == 0 && fraction == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        if (digits(text) == 0)
            return false;
        text += digits(text);
    }
    return *text == '\0';
}

static bool parse_float(const char *text, double *ret_value)
{
    return is_float_form(text) && number_parse_double(text, ret_value);
}

static void set_int(struct spec_node *node, int64_t value)
{
    node->kind = SPEC_INT;
    node->integer = value;
}

static void set_integer(struct spec_node *node, bool negative, uint64_t size)
{
    if (negative || size <= INT64_MAX) {
        set_int(node, negative ? (int64_t)(0 - size) : (int64_t)size);
        return;
    }
    node->kind = SPEC_FLOAT;
    node->number = (double)size;
    node->huge = size;
}

static void set_float(struct spec_node *node, double value)
{
    node->kind = SPEC_FLOAT;
    node->number = value;
    node->huge = 0;
}

static void set_string(struct spec_node *node, const char *text, size_t length)
{
    node->kind = SPEC_STRING;
    node->string.bytes = text;
    node->string.length = length;
}

static bool resolve_number(struct arena *arena, const char *text, struct spec_node *node)
{
    const char *plain = without_underscores(arena, text);
    bool negative;
    uint64_t size;
    double number;

    if (strcmp(plain, "-0") == 0)
        set_float(node, -0.0);
    else if (text[0] != '.' && parse_integer(plain, &negative, &size))
        set_integer(node, negative, size);
    else if (parse_float(text[0] == '.' ? text : plain, &number))
        set_float(node, number);
    else
        return false;
    return true;
}

struct instant {
    unsigned year, month, day, hour, minute, second;
    const char *fraction; /* digits, `fraction_length` of them */
    size_t fraction_length;
    int zone_minutes;
};

/* A number of `least` to `most` digits. */
static bool take_number(const char **at, size_t least, size_t most, unsigned *ret_value)
{
    size_t length = digits(*at);
    uint64_t value;

    if (length < least || length > most || !number_parse_digits(*at, length, 10, &value))
        return false;
    *at += length;
    *ret_value = (unsigned)value;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct instant *ret_instant)
{
    return take_number(at, 4, 4, &ret_instant->year) && take_char(at, '-') &&
           take_number(at, 1, 2, &ret_instant->month) && take_char(at, '-') &&
           take_number(at, 1, 2, &ret_instant->day) && ret_instant->month >= 1 &&
           ret_instant->month <= 12 && ret_instant->day >= 1 && ret_instant->day <= 31;
}

static bool take_clock(const char **at, struct instant *ret_instant)
{
    if (!take_number(at, 1, 2, &ret_instant->hour) || !take_char(at, ':') ||
        !take_number(at, 1, 2, &ret_instant->minute) || !take_char(at, ':') ||
        !take_number(at, 1, 2, &ret_instant->second))
        return false;
    if (**at == '.') {
        ret_instant->fraction = *at + 1;
        ret_instant->fraction_length = digits(*at + 1);
        if (ret_instant->fraction_length == 0)
            return false;
        *at += 1 + ret_instant->fraction_length;
    }
    return ret_instant->hour < 24 && ret_instant->minute < 60 && ret_instant->second < 60;
}

static bool take_zone(const char **at, struct instant *ret_instant)
{
    bool negative = **at == '-';
    unsigned hours, minutes;

    if (take_char(at, 'Z'))
        return true;
    if (!take_char(at, negative ? '-' : '+') || !take_number(at, 2, 2, &hours) || !take_char(at, ':') ||
        !take_number(at, 2, 2, &minutes))
        return false;
    ret_instant->zone_minutes = (int)(hours * 60 + minutes) * (negative ? -1 : 1);
    return true;
}

/* Plain dates and times are instants to the reference, which prints them in this form of its own. */
static bool resolve_instant(struct arena *arena, const char *text, struct spec_node *node)
{
    struct instant instant = {0};
    const char *at = text, *made;
    char zone[16] = "+0000 UTC";
    bool has_clock;

    if (digits(text) != 4 || !take_date(&at, &instant))
        return false;
    has_clock = *at == 'T' || *at == 't' || *at == ' ';
    if (has_clock) {
        bool zoned = *at++ != ' ';

        if (!take_clock(&at, &instant) || (zoned && !take_zone(&at, &instant)))
            return false;
    }
    if (*at != '\0')
        return false;
    while (instant.fraction_length > 0 && instant.fraction[instant.fraction_length - 1] == '0')
        instant.fraction_length--;
    if (instant.zone_minutes != 0) {
        int size = instant.zone_minutes < 0 ? -instant.zone_minutes : instant.zone_minutes;
        const char *offset = arena_printf(arena, "%c%02d%02d", instant.zone_minutes < 0 ? '-' : '+',
                                          size / 60 % 100, size % 60);

        memcpy(mempcpy(mempcpy(zone, offset, 5), " ", 1), offset, 6);
    }
    made = arena_printf(arena, "%04u-%02u-%02u %02u:%02u:%02u%s%.*s %s", instant.year, instant.month,
                        instant.day, instant.hour, instant.minute, instant.second,
                        instant.fraction_length ? "." : "", (int)instant.fraction_length,
                        instant.fraction ? instant.fraction : "", zone);
    set_string(node, made, strlen(made));
    return true;
}

static void resolve_plain(struct arena *arena, const struct spec_scalar *scalar, struct spec_node *node)
{
    const char *text = scalar->text;
    double number;

    if (is_null(text)) {
        node->kind = SPEC_NULL;
    } else if (is_true(text) || is_false(text)) {
        node->kind = SPEC_BOOL;
        node->boolean = is_true(text);
    } else if (special_float(text, &number)) {
        set_float(node, number);
    } else if (strlen(text) != scalar->length || !memchr("+-.0123456789", text[0], 13) ||
               (!resolve_instant(arena, text, node) && !resolve_number(arena, text, node))) {
        set_string(node, text, scalar->length);
    }
}

static bool decode_base64(struct arena *arena, const struct spec_scalar *scalar, struct spec_node *node)
{
    char *packed = arena_alloc(arena, scalar->length + 1), *end = packed;
    unsigned char *bytes = arena_alloc(arena, scalar->length + 4);
    int length;

    for (size_t i = 0; i < scalar->length; i++)
        if (!memchr(" \t\r\n", scalar->text[i], 4))
            *end++ = scalar->text[i];
    length = EVP_DecodeBlock(bytes, (const unsigned char *)packed, (int)(end - packed));
    if (length < 0)
        return false;
    while (end > packed && end[-1] == '=' && length > 0) {
        length--;
        end--;
    }
    bytes[length] = '\0';
    set_string(node, (const char *)bytes, (size_t)length);
    return true;
}

/* The value of a scalar whose tag says what it must be. */
static bool resolve_tagged(struct arena *arena, const struct spec_scalar *scalar, const char *name,
                           struct spec_node *node)
{
    int64_t integer;
    double number;

    if (strcmp(name, "str") == 0) {
        set_string(node, scalar->text, scalar->length);
        return true;
    }
    if (strcmp(name, "binary") == 0)
        return decode_base64(arena, scalar, node);
    resolve_plain(arena, scalar, node);
    if (strcmp(name, "null") == 0)
        return node->kind == SPEC_NULL;
    if (strcmp(name, "bool") == 0)
        return node->kind == SPEC_BOOL;
    if (strcmp(name, "int") == 0) {
        if (node->kind == SPEC_FLOAT && node->number >= -9e15 && node->number <= 9e15) {
            integer = (int64_t)node->number;
            set_int(node, integer);
        }
        return node->kind == SPEC_INT;
    }
    if (strcmp(name, "float") == 0) {
        if (node->kind == SPEC_INT) {
            number = (double)node->integer;
            set_float(node, number);
        }
        return node->kind == SPEC_FLOAT;
    }
    return true; /* timestamp and the rest: as if it were not there */
}

bool spec_scalar_resolve(struct arena *arena, const struct spec_scalar *scalar, struct spec_node *node,
                         struct error *err)
{
    const char *tag = scalar->tag;

    node->quoted = scalar->quoted;
    if (tag && text_starts_with(tag, CORE_TAG)) {
        const char *name = tag + strlen(CORE_TAG);

        return resolve_tagged(arena, scalar, name, node) ||
               error_set_at(err, ERROR_INPUT, spec_node_place(node), "cannot decode \"%s\" as a !!%s",
                            scalar->text, name);
    }
    /* A tag of the file's own leaves the text a string. */
    if (tag || scalar->quoted)
        set_string(node, scalar->text, scalar->length);
    else
        resolve_plain(arena, scalar, node);
    return true;
}
