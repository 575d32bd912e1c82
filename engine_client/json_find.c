/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/json_find.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/number.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

enum { DEEPEST = 512 };

struct scan {
    const char *at, *end;
};

static const struct span nothing = {NULL, 0};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at && strchr(" \t\r\n", *scan->at))
        scan->at++;
}

static bool take(struct scan *scan, char c)
{
    skip_space(scan);
    if (scan->at >= scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* With the quotes. */
static bool skip_string(struct scan *scan)
{
    if (!take(scan, '"'))
        return false;
    for (; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end)
            scan->at++;
        else if (*scan->at == '"') {
            scan->at++;
            return true;
        }
    }
    return false;
}

/* Any value: brackets are counted, strings skipped; the engine's JSON need not be checked here. */
static bool skip_value(struct scan *scan)
{
    const char *begin;
    int depth = 0;

    skip_space(scan);
    begin = scan->at;
    while (scan->at < scan->end) {
        char c = *scan->at;

        if (c == '"') {
            if (!skip_string(scan))
                return false;
            if (depth == 0)
                return true;
            continue;
        }
        if (c == '{' || c == '[') {
            if (++depth > DEEPEST)
                return false;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                break;
            scan->at++;
            if (--depth == 0)
                return true;
            continue;
        } else if (depth == 0 && strchr(", \t\r\n", c)) {
            break;
        }
        scan->at++;
    }
    return depth == 0 && scan->at > begin;
}

static uint32_t hex4(const char *at)
{
    uint64_t code;

    return number_parse_digits(at, 4, 16, &code) ? (uint32_t)code : 0xFFFD;
}

static void add_escape(struct text *out, struct span inner, size_t *at)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = inner.bytes[*at];
    const char *found = c ? strchr(letters, c) : NULL;
    uint32_t code, low;

    (*at)++;
    if (found) {
        text_add_char(out, meanings[found - letters]);
        return;
    }
    if (c != 'u' || *at + 4 > inner.length) {
        text_add_char(out, c);
        return;
    }
    code = hex4(inner.bytes + *at);
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00 && *at + 6 <= inner.length && inner.bytes[*at] == '\\' &&
        inner.bytes[*at + 1] == 'u') {
        low = hex4(inner.bytes + *at + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            *at += 6;
        }
    }
    utf8_add(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
}

static void unescape(struct text *out, struct span quoted)
{
    struct span inner = {quoted.bytes + 1, quoted.length - 2};

    for (size_t i = 0; i < inner.length;) {
        if (inner.bytes[i] == '\\' && i + 1 < inner.length) {
            i++;
            add_escape(out, inner, &i);
        } else {
            text_add_char(out, inner.bytes[i++]);
        }
    }
}

static bool key_is(struct span quoted, struct span wanted)
{
    struct text key;
    bool same;

    if (!memchr(quoted.bytes, '\\', quoted.length))
        return quoted.length == wanted.length + 2 &&
               memcmp(quoted.bytes + 1, wanted.bytes, wanted.length) == 0;
    text_init(&key, LIMIT_MESSAGE_BYTES);
    unescape(&key, quoted);
    same = key.length == wanted.length && memcmp(key.bytes, wanted.bytes, wanted.length) == 0;
    text_finish(&key);
    return same;
}

static bool enter_object(struct scan *scan, struct span name)
{
    if (!take(scan, '{'))
        return false;
    for (;;) {
        struct span key;

        skip_space(scan);
        key.bytes = scan->at;
        if (!skip_string(scan))
            return false;
        key.length = (size_t)(scan->at - key.bytes);
        if (!take(scan, ':'))
            return false;
        if (key_is(key, name))
            return true;
        if (!skip_value(scan) || !take(scan, ','))
            return false;
    }
}

static bool enter_list(struct scan *scan, struct span name)
{
    uint64_t index;

    if (!number_parse_digits(name.bytes, name.length, 10, &index) || !take(scan, '['))
        return false;
    for (; index > 0; index--)
        if (!skip_value(scan) || !take(scan, ','))
            return false;
    return true;
}

static bool enter(struct scan *scan, struct span name)
{
    skip_space(scan);
    if (scan->at < scan->end && *scan->at == '[')
        return enter_list(scan, name);
    return enter_object(scan, name);
}

static struct span value_here(struct scan *scan)
{
    struct span value;

    skip_space(scan);
    value.bytes = scan->at;
    if (!skip_value(scan))
        return nothing;
    value.length = (size_t)(scan->at - value.bytes);
    return value;
}

struct span engine_json_find(struct span json, const char *path)
{
    struct scan scan = {json.bytes, json.bytes ? json.bytes + json.length : NULL};

    if (!json.bytes)
        return nothing;
    while (*path) {
        size_t length = strcspn(path, ".");

        if (!enter(&scan, (struct span){path, length}))
            return nothing;
        path += length + (path[length] == '.');
    }
    return value_here(&scan);
}

struct span engine_json_find_segments(struct span json, const char *const *segments, size_t count)
{
    struct scan scan = {json.bytes, json.bytes ? json.bytes + json.length : NULL};

    if (!json.bytes)
        return nothing;
    for (size_t i = 0; i < count; i++)
        if (!enter(&scan, span_of(segments[i])))
            return nothing;
    return value_here(&scan);
}

size_t engine_json_members(struct arena *arena, struct span json,
                           struct engine_json_member **ret_members)
{
    struct scan scan = {json.bytes, json.bytes ? json.bytes + json.length : NULL};
    struct engine_json_member *members = NULL;
    size_t count = 0, capacity = 0;
    bool object, more;

    if (!json.bytes || (!(object = take(&scan, '{')) && !take(&scan, '[')))
        return 0;
    do {
        struct engine_json_member member = {0};

        if (object) {
            struct span key = value_here(&scan);

            if (!key.bytes || *key.bytes != '"' || !take(&scan, ':'))
                break;
            member.key = engine_json_text(arena, key);
        }
        member.value = value_here(&scan);
        if (!member.value.bytes)
            break;
        members = arena_grow(arena, members, &capacity, count + 1, sizeof(*members));
        members[count++] = member;
        more = take(&scan, ',');
    } while (more);
    *ret_members = members;
    return count;
}

bool engine_json_find_int64(struct span json, const char *path, int64_t *ret_value)
{
    struct span value = engine_json_find(json, path);
    struct text digits;
    bool good;

    if (!value.bytes)
        return false;
    text_init(&digits, 0);
    text_add_bytes(&digits, value.bytes, value.length);
    good = number_parse_int64(digits.bytes, ret_value);
    text_finish(&digits);
    return good;
}

const char *engine_json_text(struct arena *arena, struct span value)
{
    struct text out;
    const char *kept;

    if (!value.bytes)
        return "";
    text_init(&out, 0);
    if (value.length >= 2 && *value.bytes == '"')
        unescape(&out, value);
    else
        text_add_bytes(&out, value.bytes, value.length);
    kept = arena_strndup(arena, out.bytes, out.length);
    text_finish(&out);
    return kept;
}
