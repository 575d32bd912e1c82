/* SPDX-License-Identifier: Apache-2.0 */
/* Values that hold several: lists of text, commands, mappings in both of their forms, host names. */
#include "spec/decode_value.h"

#include <ctype.h>
#include <string.h>

#include "spec/words.h"

static bool fail_kind(struct decoder *decoder, const struct decode_path *path,
                      const struct spec_node *node, const char *wanted)
{
    return decode_fail(decoder, path, node, "expected type '%s', got unconvertible type '%s'",
                       wanted, spec_node_kind_name(node->kind));
}

/* One text, or a list of them. */
static bool decode_strings(struct decoder *decoder, const struct decode_path *path,
                           const struct spec_node *node, struct strings *list)
{
    const char *text = spec_node_scalar_text(decoder->arena, node);

    if (text) {
        strings_add(list, decoder->arena, text);
        return true;
    }
    if (node->kind != SPEC_LIST)
        return fail_kind(decoder, path, node, "[]string");
    for (size_t i = 0; i < node->list.count; i++) {
        struct decode_path step = {.up = path, .index = i};

        text = spec_node_scalar_text(decoder->arena, node->list.items[i]);
        if (!text)
            return fail_kind(decoder, &step, node->list.items[i], "string");
        strings_add(list, decoder->arena, text);
    }
    return true;
}

static bool decode_command(struct decoder *decoder, const struct decode_path *path,
                           const struct spec_node *node, struct spec_command *command)
{
    struct error cause = {.kind = ERROR_NONE};
    const char *text = spec_node_text(node);

    command->set = true;
    if (!text)
        return decode_strings(decoder, path, node, &command->words);
    if (!spec_words_split(decoder->arena, text, &command->words, &cause))
        return decode_fail_with(decoder, path, node, &cause);
    return true;
}

static bool decode_health_test(struct decoder *decoder, const struct decode_path *path,
                               const struct spec_node *node, struct spec_command *test)
{
    test->set = true;
    if (spec_node_text(node))
        strings_add(&test->words, decoder->arena, "CMD-SHELL");
    return decode_strings(decoder, path, node, &test->words);
}

static bool fail_with_hint(struct decoder *decoder, const struct decode_path *path,
                           const struct spec_node *item, const char *hint, const char *what)
{
    struct error cause = {.kind = ERROR_NONE};

    (void)error_set(&cause, ERROR_INPUT, "%s", what);
    (void)error_hint(&cause, "%s", hint);
    return decode_fail_with(decoder, path, item, &cause);
}

/* Add what one item of the list form says: KEY=VALUE or KEY. */
static bool decode_pair(struct decoder *decoder, const struct decode_path *path,
                        enum spec_kind kind, const struct spec_node *item, struct pairs *map)
{
    const char *text = spec_node_scalar_text(decoder->arena, item), *equals, *key, *value;

    if (!text)
        return fail_kind(decoder, path, item, "string");
    equals = strchr(text, '=');
    key = equals ? arena_strndup(decoder->arena, text, (size_t)(equals - text)) : text;
    value = equals ? equals + 1 : kind == SPEC_KIND_MAPPING ? "" : NULL;
    if (kind == SPEC_KIND_ENVIRONMENT && key[0] && isspace((unsigned char)key[strlen(key) - 1]))
        return fail_with_hint(
            decoder, path, item, "write KEY=VALUE without spaces around the equals sign",
            arena_printf(decoder->arena,
                         "environment variable %s is declared with a trailing space", key));
    pairs_add(map, decoder->arena, key, value);
    return true;
}

/* Sorted by key; of equal keys the last one stays. */
static void settle(struct pairs *map)
{
    size_t kept = 0;

    pairs_sort(map);
    for (size_t i = 0; i < map->count; i++) {
        if (kept > 0 && strcmp(map->items[kept - 1].key, map->items[i].key) == 0)
            kept--;
        map->items[kept++] = map->items[i];
    }
    map->count = kept;
}

/* A map whose values are kept as text. */
static bool decode_options(struct decoder *decoder, const struct decode_path *path,
                           const struct spec_field *field, const struct spec_node *node,
                           struct pairs *map)
{
    bool strict =
        field->item ==
        A_ANY; /* storage_opt: the schema lets anything in, the model only text and integers */

    for (size_t i = 0; i < node->map.count; i++) {
        const struct spec_node *value = node->map.items[i].value;
        struct decode_path step = {.up = path, .name = node->map.items[i].key, .is_key = true};
        const char *text = spec_node_scalar_text(decoder->arena, value);

        if (value->kind == SPEC_NULL && !strict)
            text = field->kind == SPEC_KIND_ENVIRONMENT || field->kind == SPEC_KIND_SSH ? NULL : "";
        else if (!text || (strict && value->kind != SPEC_STRING && value->kind != SPEC_INT))
            return fail_kind(decoder, &step, value, "string");
        pairs_add(map, decoder->arena, node->map.items[i].key, text);
    }
    settle(map);
    return true;
}

static bool decode_mapping(struct decoder *decoder, const struct decode_path *path,
                           const struct spec_field *field, const struct spec_node *node,
                           struct pairs *map)
{
    if (node->kind == SPEC_MAP)
        return decode_options(decoder, path, field, node, map);
    if (node->kind != SPEC_LIST)
        return fail_kind(decoder, path, node, "map");
    for (size_t i = 0; i < node->list.count; i++) {
        struct decode_path step = {.up = path, .index = i};

        if (!decode_pair(decoder, &step, field->kind, node->list.items[i], map))
            return false;
    }
    settle(map);
    return true;
}

