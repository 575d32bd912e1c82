/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/reconcile/explain_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/instant.h"
#include "engine_client/json_find.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/duration.h"
#include "spec/base/number.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

enum { NANO_DIGITS = 9 };

static int compare_members(const void *left, const void *right)
{
    const struct engine_json_member *a = left, *b = right;

    return strcmp(a->key, b->key);
}

static bool says_nothing(struct span value)
{
    static const char *const nothing[] = {"null", "0", "false", "\"\""};

    for (size_t i = 0; i < COUNT_OF(nothing); i++)
        if (span_equals(value, nothing[i]))
            return true;
    return !value.bytes;
}

static const char *nested(struct arena *arena, struct span value)
{
    return *value.bytes == '"' ? arena_printf(arena, "\"%s\"", engine_json_text(arena, value))
                               : explain_canonical(arena, value);
}

/* Older engines do not tell whether a missing path of the host is made: no reason to believe that it differs. */
static bool is_untold(const char *key)
{
    return strcmp(key, "CreateMountpoint") == 0;
}

static const char *canonical_object(struct arena *arena, struct span value)
{
    struct engine_json_member *members = NULL;
    size_t count = engine_json_members(arena, value, &members);
    struct strings list = {0};

    if (count > 1)
        qsort(members, count, sizeof(*members), compare_members);
    for (size_t i = 0; i < count; i++) {
        const char *text = is_untold(members[i].key) || says_nothing(members[i].value)
                               ? ""
                               : nested(arena, members[i].value);

        if (*text)
            strings_add(&list, arena, arena_printf(arena, "\"%s\":%s", members[i].key, text));
    }
    return list.count > 0 ? arena_printf(arena, "{%s}", strings_join(&list, arena, ",")) : "";
}

static const char *canonical_list(struct arena *arena, struct span value)
{
    struct engine_json_member *members = NULL;
    size_t count = engine_json_members(arena, value, &members);
    struct strings list = {0};

    for (size_t i = 0; i < count; i++) {
        const char *text = nested(arena, members[i].value);

        strings_add(&list, arena, *text ? text : engine_json_text(arena, members[i].value));
    }
    return list.count > 0 ? arena_printf(arena, "[%s]", strings_join(&list, arena, ",")) : "";
}

const char *explain_canonical(struct arena *arena, struct span value)
{
    if (says_nothing(value))
        return "";
    if (*value.bytes == '{')
        return canonical_object(arena, value);
    if (*value.bytes == '[')
        return canonical_list(arena, value);
    return engine_json_text(arena, value);
}

static const char *member(struct arena *arena, struct span object, const char *key)
{
    return engine_json_text(arena, engine_json_find(object, key));
}

/* -- Short forms -- */

static const char *restart_text(struct arena *arena, struct span policy)
{
    const char *name = member(arena, policy, "Name");
    const char *most = explain_canonical(arena, engine_json_find(policy, "MaximumRetryCount"));

    if (!*name || strcmp(name, "no") == 0)
        return ""; /* what an absent one means */
    return *most ? arena_printf(arena, "%s:%s", name, most) : name;
}

static const char *bytes_text(struct arena *arena, const char *digits)
{
    static const char units[] = {'g', 'm', 'k'};
    int64_t bytes, unit = INT64_C(1) << 30;

    if (!number_parse_int64(digits, &bytes) || bytes <= 0)
        return digits;
    for (size_t i = 0; i < COUNT_OF(units); i++, unit >>= 10)
        if (bytes % unit == 0)
            return arena_printf(arena, "%" PRId64 "%c", bytes / unit, units[i]);
    return digits;
}

static const char *duration_text(struct arena *arena, const char *digits, int64_t unit_ns)
{
    struct text out;
    const char *copy = digits;
    int64_t count;

    if (!number_parse_int64(digits, &count))
        return digits;
    text_init(&out, 0);
    duration_format(&out, count * unit_ns);
    copy = arena_strdup(arena, out.bytes);
    text_finish(&out);
    return copy;
}

