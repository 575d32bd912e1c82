/* SPDX-License-Identifier: Apache-2.0 */
/* Services by name or pattern with what they depend on, and the resources that remain in use. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "spec/any.h"
#include "spec/base/index.h"
#include "spec/base/span.h"
#include "spec/node.h"
#include "spec/profiles.h"

/* Names that are kept; a set. */
struct names {
    struct arena *arena;
    struct strings list;
    struct index index;
};

static bool add_name(struct names *names, const char *name)
{
    if (index_find(&names->index, name) != INDEX_NONE)
        return false;
    strings_add(&names->list, names->arena, name);
    index_put(&names->index, names->arena, name, names->list.count - 1);
    return true;
}

/* Naming a disabled service activates its profiles. */
static void enable_named(struct spec_project *project, const struct strings *names)
{
    struct spec_load *load = project->load;
    bool changed = false;

    for (size_t i = 0; i < names->count; i++) {
        const struct spec_service *service = spec_project_disabled(project, names->items[i]);

        for (size_t k = 0; service && k < service->profiles.count; k++) {
            changed = true;
            if (!strings_contain(&load->profiles, service->profiles.items[k]))
                strings_add(&load->profiles, load->arena, service->profiles.items[k]);
        }
    }
    if (changed)
        spec_profiles_apply(project, &load->profiles);
}

static bool match(const struct spec_project *project, const char *pattern, struct names *names)
{
    bool found = false;

    if (spec_project_service(project, pattern)) {
        (void)add_name(names, pattern);
        return true;
    }
    if (!strpbrk(pattern, "*?[\\"))
        return false;
    for (size_t i = 0; i < project->services.count; i++)
        if (fnmatch(pattern, project->services.items[i].key, 0) == 0) {
            (void)add_name(names, project->services.items[i].key);
            found = true;
        }
    return found;
}

/* Every dependency of a kept service is kept; a required one that is not there is an error. */
static bool add_dependencies(const struct spec_project *project, struct names *names,
                             struct error *err)
{
    for (size_t i = 0; i < names->list.count; i++) {
        const struct spec_service *service = spec_project_service(project, names->list.items[i]);

        for (size_t k = 0; k < service->depends_on.count; k++) {
            const struct spec_dependency_entry *entry = &service->depends_on.items[k];

            if (spec_project_service(project, entry->key))
                (void)add_name(names, entry->key);
            else if (entry->value->required)
                return error_set_at(err, ERROR_INPUT, spec_node_place(entry->value->node),
                                    "no such service: %s", entry->key);
        }
    }
    return true;
}

static void drop_dependencies(struct spec_service *service, const struct names *kept)
{
    size_t count = 0;

    for (size_t i = 0; i < service->depends_on.count; i++)
        if (index_find(&kept->index, service->depends_on.items[i].key) != INDEX_NONE)
            service->depends_on.items[count++] = service->depends_on.items[i];
    service->depends_on.count = count;
}

static int by_key(const void *a, const void *b)
{
    const struct spec_service_entry *first = a, *second = b;

    return strcmp(first->key, second->key);
}

/* The others are not forgotten: a build may take one of their images. */
static void keep_services(struct spec_project *project, const struct names *kept)
{
    struct spec_service_map disabled = {0};
    size_t count = 0, room = project->services.count + project->disabled.count;

    disabled.items = arena_array(project->load->arena, room + 1, sizeof(*disabled.items));
    for (size_t i = 0; i < project->disabled.count; i++)
        disabled.items[disabled.count++] = project->disabled.items[i];
    for (size_t i = 0; i < project->services.count; i++) {
        struct spec_service_entry *entry = &project->services.items[i];

        if (index_find(&kept->index, entry->key) == INDEX_NONE) {
            disabled.items[disabled.count++] = *entry;
            continue;
        }
        drop_dependencies(entry->value, kept);
        project->services.items[count++] = *entry;
    }
    project->services.count = count;
    qsort(disabled.items, disabled.count, sizeof(*disabled.items), by_key);
    project->disabled = disabled;
}

static void keep_entries(void *member, const struct names *used)
{
    struct spec_any_map *map = member;
    size_t count = 0;

    for (size_t i = 0; i < map->count; i++)
        if (index_find(&used->index, map->items[i].key) != INDEX_NONE)
            map->items[count++] = map->items[i];
    map->count = count;
}

static void note_references(struct names *used, const struct spec_file_ref_list *references)
{
    for (size_t i = 0; i < references->count; i++)
        if (references->items[i]->source)
            (void)add_name(used, references->items[i]->source);
}

static void note_keys(struct names *used, const void *member)
{
    const struct spec_any_map *map = member;

    for (size_t i = 0; i < map->count; i++)
        (void)add_name(used, map->items[i].key);
}

/* Secrets of a build, and of those whose images it takes. */
static void note_build(struct names *secrets, struct names *seen,
                       const struct spec_project *project, const struct spec_build *build)
{
    note_references(secrets, &build->secrets);
    for (size_t i = 0; i < build->additional_contexts.count; i++) {
        const char *context = build->additional_contexts.items[i].value;
        const struct spec_service *other =
            text_starts_with(context, "service:")
                ? spec_project_disabled(project, context + strlen("service:"))
                : NULL;

        if (other && other->build && add_name(seen, other->name))
            note_build(secrets, seen, project, other->build);
    }
}

static void prune(struct spec_project *project, struct arena *arena)
{
    struct names networks = {.arena = arena}, volumes = {.arena = arena},
                 secrets = {.arena = arena}, configs = {.arena = arena}, models = {.arena = arena},
                 builds = {.arena = arena};

    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        note_keys(&networks, &service->networks);
        note_keys(&models, &service->models);
        note_references(&secrets, &service->secrets);
        note_references(&configs, &service->configs);
        if (service->build)
            note_build(&secrets, &builds, project, service->build);
        for (size_t k = 0; k < service->volumes.count; k++)
            if (service->volumes.items[k]->source &&
                strcmp(service->volumes.items[k]->type, "volume") == 0)
                (void)add_name(&volumes, service->volumes.items[k]->source);
    }
    keep_entries(&project->networks, &networks);
    keep_entries(&project->volumes, &volumes);
    keep_entries(&project->secrets, &secrets);
    keep_entries(&project->configs, &configs);
    keep_entries(&project->models, &models);
}

bool spec_project_select(struct spec_project *project, const struct strings *names, bool no_deps,
                         bool all_resources, struct error *err)
{
    struct arena *scratch = arena_create();
    struct names kept = {.arena = scratch};
    bool good = true;

    enable_named(project, names);
    for (size_t i = 0; good && i < names->count; i++)
        if (!match(project, names->items[i], &kept))
            good = spec_project_unknown(project, names->items[i], err);
    if (good && !no_deps)
        good = add_dependencies(project, &kept, err);
    if (good && names->count > 0)
        keep_services(project, &kept);
    if (good && !all_resources)
        prune(project, scratch);
    arena_destroy(scratch);
    return good;
}
