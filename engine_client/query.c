/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/query.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static void add_escaped(struct text *out, const char *s, const char *also_allowed)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (is_unreserved(c) || strchr(also_allowed, c))
            text_add_char(out, *s);
        else
            text_addf(out, "%%%02X", c);
    }
}

const char *engine_path(struct arena *arena, const char *format, ...)
{
    struct text path;
    const char *kept;
    va_list args;

    va_start(args, format);
    text_init(&path, 0);
    add_escaped(&path, arena_vprintf(arena, format, args), "/:@");
    va_end(args);
    kept = arena_strdup(arena, path.bytes);
    text_finish(&path);
    return kept;
}

void engine_query_add(struct text *query, const char *key, const char *value)
{
    if (!value)
        return;
    if (query->length > 0)
        text_add_char(query, '&');
    add_escaped(query, key, "");
    text_add_char(query, '=');
    add_escaped(query, value, "/:@,");
}

void engine_query_bool(struct text *query, const char *key, bool value)
{
    if (value)
        engine_query_add(query, key, "1");
}

void engine_query_int(struct text *query, const char *key, int64_t value)
{
    struct text number;

    text_init(&number, 0);
    text_addf(&number, "%lld", (long long)value);
    engine_query_add(query, key, number.bytes);
    text_finish(&number);
}

static bool comes_earlier(const struct pairs *filters, size_t position)
{
    for (size_t i = 0; i < position; i++)
        if (strcmp(filters->items[i].key, filters->items[position].key) == 0)
            return true;
    return false;
}

/* {"label":{"a=b":true}}: the form that every engine since 1.22 understands, Podman too. */
static void write_filters(struct json_writer *json, const struct pairs *filters)
{
    json_object_open(json);
    for (size_t i = 0; i < filters->count; i++) {
        if (comes_earlier(filters, i))
            continue;
        json_key(json, filters->items[i].key);
        json_object_open(json);
        for (size_t j = i; j < filters->count; j++)
            if (strcmp(filters->items[j].key, filters->items[i].key) == 0)
                json_member_bool(json, filters->items[j].value, true);
        json_object_close(json);
    }
    json_object_close(json);
}

void engine_query_filters(struct text *query, const struct pairs *filters)
{
    struct json_writer json;
    struct text value;

    if (!filters || filters->count == 0)
        return;
    text_init(&value, 0);
    json_begin(&json, &value, 0);
    json.raw_html = true;
    write_filters(&json, filters);
    engine_query_add(query, "filters", value.bytes);
    text_finish(&value);
}

void engine_query_object(struct text *query, const char *key, const struct pairs *pairs)
{
    struct json_writer json;
    struct text value;

    if (!pairs || pairs->count == 0)
        return;
    text_init(&value, 0);
    json_begin(&json, &value, 0);
    json_object_open(&json);
    for (size_t i = 0; i < pairs->count; i++)
        json_member_string(&json, pairs->items[i].key, pairs->items[i].value);
    json_object_close(&json);
    engine_query_add(query, key, value.bytes);
    text_finish(&value);
}

void engine_query_list(struct text *query, const char *key, const struct strings *strings)
{
    struct json_writer json;
    struct text value;

    if (!strings || strings->count == 0)
        return;
    text_init(&value, 0);
    json_begin(&json, &value, 0);
    json_array_open(&json);
    for (size_t i = 0; i < strings->count; i++)
        json_string(&json, strings->items[i]);
    json_array_close(&json);
    engine_query_add(query, key, value.bytes);
    text_finish(&value);
}
