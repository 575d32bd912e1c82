/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/profiles.h"

#include <string.h>

static bool is_enabled(const struct spec_service *service, const struct strings *active)
{
    if (service->profiles.count == 0 || strings_contain(active, "*"))
        return true;
    for (size_t i = 0; i < service->profiles.count; i++)
        if (strings_contain(active, service->profiles.items[i]))
            return true;
    return false;
}

static void add(struct spec_service_map *map, struct arena *arena, struct spec_service *service)
{
    map->items = arena_grow(arena, map->items, &map->capacity, map->count + 1, sizeof(*map->items));
    map->items[map->count++] = (struct spec_service_entry){service->name, service};
}

/* The next service of two sorted maps, in order of name. */
static struct spec_service *next_of(const struct spec_service_map *a, size_t *at_a,
                                    const struct spec_service_map *b, size_t *at_b)
{
    if (*at_a == a->count)
        return b->items[(*at_b)++].value;
    if (*at_b == b->count || strcmp(a->items[*at_a].key, b->items[*at_b].key) < 0)
        return a->items[(*at_a)++].value;
    return b->items[(*at_b)++].value;
}

void spec_profiles_apply(struct spec_project *project, const struct strings *active)
{
    struct spec_service_map enabled = {0}, disabled = {0};
    size_t at_enabled = 0, at_disabled = 0;

    while (at_enabled < project->services.count || at_disabled < project->disabled.count) {
        struct spec_service *service =
            next_of(&project->services, &at_enabled, &project->disabled, &at_disabled);

        add(is_enabled(service, active) ? &enabled : &disabled, project->load->arena, service);
    }
    project->services = enabled;
    project->disabled = disabled;
}

void spec_profiles_enable(struct spec_project *project, const struct strings *names)
{
    struct spec_service_map enabled = {0}, disabled = {0};
    size_t at_enabled = 0, at_disabled = 0;

    while (at_enabled < project->services.count || at_disabled < project->disabled.count) {
        struct spec_service *service =
            next_of(&project->services, &at_enabled, &project->disabled, &at_disabled);
        bool was_enabled =
            at_enabled > 0 && project->services.items[at_enabled - 1].value == service;

        add(was_enabled || strings_contain(names, service->name) ? &enabled : &disabled,
            project->load->arena, service);
    }
    project->services = enabled;
    project->disabled = disabled;
}
