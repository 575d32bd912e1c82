/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/json_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/instant.h"
#include "spec/base/text.h"

#define INT64_BOUND 9223372036854774784.0 /* the largest double below 2^63 */

enum { SHOWN_BYTES = 40 };

/* What came instead, as far as it helps to know who answered. */
static void tell_begin(struct span text, const char *what, struct error *err)
{
    size_t length = text.length < SHOWN_BYTES ? text.length : SHOWN_BYTES;
    struct text begin;

    text_init(&begin, 0);
    text_add_printable(&begin, text.bytes, length);
    if (length == 0)
        (void)error_set(err, ERROR_ENGINE, "the engine's %s is empty", what);
    else
        (void)error_set(err, ERROR_ENGINE, "the engine's %s is not JSON: it begins with %s", what,
                        begin.bytes);
    (void)error_hint(
        err, "`--debug` shows the request; a proxy may stand in between, or the answer was cut");
    text_finish(&begin);
}

cJSON *json_read_tree(struct span text, bool list, const char *what, struct error *err)
{
    cJSON *tree = cJSON_ParseWithLength(text.bytes, text.length);

    if (!tree) {
        tell_begin(text, what, err);
        return NULL;
    }
    if (list ? !cJSON_IsArray(tree) && !cJSON_IsNull(tree) : !cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        (void)error_set(err, ERROR_ENGINE, "the engine's %s is not %s", what,
                        list ? "a list" : "an object");
        return NULL;
    }
    return tree;
}

void json_read_finish(cJSON **tree)
{
    cJSON_Delete(*tree);
}

const cJSON *json_read_member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const cJSON *json_read_path(const cJSON *object, const char *path)
{
    while (object && *path) {
        size_t length = strcspn(path, ".");
        const cJSON *member = cJSON_IsObject(object) ? object->child : NULL;

        while (member &&
               !(strlen(member->string) == length && memcmp(member->string, path, length) == 0))
            member = member->next;
        object = member;
        path += length + (path[length] == '.');
    }
    return object;
}

const char *json_peek_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(json_read_member(object, key));
}

const char *json_read_text(struct arena *arena, const cJSON *object, const char *key)
{
    const char *value = json_peek_text(object, key);

    return value && *value ? arena_strdup(arena, value) : "";
}

/* Clamped. */
static int64_t to_int64(double number)
{
    if (isnan(number))
        return 0;
    if (number >= INT64_BOUND)
        return INT64_MAX;
    if (number <= -INT64_BOUND)
        return INT64_MIN;
    return (int64_t)number;
}

int64_t json_read_int(const cJSON *object, const char *key)
{
    const cJSON *member = json_read_member(object, key);

    return cJSON_IsNumber(member) ? to_int64(member->valuedouble) : 0;
}

bool json_read_bool(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(json_read_member(object, key));
}

int64_t json_read_instant(const cJSON *object, const char *key)
{
    return instant_or_never(json_peek_text(object, key));
}

int64_t json_read_seconds(const cJSON *object, const char *key)
{
    int64_t seconds = json_read_int(object, key);

    return seconds > 0 && seconds < INT64_MAX / NS_PER_SECOND ? seconds * NS_PER_SECOND : 0;
}

struct strings json_read_strings(struct arena *arena, const cJSON *list)
{
    struct strings strings = {0};
    const cJSON *item;

    if (cJSON_IsString(list))
        strings_add_copy(&strings, arena, list->valuestring);
    if (!cJSON_IsArray(list))
        return strings;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item))
        strings_add_copy(&strings, arena, item->valuestring);
    return strings;
}

struct strings json_read_keys(struct arena *arena, const cJSON *object)
{
    struct strings strings = {0};
    const cJSON *member;

    if (!cJSON_IsObject(object))
        return strings;
    cJSON_ArrayForEach(member, object) strings_add_copy(&strings, arena, member->string);
    strings_sort(&strings);
    return strings;
}

static const char *value_text(struct arena *arena, const cJSON *value)
{
    char *printed;
    const char *kept;

    if (cJSON_IsString(value))
        return arena_strdup(arena, value->valuestring);
    if (cJSON_IsNull(value))
        return "";
    printed = cJSON_PrintUnformatted(value);
    kept = arena_strdup(arena, printed ? printed : "");
    free(printed);
    return kept;
}

struct pairs json_read_pairs(struct arena *arena, const cJSON *object)
{
    struct pairs pairs = {0};
    const cJSON *member;

    if (!cJSON_IsObject(object))
        return pairs;
    cJSON_ArrayForEach(member, object)
        pairs_add(&pairs, arena, arena_strdup(arena, member->string), value_text(arena, member));
    pairs_sort(&pairs);
    return pairs;
}

size_t json_read_count(const cJSON *list)
{
    int count = cJSON_GetArraySize(list);

    return count > 0 ? (size_t)count : 0;
}

struct span json_read_raw(struct arena *arena, struct span text)
{
    return (struct span){arena_strndup(arena, text.bytes, text.length), text.length};
}

struct span json_read_element(struct arena *arena, const cJSON *element)
{
    char *printed = cJSON_PrintUnformatted(element);
    struct span raw;

    if (!printed)
        fatal("out of memory");
    raw = json_read_raw(arena, span_of(printed));
    free(printed);
    return raw;
}
