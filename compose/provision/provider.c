/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/provider.h"

#include <ctype.h>
#include <string.h>

#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/model.h"

static const struct {
    const char *name;
    enum provider_message_kind kind;
} message_names[] = {
    {"info", PROVIDER_INFO},     {"error", PROVIDER_ERROR},         {"debug", PROVIDER_DEBUG},
    {"setenv", PROVIDER_SETENV}, {"rawsetenv", PROVIDER_RAWSETENV},
};

bool provider_message_parse(struct arena *arena, struct span line,
                            struct provider_message *ret_message, struct error *err)
{
    struct span type = engine_json_find(line, "type"), words = engine_json_find(line, "message");
    const char *name = type.bytes ? engine_json_text(arena, type) : "";
    const char *text = words.bytes ? engine_json_text(arena, words) : "", *equals;
    struct provider_message message = {.text = text};
    size_t i = 0;

    while (i < COUNT_OF(message_names) && strcmp(message_names[i].name, name) != 0)
        i++;
    if (i == COUNT_OF(message_names))
        return error_set(err, ERROR_INPUT, "invalid response from plugin: %s",
                         *name ? name : arena_strndup(arena, line.bytes, line.length));
    message.kind = message_names[i].kind;
    if (message.kind == PROVIDER_SETENV || message.kind == PROVIDER_RAWSETENV) {
        equals = strchr(text, '=');
        if (!equals || equals == text)
            return error_set(err, ERROR_INPUT, "invalid response from plugin: %s", text);
        message.key = arena_strndup(arena, text, (size_t)(equals - text));
        message.value = equals + 1;
    }
    *ret_message = message;
    return true;
}

const char *provider_variable(struct arena *arena, const char *service,
                              const struct provider_message *message)
{
    char *name;

    if (message->kind == PROVIDER_RAWSETENV)
        return message->key;
    name = arena_printf(arena, "%s_%s", service, message->key);
    for (size_t i = 0; i < strlen(service); i++)
        name[i] = (char)toupper((unsigned char)name[i]);
    return name;
}

/* The list of parameters that the metadata gives for an action; bytes NULL when it says nothing about it. */
static struct span parameters_of(struct span metadata, const char *action)
{
    const char *const path[] = {action, "parameters"};

    return engine_json_find_segments(metadata, path, COUNT_OF(path));
}

static struct span parameter_member(struct arena *arena, struct span parameters, size_t at,
                                    const char *member)
{
    return engine_json_find(parameters, arena_printf(arena, "%zu.%s", at, member));
}

static bool has_option(const struct spec_provider *provider, const char *name)
{
    for (size_t i = 0; i < provider->options.count; i++)
        if (strcmp(provider->options.items[i].key, name) == 0)
            return true;
    return false;
}

/* Names that the action takes; false when a required one is missing. */
static bool read_parameters(struct arena *arena, const struct spec_provider *provider,
                            struct span parameters, struct strings *ret_names, struct error *err)
{
    struct strings names = {0};

    for (size_t i = 0;; i++) {
        struct span name = parameter_member(arena, parameters, i, "name");
        struct span required = parameter_member(arena, parameters, i, "required");
        const char *text;

        if (!name.bytes)
            break;
        text = engine_json_text(arena, name);
        strings_add(&names, arena, text);
        if (required.bytes && span_equals(required, "true") && !has_option(provider, text))
            return error_set(err, ERROR_INPUT,
                             "required parameter \"%s\" is missing from provider \"%s\" definition",
                             text, provider->type);
    }
    *ret_names = names;
    return true;
}

/* Did the program describe itself? Then it is given only what it knows. */
static bool is_described(struct arena *arena, struct span metadata)
{
    struct span words = engine_json_find(metadata, "description");

    return parameters_of(metadata, "up").bytes || parameters_of(metadata, "down").bytes ||
           (words.bytes && engine_json_text(arena, words)[0]);
}

bool provider_arguments(struct arena *arena, const char *project,
                        const struct spec_service *service, const char *action,
                        struct span metadata, struct strings *ret_arguments, struct error *err)
{
    const struct spec_provider *provider = service->provider;
    struct span parameters = parameters_of(metadata, action);
    bool described = is_described(arena, metadata);
    struct strings words = {0}, names = {0};

    if (parameters.bytes && !read_parameters(arena, provider, parameters, &names, err))
        return false;
    strings_add(&words, arena, "compose");
    strings_add(&words, arena, arena_printf(arena, "--project-name=%s", project));
    strings_add(&words, arena, action);
    for (size_t i = 0; i < provider->options.count; i++) {
        const struct spec_multi_option *option = &provider->options.items[i];

        if (described && !strings_contain(&names, option->key))
            continue;
        for (size_t v = 0; v < option->values.count; v++)
            strings_add(&words, arena,
                        arena_printf(arena, "--%s=%s", option->key, option->values.items[v]));
    }
    strings_add(&words, arena, service->name);
    *ret_arguments = words;
    return true;
}

bool provider_stops(struct span metadata)
{
    return engine_json_find(metadata, "stop").bytes != NULL;
}