static const char *cpus_text(struct arena *arena, const char *digits)
{
    int64_t nano;
    char *text;
    size_t length;

    if (!number_parse_int64(digits, &nano) || nano < 0)
        return digits;
    text = arena_printf(arena, "%" PRId64 ".%0*" PRId64, nano / NS_PER_SECOND, NANO_DIGITS,
                        nano % NS_PER_SECOND);
    for (length = strlen(text); text[length - 1] == '0'; length--)
        text[length - 1] = '\0';
    if (text[length - 1] == '.')
        text[length - 1] = '\0';
    return text;
}

static const char *ulimit_text(struct arena *arena, struct span limit)
{
    const char *soft = member(arena, limit, "Soft"), *hard = member(arena, limit, "Hard");

    return strcmp(soft, hard) == 0
               ? arena_printf(arena, "%s: %s", member(arena, limit, "Name"), soft)
               : arena_printf(arena, "%s: {soft: %s, hard: %s}", member(arena, limit, "Name"), soft,
                              hard);
}

static const char *device_text(struct arena *arena, struct span device)
{
    return arena_printf(arena, "%s:%s:%s", member(arena, device, "PathOnHost"),
                        member(arena, device, "PathInContainer"),
                        member(arena, device, "CgroupPermissions"));
}

/* Elements in order of their texts: the order says nothing here. */
static const char *list_text(struct arena *arena, struct span list,
                             const char *(*text)(struct arena *arena, struct span item))
{
    struct engine_json_member *items = NULL;
    size_t count = engine_json_members(arena, list, &items);
    struct strings texts = {0};

    for (size_t i = 0; i < count; i++)
        strings_add(&texts, arena, text(arena, items[i].value));
    strings_sort(&texts);
    return strings_join(&texts, arena, ", ");
}

/* "127.0.0.1:8080:80/tcp"; tcp goes without saying. */
static const char *ports_text(struct arena *arena, struct span bindings)
{
    struct engine_json_member *ports = NULL, *hosts = NULL;
    size_t count = engine_json_members(arena, bindings, &ports);
    struct strings texts = {0};

    for (size_t i = 0; i < count; i++) {
        size_t host_count = engine_json_members(arena, ports[i].value, &hosts),
               length = strlen(ports[i].key);
        bool tcp = length > 4 && strcmp(ports[i].key + length - 4, "/tcp") == 0;
        const char *port = tcp ? arena_strndup(arena, ports[i].key, length - 4) : ports[i].key;

        for (size_t j = 0; j < host_count; j++) {
            const char *ip = member(arena, hosts[j].value, "HostIp");
            const char *host = member(arena, hosts[j].value, "HostPort");

            host = strcmp(host, "0") == 0 ? "" : host;
            strings_add(&texts, arena,
                        arena_printf(arena, "%s%s%s%s%s", ip, *ip ? ":" : "", host,
                                     *ip || *host ? ":" : "", port));
        }
    }
    strings_sort(&texts);
    return strings_join(&texts, arena, ", ");
}

const char *explain_written(struct arena *arena, const struct spec_field *field, struct span value)
{
    const char *text = explain_canonical(arena, value);

    if (!*text)
        return text;
    if (strcmp(field->engine, "H.RestartPolicy") == 0)
        return restart_text(arena, value);
    if (strcmp(field->engine, "H.PortBindings") == 0)
        return ports_text(arena, value);
    if (strcmp(field->engine, "H.Ulimits") == 0)
        return list_text(arena, value, ulimit_text);
    if (strcmp(field->engine, "H.Devices") == 0)
        return list_text(arena, value, device_text);
    if (strcmp(field->engine, "H.NanoCpus") == 0)
        return cpus_text(arena, text);
    if (strcmp(field->engine, "C.StopTimeout") == 0)
        return duration_text(arena, text, NS_PER_SECOND);
    if (field->kind == SPEC_KIND_OPT_DURATION)
        return duration_text(arena, text, 1);
    return field->kind == SPEC_KIND_BYTES && strcmp(field->engine, "H.MemorySwappiness") != 0
               ? bytes_text(arena, text)
               : text;
}
