/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/valueless.h"

#include <string.h>

static void resolve_service(const struct spec_scope *scope, const struct spec_node *service)
{
    const struct spec_node *list = spec_node_get(service, "environment");

    for (size_t i = 0; spec_node_is(list, SPEC_LIST) && i < list->list.count; i++) {
        struct spec_node *item = list->list.items[i];
        const char *name = spec_node_text(item);
        const char *value =
            name && !strchr(name, '=') ? spec_environment_get(scope->environment, name) : NULL;

        if (!value)
            continue;
        item->origin =
            spec_origin_of_variable(scope->tree->arena, item->origin, scope->environment, name);
        item->string.bytes = arena_printf(scope->tree->arena, "%s=%s", name, value);
        item->string.length = strlen(item->string.bytes);
    }
}

static void capture(const struct spec_scope *scope, const struct spec_node *resources)
{
    for (size_t i = 0; spec_node_is(resources, SPEC_MAP) && i < resources->map.count; i++) {
        struct spec_node *resource = resources->map.items[i].value;
        const struct spec_node *variable = spec_node_get(resource, "environment");
        const char *name = spec_node_text(variable);
        const char *value = name ? spec_environment_get(scope->environment, name) : NULL;

        if (!value || spec_node_get(resource, SPEC_CAPTURED_VALUE))
            continue;
        spec_node_put(scope->tree->arena, resource, SPEC_CAPTURED_VALUE,
                      spec_node_string(scope->tree->arena, value,
                                       spec_origin_of_variable(scope->tree->arena, variable->origin,
                                                               scope->environment, name)),
                      (struct place){0});
    }
}

void spec_valueless_resolve(const struct spec_scope *scope, struct spec_node *root)
{
    const struct spec_node *services = spec_node_get(root, "services");

    for (size_t i = 0; spec_node_is(services, SPEC_MAP) && i < services->map.count; i++)
        resolve_service(scope, services->map.items[i].value);
    capture(scope, spec_node_get(root, "secrets"));
    capture(scope, spec_node_get(root, "configs"));
}