static struct spec_host *host_named(struct decoder *decoder, struct spec_hosts *hosts,
                                    const char *name)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->items[i].name, name) == 0)
            return &hosts->items[i];
    hosts->items = arena_grow(decoder->arena, hosts->items, &hosts->capacity, hosts->count + 1,
                              sizeof(*hosts->items));
    hosts->items[hosts->count] = (struct spec_host){.name = name};
    return &hosts->items[hosts->count++];
}

/* "[::1]" is "::1". */
static const char *without_brackets(struct arena *arena, const char *address)
{
    size_t length = strlen(address);

    if (length > 2 && address[0] == '[' && address[length - 1] == ']')
        return arena_strndup(arena, address + 1, length - 2);
    return address;
}

/* "HOST=IP[,IP]" or "HOST:IP[,IP]". */
static bool decode_host(struct decoder *decoder, const struct decode_path *path,
                        const struct spec_node *item, struct spec_hosts *hosts)
{
    const char *text = spec_node_scalar_text(decoder->arena, item), *at, *name;
    struct spec_host *host;

    if (!text)
        return fail_kind(decoder, path, item, "string");
    at = strchr(text, '=');
    if (!at)
        at = strchr(text, ':');
    if (!at)
        return fail_with_hint(
            decoder, path, item,
            "write NAME=ADDRESS; host-gateway is the address of the engine's host",
            arena_printf(decoder->arena, "invalid additional host, missing IP: %s", text));
    name = arena_strndup(decoder->arena, text, (size_t)(at - text));
    if (name[0] == '\0' || strpbrk(name, ":="))
        return decode_fail(decoder, path, item, "bad host name '%s'", name);
    host = host_named(decoder, hosts, name);
    do {
        size_t length = strcspn(++at, ",");

        strings_add(&host->addresses, decoder->arena,
                    without_brackets(decoder->arena, arena_strndup(decoder->arena, at, length)));
        at += length;
    } while (*at);
    return true;
}

static bool decode_host_entry(struct decoder *decoder, const struct decode_path *path,
                              const struct spec_member *member, struct spec_hosts *hosts)
{
    struct strings addresses = {0};
    struct spec_host *host;

    if (member->key[0] == '\0' || strpbrk(member->key, ":="))
        return decode_fail(decoder, path, member->value, "bad host name '%s'", member->key);
    if (!decode_strings(decoder, path, member->value, &addresses))
        return false;
    host = host_named(decoder, hosts, member->key);
    for (size_t i = 0; i < addresses.count; i++)
        strings_add(&host->addresses, decoder->arena,
                    without_brackets(decoder->arena, addresses.items[i]));
    return true;
}

static bool decode_hosts(struct decoder *decoder, const struct decode_path *path,
                         const struct spec_node *node, struct spec_hosts *hosts)
{
    if (node->kind != SPEC_LIST && node->kind != SPEC_MAP)
        return fail_kind(decoder, path, node, "types.HostsList");
    for (size_t i = 0; node->kind == SPEC_LIST && i < node->list.count; i++) {
        struct decode_path step = {.up = path, .index = i};

        if (!decode_host(decoder, &step, node->list.items[i], hosts))
            return false;
    }
    for (size_t i = 0; node->kind == SPEC_MAP && i < node->map.count; i++) {
        struct decode_path step = {.up = path, .name = node->map.items[i].key, .is_key = true};

        if (!decode_host_entry(decoder, &step, &node->map.items[i], hosts))
            return false;
    }
    return true;
}

static bool decode_multi_options(struct decoder *decoder, const struct decode_path *path,
                                 const struct spec_node *node, struct spec_multi_options *options)
{
    if (node->kind != SPEC_MAP)
        return fail_kind(decoder, path, node, "types.MultiOptions");
    for (size_t i = 0; i < node->map.count; i++) {
        const struct spec_member *member = &node->map.items[i];
        struct decode_path step = {.up = path, .name = member->key, .is_key = true};
        struct spec_multi_option *option;
        size_t at = options->count;

        options->items = arena_grow(decoder->arena, options->items, &options->capacity,
                                    options->count + 1, sizeof(*options->items));
        for (; at > 0 && strcmp(options->items[at - 1].key, member->key) > 0; at--)
            options->items[at] = options->items[at - 1];
        option = &options->items[at];
        options->count++;
        *option = (struct spec_multi_option){.key = member->key};
        if (!decode_strings(decoder, &step, member->value, &option->values))
            return false;
    }
    return true;
}

bool decode_collection(struct decoder *decoder, const struct decode_path *path,
                       const struct spec_field *field, const struct spec_node *node, void *member)
{
    if (field->kind == SPEC_KIND_STRINGS)
        return decode_strings(decoder, path, node, member);
    if (field->kind == SPEC_KIND_COMMAND)
        return decode_command(decoder, path, node, member);
    if (field->kind == SPEC_KIND_HEALTH_TEST)
        return decode_health_test(decoder, path, node, member);
    if (field->kind == SPEC_KIND_HOSTS)
        return decode_hosts(decoder, path, node, member);
    if (field->kind == SPEC_KIND_MULTI_OPTIONS)
        return decode_multi_options(decoder, path, node, member);
    return decode_mapping(decoder, path, field, node, member);
}
