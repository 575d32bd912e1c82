/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/remedy.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/span.h"
#include "spec/base/suggest.h"
#include "spec/base/utf8.h"
#include "spec/tree.h"

/* Characters that look like plain ones. */
static const struct {
    const char *bytes, *name, *plain;
} look_alikes[] = {
    {"\xc2\xa0", "a no-break space", "a space"},
    {"\xe3\x80\x80", "a wide space", "a space"},
    {"\xe2\x80\x8b", "an invisible space", "nothing"},
    {"\xe2\x80\x93", "a dash", "-"},
    {"\xe2\x80\x94", "a dash", "-"},
    {"\xe2\x80\x9c", "a typographic quote", "\""},
    {"\xe2\x80\x9d", "a typographic quote", "\""},
    {"\xe2\x80\x9e", "a typographic quote", "\""},
    {"\xe2\x80\x98", "a typographic quote", "'"},
    {"\xe2\x80\x99", "a typographic quote", "'"},
    {"\xef\xbc\x9a", "a wide colon", ":"},
};

const char *spec_remedy_for_text(struct arena *arena, const char *text)
{
    for (size_t i = 0; i < COUNT_OF(look_alikes); i++) {
        const char *at = strstr(text, look_alikes[i].bytes);
        uint32_t code = 0;

        if (at && utf8_decode(at, strlen(at), &code) > 0)
            return arena_printf(arena, "there is %s (U+%04X): write %s", look_alikes[i].name,
                                (unsigned)code, look_alikes[i].plain);
    }
    return NULL;
}

static bool is_named(const struct spec_path *path, const char *key)
{
    return path && path->key && strcmp(path->key, key) == 0;
}

/* "image:busybox" below a service, whose colon wants a space; not "web: busybox:1". */
static bool begins_attribute(struct arena *arena, const char *text, const char *colon)
{
    return colon &&
           spec_type_field(&spec_type_service, arena_strndup(arena, text, (size_t)(colon - text)));
}

static const char *for_text(struct arena *arena, const struct spec_node *node, unsigned accept,
                            const struct spec_path *path)
{
    const char *text = node->string.bytes, *colon = strchr(text, ':'), *equals = strchr(text, '=');
    const char *hint = spec_remedy_for_text(arena, text);

    if (hint || node->interpolated) /* a value that came from elsewhere may be a secret */
        return hint;
    if (node->quoted)
        return accept & A_LIST
                   ? "write a list: each item on a line of its own, behind a dash and a space"
                   : NULL;
    if (accept & A_MAP && equals)
        return arena_printf(arena, "write %.*s: %.*s", (int)(equals - text), text,
                            (int)strcspn(equals + 1, " \n"), equals + 1);
    if (accept & A_LIST && text[0] == '-')
        return arena_printf(arena, "put a space after the dash: - %.*s",
                            (int)strcspn(text + 1, " \n"), text + 1);
    if (accept & A_LIST)
        return "write a list: each item on a line of its own, behind a dash and a space";
    if (is_named(path, "healthcheck"))
        return arena_printf(arena, "the command is an attribute of its own: test: %s", text);
    if (is_named(path ? path->parent : NULL, "depends_on"))
        return arena_printf(arena, "write %s: {condition: %s}", path->key, text);
    if (is_named(path ? path->parent : NULL, "services") && !begins_attribute(arena, text, colon))
        return arena_printf(arena, "an image is an attribute of its own: image: %s", text);
    if (accept & A_MAP && colon && colon[1])
        return arena_printf(arena, "put a space after the colon: %.*s: %.*s", (int)(colon - text),
                            text, (int)strcspn(colon + 1, " \n"), colon + 1);
    return NULL;
}

const char *spec_remedy_for_kind(struct arena *arena, const struct spec_node *node, unsigned accept,
                                 const struct spec_path *path)
{
    if (is_named(path ? path->parent : NULL, "depends_on") && node->kind == SPEC_NULL)
        return arena_printf(arena, "say what to wait for: %s: {condition: service_started}",
                            path->key);
    if (is_named(path ? path->parent : NULL, "depends_on") && node->kind == SPEC_MAP && !path->key)
        return "with conditions the services are keys: write them without the dashes";
    if (node->kind == SPEC_NULL && accept & (A_LIST | A_MAP))
        return "nothing is below it: indent what belongs to it further than the key, or remove the "
               "key";
    if (node->kind == SPEC_NULL)
        return "give it a value, or remove the key";
    if (node->kind == SPEC_LIST && !(accept & (A_LIST | A_MAP)))
        return "write one value instead of a list";
    if (node->kind == SPEC_STRING)
        return for_text(arena, node, accept, path);
    if (node->kind == SPEC_LIST && accept & A_MAP && !(accept & A_LIST))
        return "write its members as keys, without the dashes";
    if (node->kind == SPEC_MAP && accept & A_LIST && !(accept & A_MAP))
        return "write a list: each item on a line of its own, behind a dash and a space";
    if (node->kind == SPEC_MAP && accept & A_STRING)
        return "write it as one text, or put it in quotes if it has a colon followed by a space";
    if ((node->kind == SPEC_INT || node->kind == SPEC_FLOAT || node->kind == SPEC_BOOL) &&
        accept & A_STRING)
        return "put it in quotes";
    if ((node->kind == SPEC_INT || node->kind == SPEC_FLOAT) && accept & A_LIST)
        return "write a list: each item on a line of its own, behind a dash and a space";
    return NULL;
}

