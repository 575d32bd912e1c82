/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/project_labels.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/observed.h"
#include "spec/base/arena.h"
#include "spec/project.h"

static int compare_keys(const void *left, const void *right)
{
    const struct spec_service_entry *a = left, *b = right;

    return strcmp(a->key, b->key);
}

static int compare_dependencies(const void *left, const void *right)
{
    const struct spec_dependency_entry *a = left, *b = right;

    return strcmp(a->key, b->key);
}

/* "db:service_healthy:true,cache:..."; old labels have the name alone. */
static void read_dependencies(struct arena *arena, struct spec_service *service, const char *label)
{
    struct spec_dependency_map *map = &service->depends_on;
    char *text = arena_strdup(arena, label), *rest = text;
    char *item;

    while ((item = strsep(&rest, ",")) != NULL) {
        char *condition = item, *name = strsep(&condition, ":"), *restart = condition;
        struct spec_dependency *dependency;

        if (!*name)
            continue;
        dependency = arena_alloc(arena, sizeof(*dependency));
        if (condition)
            condition = strsep(&restart, ":");
        dependency->condition = condition ? condition : "service_started";
        dependency->restart = !restart || strcmp(restart, "true") == 0;
        map->items =
            arena_grow(arena, map->items, &map->capacity, map->count + 1, sizeof(*map->items));
        map->items[map->count++] = (struct spec_dependency_entry){name, dependency};
    }
    if (map->count > 1)
        qsort(map->items, map->count, sizeof(*map->items), compare_dependencies);
}

static struct spec_service *find(const struct spec_service_map *map, const char *name)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->items[i].key, name) == 0)
            return map->items[i].value;
    return NULL;
}

static struct spec_service *add(struct arena *arena, struct spec_project *project, const char *name)
{
    struct spec_service_map *map = &project->services;
    struct spec_service *service = arena_alloc(arena, sizeof(*service));

    service->name = arena_strdup(arena, name);
    map->items = arena_grow(arena, map->items, &map->capacity, map->count + 1, sizeof(*map->items));
    map->items[map->count++] = (struct spec_service_entry){service->name, service};
    return service;
}

static void drop_unknown_dependencies(struct spec_project *project)
{
    for (size_t i = 0; i < project->services.count; i++) {
        struct spec_dependency_map *map = &project->services.items[i].value->depends_on;
        size_t kept = 0;

        for (size_t j = 0; j < map->count; j++)
            if (find(&project->services, map->items[j].key))
                map->items[kept++] = map->items[j];
        map->count = kept;
    }
}

void project_from_labels(struct spec_project *project, const struct observed *observed)
{
    struct arena *arena = project->load->arena;

    if (project->services.count > 0)
        return;
    for (size_t i = 0; i < observed->container_count; i++) {
        const struct observed_container *container = &observed->containers[i];
        struct spec_service *service = find(&project->services, container->service);

        if (container->one_off)
            continue;
        if (!service) {
            service = add(arena, project, container->service);
            service->image = arena_strdup(arena, container->entry->image);
            read_dependencies(arena, service,
                              labels_get(&container->entry->labels, LABEL_DEPENDS_ON));
            service->scale.set = true;
        }
        service->scale.value++;
    }
    if (project->services.count > 1)
        qsort(project->services.items, project->services.count, sizeof(*project->services.items),
              compare_keys);
    drop_unknown_dependencies(project);
}
