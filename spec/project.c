/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/project.h"

#include <string.h>

#include "spec/any.h"
#include "spec/base/suggest.h"

/* Maps of the model are sorted by key. */
static void *map_get(const struct spec_any_map *map, const char *key)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(map->items[middle].key, key);

        if (order == 0)
            return map->items[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void *resource(const void *map, const char *key)
{
    return map_get(map, key);
}

struct spec_service *spec_project_service(const struct spec_project *project, const char *name)
{
    return resource(&project->services, name);
}

struct spec_service *spec_project_disabled(const struct spec_project *project, const char *name)
{
    return resource(&project->disabled, name);
}

struct spec_network *spec_project_network(const struct spec_project *project, const char *key)
{
    return resource(&project->networks, key);
}

struct spec_volume *spec_project_volume(const struct spec_project *project, const char *key)
{
    return resource(&project->volumes, key);
}

struct spec_secret *spec_project_secret(const struct spec_project *project, const char *key)
{
    return resource(&project->secrets, key);
}

struct spec_config *spec_project_config(const struct spec_project *project, const char *key)
{
    return resource(&project->configs, key);
}

struct spec_model *spec_project_model(const struct spec_project *project, const char *key)
{
    return resource(&project->models, key);
}

const char *spec_project_variable(const struct spec_project *project, const char *name)
{
    const struct pairs *environment = &project->load->environment;
    size_t low = 0, high = environment->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(environment->items[middle].key, name);

        if (order == 0)
            return environment->items[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *spec_service_image(const struct spec_project *project,
                               const struct spec_service *service)
{
    if (service->image && service->image[0])
        return service->image;
    return arena_printf(project->load->arena, "%s%c%s", project->name,
                        project->load->compatibility ? '_' : '-', service->name);
}

int64_t spec_service_scale(const struct spec_service *service)
{
    if (service->scale.set)
        return service->scale.value;
    if (service->deploy && service->deploy->replicas.set)
        return service->deploy->replicas.value;
    return 1;
}

bool spec_project_unknown(const struct spec_project *project, const char *name, struct error *err)
{
    struct suggestion near = suggestion_for(name);

    for (size_t i = 0; i < project->services.count; i++)
        suggestion_consider(&near, project->services.items[i].key);
    (void)error_set(err, ERROR_INPUT, "no such service: %s", name);
    return near.best ? error_hint(err, "did you mean \"%s\"?", near.best) : false;
}
