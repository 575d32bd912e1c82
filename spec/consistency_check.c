/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/consistency_check.h"

#include <string.h>

#include "spec/base/index.h"
#include "spec/base/limits.h"

#define INVALID ": invalid compose project"

static bool fail_distinct(const struct spec_service *service, const char *attribute,
                          const char *other, struct error *err)
{
    return error_set_at(err, ERROR_INPUT, consistency_place(service, attribute),
                        "services.%s: can't set distinct values on '%s' and 'deploy.%s'" INVALID,
                        service->name, attribute, other);
}

static bool check_scale(const struct spec_service *service, struct error *err)
{
    struct spec_opt_int replicas =
        service->deploy ? service->deploy->replicas : (struct spec_opt_int){0};
    struct place place = consistency_place(service, service->scale.set ? "scale" : "deploy");

    if (service->scale.set && service->scale.value < 0)
        return error_set_at(err, ERROR_INPUT, place,
                            "services.%s.scale: must be greater than or equal to 0", service->name);
    if (replicas.set && replicas.value < 0)
        return error_set_at(err, ERROR_INPUT, place,
                            "services.%s.deploy.replicas: must be greater than or equal to 0",
                            service->name);
    if (spec_service_scale(service) > LIMIT_REPLICAS)
        return error_set_at(err, ERROR_INPUT, place, "services.%s.%s: more than %u containers",
                            service->name, service->scale.set ? "scale" : "deploy.replicas",
                            LIMIT_REPLICAS);
    if (service->scale.set && replicas.set && service->scale.value != replicas.value)
        return fail_distinct(service, "scale", "replicas", err);
    if (service->container_name && service->container_name[0] && spec_service_scale(service) > 1)
        /* The words are swapped in the reference; scripts may look for them. */
        return error_set_at(
            err, ERROR_INPUT, consistency_place(service, "container_name"),
            "services.%s: can't set container_name and %s as container name must be unique" INVALID,
            service->scale.set ? "scale" : "deploy.replicas", service->name);
    return true;
}

static bool float_differs(float a, float b)
{
    return a < b || a > b;
}

bool consistency_check_limits(const struct spec_service *service, struct error *err)
{
    const struct spec_resources *resources = service->deploy ? service->deploy->resources : NULL;
    const struct spec_resource_limits *limits = resources ? resources->limits : NULL;
    const struct spec_resource_reservations *reservations =
        resources ? resources->reservations : NULL;

    if (!check_scale(service, err))
        return false;
    if (limits && float_differs(service->cpus, 0) && float_differs(service->cpus, limits->cpus))
        return fail_distinct(service, "cpus", "resources.limits.cpus", err);
    if (limits && service->mem_limit != 0 && service->mem_limit != limits->memory)
        return fail_distinct(service, "mem_limit", "resources.limits.memory", err);
    if (reservations && service->mem_reservation != 0 &&
        service->mem_reservation != reservations->memory)
        return fail_distinct(service, "mem_reservation", "resources.reservations.memory", err);
    if (limits && service->pids_limit != 0 && service->pids_limit != limits->pids)
        return fail_distinct(service, "pids_limit", "resources.limits.pids", err);
    return true;
}

bool consistency_check_watch(const struct spec_service *service, struct error *err)
{
    const struct spec_develop *develop = service->develop;

    for (size_t i = 0; develop && i < develop->watch.count; i++) {
        const struct spec_watch *watch = develop->watch.items[i];

        if ((watch->target && watch->target[0]) || strcmp(watch->action, "rebuild") == 0 ||
            strcmp(watch->action, "restart") == 0)
            continue;
        return error_set_at(
            err, ERROR_INPUT, spec_node_place(watch->node),
            "services.%s.develop.watch: target is required for non-rebuild actions" INVALID,
            service->name);
    }
    return true;
}

/* The mounted paths of one service and what mounts them. */
struct targets {
    struct arena *arena;
    struct strings owners;
    struct index index;
};

static bool take(struct targets *targets, const char *path, const char *owner,
                 const struct spec_service *service, struct place place, struct error *err)
{
    uint32_t other = index_find(&targets->index, path);

    if (other != INDEX_NONE)
        return error_set_at(
            err, ERROR_INPUT, place, "services.%s.%s: target %s already mounted as services.%s.%s",
            service->name, owner, path, service->name, targets->owners.items[other]);
    index_put(&targets->index, targets->arena, path, targets->owners.count);
    strings_add(&targets->owners, targets->arena, owner);
    return true;
}

bool consistency_check_targets(const struct spec_service *service, struct error *err)
{
    struct targets targets = {.arena = NULL};
    bool good = true;

    if (service->tmpfs.count + service->volumes.count < 2)
        return true;
    targets.arena = arena_create();
    for (size_t i = 0; good && i < service->tmpfs.count; i++) {
        const char *text = service->tmpfs.items[i];
        const char *path =
            arena_strndup(targets.arena, text, strcspn(text, ":")); /* unlike others, not cleaned */

        good = take(&targets, path, arena_printf(targets.arena, "tmpfs[%zu]", i), service,
                    consistency_place(service, "tmpfs"), err);
    }
    for (size_t i = 0; good && i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        good = take(&targets, mount->target ? mount->target : "",
                    arena_printf(targets.arena, "volumes[%zu]", i), service,
                    spec_node_place(mount->node), err);
    }
    arena_destroy(targets.arena);
    return good;
}
