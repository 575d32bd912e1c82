/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/json_writer.h"

#include <assert.h>
#include <inttypes.h>

#include "spec/base/number.h"
#include "spec/base/utf8.h"

void json_begin(struct json_writer *json, struct text *out, unsigned indent)
{
    *json = (struct json_writer){.out = out, .indent = indent};
}

static void new_line(struct json_writer *json)
{
    if (json->indent == 0)
        return;
    text_add_char(json->out, '\n');
    text_add_repeat(json->out, ' ', (size_t)json->indent * json->depth);
}

/* What stands between the previous value and the next one. */
static void before_value(struct json_writer *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->depth == 0)
        return;
    if (json->filled[json->depth - 1])
        text_add_char(json->out, ',');
    json->filled[json->depth - 1] = true;
    new_line(json);
}

static void open_level(struct json_writer *json, char bracket)
{
    before_value(json);
    text_add_char(json->out, bracket);
    assert(json->depth < JSON_DEEPEST);
    json->filled[json->depth++] = false;
}

static void close_level(struct json_writer *json, char bracket)
{
    bool filled;

    assert(json->depth > 0);
    filled = json->filled[--json->depth];
    if (filled)
        new_line(json);
    text_add_char(json->out, bracket);
}

void json_object_open(struct json_writer *json)
{
    open_level(json, '{');
}

void json_object_close(struct json_writer *json)
{
    close_level(json, '}');
}

void json_array_open(struct json_writer *json)
{
    open_level(json, '[');
}

void json_array_close(struct json_writer *json)
{
    close_level(json, ']');
}

static bool add_short_escape(struct text *out, uint32_t c)
{
    static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";

    for (size_t i = 0; i < sizeof(from) - 1; i++)
        if (c == (unsigned char)from[i]) {
            text_add_char(out, '\\');
            text_add_char(out, to[i]);
            return true;
        }
    return false;
}

static void add_quoted(struct json_writer *json, const char *s, size_t length)
{
    struct text *out = json->out;
    size_t at = 0, plain = 0;

    text_add_char(out, '"');
    while (at < length) {
        uint32_t c;
        size_t size = utf8_decode(s + at, length - at, &c);
        bool html = !json->raw_html && (c == '<' || c == '>' || c == '&');

        if (size > 0 && c >= 0x20 && c != '"' && c != '\\' && !html && c != 0x2028 && c != 0x2029) {
            at += size;
            continue;
        }
        text_add_bytes(out, s + plain, at - plain);
        if (size == 0)
            text_add(out, "\\ufffd");
        else if (!add_short_escape(out, c))
            text_addf(out, "\\u%04" PRIx32, c);
        at += size ? size : 1;
        plain = at;
    }
    text_add_bytes(out, s + plain, at - plain);
    text_add_char(out, '"');
}

void json_key(struct json_writer *json, const char *key)
{
    before_value(json);
    add_quoted(json, key, strlen(key));
    text_add(json->out, json->indent ? ": " : ":");
    json->after_key = true;
}

void json_string_n(struct json_writer *json, const char *s, size_t length)
{
    before_value(json);
    add_quoted(json, s, length);
}

void json_string(struct json_writer *json, const char *s)
{
    if (s)
        json_string_n(json, s, strlen(s));
    else
        json_null(json);
}

void json_raw(struct json_writer *json, const char *text, size_t length)
{
    before_value(json);
    text_add_bytes(json->out, text, length);
}

void json_null(struct json_writer *json)
{
    json_raw(json, "null", 4);
}

void json_bool(struct json_writer *json, bool value)
{
    json_raw(json, value ? "true" : "false", value ? 4 : 5);
}

void json_int(struct json_writer *json, int64_t value)
{
    before_value(json);
    text_addf(json->out, "%" PRId64, value);
}

void json_uint(struct json_writer *json, uint64_t value)
{
    before_value(json);
    text_addf(json->out, "%" PRIu64, value);
}

void json_float(struct json_writer *json, double value)
{
    before_value(json);
    number_format(json->out, value, NUMBER_JSON, false);
}

void json_float32(struct json_writer *json, float value)
{
    before_value(json);
    number_format(json->out, (double)value, NUMBER_JSON, true);
}

void json_member_string(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_string(json, value);
}

void json_member_int(struct json_writer *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

void json_member_bool(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}
