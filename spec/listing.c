/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/listing.h"

#include <string.h>

#include "spec/any.h"
#include "spec/hash.h"
#include "spec/node.h"

static void add_line(struct text *out, const char *line)
{
    text_add(out, line);
    text_add_char(out, '\n');
}

static void list_keys(struct text *out, const void *member)
{
    const struct spec_any_map *map = member;

    for (size_t i = 0; i < map->count; i++)
        add_line(out, map->items[i].key);
}

void spec_list_services(struct text *out, const struct spec_project *project)
{
    struct spec_service_list services = spec_project_services_in_order(project);

    for (size_t i = 0; i < services.count; i++)
        add_line(out, services.items[i]->name);
}

void spec_list_declared_services(struct text *out, const struct spec_project *project)
{
    const struct spec_node *services = spec_node_get(project->load->tree, "services");

    for (size_t i = 0; spec_node_is(services, SPEC_MAP) && i < services->map.count; i++)
        add_line(out, services->map.items[i].key);
}

void spec_list_volumes(struct text *out, const struct spec_project *project)
{
    list_keys(out, &project->volumes);
}

void spec_list_networks(struct text *out, const struct spec_project *project)
{
    list_keys(out, &project->networks);
}

void spec_list_models(struct text *out, const struct spec_project *project)
{
    for (size_t i = 0; i < project->models.count; i++)
        if (project->models.items[i].value->model)
            add_line(out, project->models.items[i].value->model);
}

void spec_list_images(struct text *out, const struct spec_project *project)
{
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;
        const char *image = spec_service_image(project, service);

        add_line(out, image);
        for (size_t k = 0; k < service->pre_start.count; k++) {
            const char *hook_image = service->pre_start.items[k]->image;

            if (hook_image && hook_image[0] && strcmp(hook_image, image) != 0)
                add_line(out, hook_image);
        }
    }
}

static void collect_profiles(struct strings *list, struct arena *arena,
                             const struct spec_service_map *services)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct strings *profiles = &services->items[i].value->profiles;

        for (size_t k = 0; k < profiles->count; k++)
            if (!strings_contain(list, profiles->items[k]))
                strings_add(list, arena, profiles->items[k]);
    }
}

void spec_list_profiles(struct text *out, const struct spec_project *project)
{
    struct strings list = {0};

    collect_profiles(&list, project->load->arena, &project->services);
    collect_profiles(&list, project->load->arena, &project->disabled);
    strings_sort(&list);
    for (size_t i = 0; i < list.count; i++)
        add_line(out, list.items[i]);
}

void spec_list_environment(struct text *out, const struct spec_project *project)
{
    const struct pairs *environment = &project->load->environment;
    struct arena *scratch = arena_create();
    struct strings lines = {0};

    for (size_t i = 0; i < environment->count; i++)
        strings_add(
            &lines, scratch,
            arena_printf(scratch, "%s=%s", environment->items[i].key, environment->items[i].value));
    strings_sort(&lines); /* whole lines: A-B=1 comes before A=1 */
    for (size_t i = 0; i < lines.count; i++)
        add_line(out, lines.items[i]);
    arena_destroy(scratch);
}

static void add_hash(struct text *out, const struct spec_project *project,
                     const struct spec_service *service)
{
    text_addf(out, "%s %s\n", service->name,
              spec_service_hash(project->load->arena, service, SPEC_HASH_5));
}

bool spec_list_hashes(struct text *out, const struct spec_project *project,
                      const struct strings *names, struct error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct spec_service *service = spec_project_service(project, names->items[i]);

        if (!service)
            return spec_project_unknown(project, names->items[i], err);
        add_hash(out, project, service);
    }
    return true;
}