/* What the attribute is called elsewhere: by docker run, in Dockerfiles, by other orchestrators. */
static const struct {
    const struct spec_type *type;
    const char *typed, *meant;
} others[] = {
    {&spec_type_service, "env", "environment"},
    {&spec_type_service, "cmd", "command"},
    {&spec_type_service, "args", "command"},
    {&spec_type_service, "memory", "mem_limit"},
    {&spec_type_service, "name", "container_name"},
    {&spec_type_service, "net", "network_mode"},
    {&spec_type_service, "workdir", "working_dir"},
    {&spec_type_service, "replicas", "scale"},
    {&spec_type_healthcheck, "cmd", "test"},
    {&spec_type_healthcheck, "command", "test"},
    {&spec_type_mount, "src", "source"},
    {&spec_type_mount, "dst", "target"},
    {&spec_type_mount, "destination", "target"},
    {&spec_type_mount, "readonly", "read_only"},
    {&spec_type_port, "container_port", "target"},
    {&spec_type_port, "host_port", "published"},
};

/* The way to an attribute of this name further down: "deploy.resources.limits". */
static const char *way_to(struct arena *arena, const struct spec_type *type, const char *name,
                          unsigned depth)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const char *below;

        if (field->kind != SPEC_KIND_STRUCT)
            continue;
        if (spec_type_field(field->sub, name))
            return field->name;
        below = depth > 0 ? way_to(arena, field->sub, name, depth - 1) : NULL;
        if (below)
            return arena_printf(arena, "%s.%s", field->name, below);
    }
    return NULL;
}

/* Something that has attributes of services: it stands at the wrong level. */
static bool is_service(const struct spec_node *node)
{
    return spec_node_get(node, "image") || spec_node_get(node, "build");
}

const char *spec_remedy_for_name(struct arena *arena, const struct spec_member *member,
                                 const struct spec_type *type)
{
    struct suggestion near = suggestion_for(member->key);
    const char *hint = spec_remedy_for_text(arena, member->key);

    if (hint)
        return hint;
    if (!type)
        return "names consist of letters, digits, dots, dashes and underscores";
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (others[i].type == type && strcmp(others[i].typed, member->key) == 0)
            return arena_printf(arena, "did you mean \"%s\"?", others[i].meant);
    if (type == &spec_type_project && is_service(member->value))
        return "services stand below `services:`, indented";
    for (size_t i = 0; i < type->count; i++)
        suggestion_consider(&near, type->fields[i].name);
    if (near.best)
        return arena_printf(arena, "did you mean \"%s\"?", near.best);
    if (type == &spec_type_project && spec_type_field(&spec_type_service, member->key))
        return "it is an attribute of services: indent it below one";
    if (type == &spec_type_service && spec_type_field(&spec_type_project, member->key))
        return "it belongs to the top level: write it without indentation";
    hint = way_to(arena, type, member->key, 2);
    if (hint)
        return arena_printf(arena, "it belongs below %s", hint);
    return type == &spec_type_project ? "a key of your own begins with x-" : NULL;
}

const char *spec_remedy_for_value(struct arena *arena, const struct spec_node *node,
                                  enum spec_kind kind)
{
    const char *text = spec_node_text(node),
               *hint = text ? spec_remedy_for_text(arena, text) : NULL;

    if (hint)
        return hint;
    switch (kind) {
    case SPEC_KIND_DURATION:
    case SPEC_KIND_OPT_DURATION:
        return "write numbers with units and no spaces, as 10s, 1m30s or 500ms";
    case SPEC_KIND_BYTES:
        return "write a number with one of the units b, k, m or g, as 512m";
    case SPEC_KIND_BOOL:
    case SPEC_KIND_OPT_BOOL:
        return "write true or false";
    case SPEC_KIND_INT:
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_FLOAT32:
    case SPEC_KIND_COUNT:
        return text && strcmp(text, "unlimited") == 0 ? "write -1 for no limit" : "write a number";
    case SPEC_KIND_STRING:
    case SPEC_KIND_FILE_MODE:
    case SPEC_KIND_STRINGS:
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_HOSTS:
    case SPEC_KIND_SSH:
    case SPEC_KIND_MULTI_OPTIONS:
    case SPEC_KIND_STRUCT:
    case SPEC_KIND_LIST:
    case SPEC_KIND_MAP:
        break;
    }
    return NULL;
}

/* Patterns are alternatives, most of them plain words. */
const char *spec_remedy_for_pattern(struct arena *arena, const char *text, const char *pattern)
{
    struct suggestion near = suggestion_for(text);

    if (strlen(text) == 1 && !strchr(pattern, '|'))
        return "write two characters or more";
    for (const char *at = pattern; *at; at += strcspn(at, "|"), at += *at == '|')
        suggestion_consider(&near, arena_strndup(arena, at, strcspn(at, "|")));
    return near.best ? arena_printf(arena, "did you mean \"%s\"?", near.best) : NULL;
}

const char *spec_remedy_for_ports(struct arena *arena, const struct spec_node *item)
{
    const char *text = spec_node_text(item),
               *hint = text ? spec_remedy_for_text(arena, text) : NULL;

    if (!hint && text && strchr(text, '/'))
        hint = "the protocol behind the slash is tcp, udp or sctp";
    return hint ? hint
                : "write \"HOST:CONTAINER\" with numbers from 1 to 65535, or "
                  "\"ADDRESS:HOST:CONTAINER\" with an IP "
                  "address";
}

const char *spec_remedy_for_pair(struct arena *arena, const struct spec_node *node,
                                 const char *separator)
{
    const char *value;

    if (node->kind != SPEC_MAP || node->map.count != 1)
        return NULL;
    value = node->map.items[0].value->interpolated
                ? "..." /* what came from elsewhere may be a secret */
                : spec_node_scalar_text(arena, node->map.items[0].value);
    return value ? arena_printf(arena, "write it as one text: %s%s%s", node->map.items[0].key,
                                separator, value)
                 : NULL;
}
