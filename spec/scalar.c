/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/scalar.h"

#include <openssl/evp.h>
#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/yaml_resolve.h"

#define CORE_TAG "tag:yaml.org,2002:"

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static void set_int(struct spec_node *node, int64_t value)
{
    node->kind = SPEC_INT;
    node->integer = value;
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

/* The number at `*at`, which is moved behind it and the one character that follows. */
static unsigned take_number(const char **at)
{
    size_t length = digits(*at);
    uint64_t value;

    if (!number_parse_digits(*at, length, 10, &value))
        value = 0;
    *at += length + ((*at)[length] != '\0');
    return (unsigned)value;
}

/* "+0100 +0100" for "+01:00"; for none, Z and zero the name of the zone. */
static const char *zone_text(struct arena *arena, const char *zone)
{
    const char *at = zone + 1;
    unsigned hours, minutes;

    if (zone[0] != '+' && zone[0] != '-')
        return "+0000 UTC";
    hours = take_number(&at);
    minutes = take_number(&at);
    if (hours == 0 && minutes == 0)
        return "+0000 UTC";
    hours += minutes / 60;
    minutes %= 60;
    return arena_printf(arena, "%c%02u%02u %c%02u%02u", zone[0], hours, minutes, zone[0], hours,
                        minutes);
}

/* Plain dates and times, known to be well formed, are instants to the reference, which prints them in its own form. */
static void set_instant(struct arena *arena, const char *text, struct spec_node *node)
{
    const char *at = text, *fraction = "", *made;
    unsigned year = take_number(&at), month = take_number(&at), day = take_number(&at);
    unsigned hour = 0, minute = 0, second = 0;
    size_t length = 0;

    if (*at) {
        hour = take_number(&at);
        minute = take_number(&at);
        second = take_number(&at);
        if (at[-1] == '.' || at[-1] == ',') {
            fraction = at;
            length = digits(at);
            at += length;
        } else if (*at) {
            at--; /* back to the sign of the zone */
        }
        while (length > 0 && fraction[length - 1] == '0')
            length--;
    }
    made = arena_printf(arena, "%04u-%02u-%02u %02u:%02u:%02u%s%.*s %s", year, month, day, hour,
                        minute, second, length > 0 ? "." : "", (int)length, fraction,
                        zone_text(arena, at));
    set_string(node, made, strlen(made));
}

static void resolve_plain(struct arena *arena, const struct spec_scalar *scalar,
                          struct spec_node *node)
{
    struct yaml_value value;

    switch (yaml_resolve(scalar->text, scalar->length, &value)) {
    case YAML_MEANS_NULL:
        node->kind = SPEC_NULL;
        break;
    case YAML_MEANS_BOOL:
        node->kind = SPEC_BOOL;
        node->boolean = value.boolean;
        break;
    case YAML_MEANS_INT:
        if (value.huge) {
            set_float(node, value.number);
            node->huge = value.huge;
        } else {
            set_int(node, value.integer);
        }
        break;
    case YAML_MEANS_FLOAT:
        set_float(node, value.number);
        break;
    case YAML_MEANS_TIMESTAMP:
        set_instant(arena, scalar->text, node);
        break;
    case YAML_MEANS_TEXT:
    case YAML_MEANS_MERGE:
        set_string(node, scalar->text, scalar->length);
        break;
    }
}

static bool decode_base64(struct arena *arena, const struct spec_scalar *scalar,
                          struct spec_node *node)
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
        return node->kind == SPEC_INT || (node->kind == SPEC_FLOAT && node->huge);
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

bool spec_scalar_resolve(struct arena *arena, const struct spec_scalar *scalar,
                         struct spec_node *node, struct error *err)
{
    const char *tag = scalar->tag;

    node->quoted = scalar->quoted;
    if (tag && text_starts_with(tag, CORE_TAG)) {
        const char *name = tag + strlen(CORE_TAG);

        return resolve_tagged(arena, scalar, name, node) ||
               error_set_at(err, ERROR_INPUT, spec_node_place(node),
                            "cannot decode \"%s\" as a !!%s", scalar->text, name);
    }
    /* A tag of the file's own leaves the text a string. */
    if (tag || scalar->quoted)
        set_string(node, scalar->text, scalar->length);
    else
        resolve_plain(arena, scalar, node);
    return true;
}
