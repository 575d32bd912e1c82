/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/wanted.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose/build/build_order.h"
#include "compose/observe/wanted_names.h"
#include "spec/base/limits.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/hash.h"
#include "spec/node.h"

#define API_SOCKET        "/var/run/docker.sock"
#define API_CONFIG_SOURCE "#apisocket"
#define API_CONFIG_TARGET "/run/secrets/docker/config.json"

enum { DEFAULT_FILE_MODE = 0444 };

static const char *referred(const char *value)
{
    return value && text_starts_with(value, "service:") ? value + strlen("service:") : NULL;
}

static const char *volumes_from_service(struct arena *arena, const char *from)
{
    const char *colon = strchr(from, ':');

    if (text_starts_with(from, "container:"))
        return NULL;
    return colon ? arena_strndup(arena, from, (size_t)(colon - from)) : from;
}

struct strings wanted_references(struct arena *arena, const struct spec_service *service)
{
    const char *const modes[] = {service->network_mode, service->ipc, service->pid};
    struct strings names = {0};

    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        const char *name = referred(modes[i]);

        if (name && !strings_contain(&names, name))
            strings_add(&names, arena, name);
    }
    for (size_t i = 0; i < service->volumes_from.count; i++) {
        const char *name = volumes_from_service(arena, service->volumes_from.items[i]);

        if (name && !strings_contain(&names, name))
            strings_add(&names, arena, name);
    }
    return names;
}

static const char *container_mode(struct arena *arena, const char *mode, const struct pairs *ids)
{
    const char *name = referred(mode);
    const struct pair *id = name ? pairs_find(ids, name) : NULL;

    return id ? arena_printf(arena, "container:%s", id->value) : mode;
}

/* The mode behind the name is no part of the hash, as in the reference. */
static const char *container_of_volumes(struct arena *arena, const char *from,
                                        const struct pairs *ids)
{
    const char *name = volumes_from_service(arena, from);
    const struct pair *id;
    const char *container;

    if (name) {
        id = pairs_find(ids, name);
        return id ? id->value : from;
    }
    container = from + strlen("container:");
    return arena_strndup(arena, container, strcspn(container, ":"));
}

const struct spec_service *wanted_resolve(struct arena *arena, const struct spec_service *service,
                                          const struct pairs *ids)
{
    struct spec_service *copy;

    if (!referred(service->network_mode) && !referred(service->ipc) && !referred(service->pid) &&
        service->volumes_from.count == 0)
        return service;
    copy = spec_service_copy(arena, service);
    copy->network_mode = container_mode(arena, copy->network_mode, ids);
    copy->ipc = container_mode(arena, copy->ipc, ids);
    copy->pid = container_mode(arena, copy->pid, ids);
    for (size_t i = 0; i < copy->volumes_from.count; i++)
        copy->volumes_from.items[i] = container_of_volumes(arena, copy->volumes_from.items[i], ids);
    return copy;
}

/*
 * The mode behind "container:NAME:"; "rw" is the default. The mode behind a service's name is not sent, as in Docker
 * Compose 5.5.0: translate_unsupported() warns about it.
 */
static const char *mode_of_volumes(const char *from)
{
    const char *name = text_starts_with(from, "container:") ? from + strlen("container:") : "";
    const char *colon = strchr(name, ':');

    return colon && strcmp(colon + 1, "rw") != 0 ? colon + 1 : "";
}

const struct spec_service *wanted_for_request(struct arena *arena,
                                              const struct spec_service *service,
                                              const struct spec_service *resolved)
{
    struct spec_service *copy;

    if (service->volumes_from.count == 0)
        return resolved;
    copy = spec_service_copy(arena, resolved);
    for (size_t i = 0; i < service->volumes_from.count; i++) {
        const char *mode = mode_of_volumes(service->volumes_from.items[i]);

        if (*mode)
            copy->volumes_from.items[i] =
                arena_printf(arena, "%s:%s", resolved->volumes_from.items[i], mode);
    }
    return copy;
}

static bool has_image_mounts(const struct spec_service *service)
{
    for (size_t i = 0; i < service->volumes.count; i++)
        if (service->volumes.items[i]->type &&
            strcmp(service->volumes.items[i]->type, "image") == 0)
            return true;
    return false;
}

static void add_api_socket(struct arena *arena, struct spec_service *service)
{
    struct spec_mount *mount = arena_alloc(arena, sizeof(*mount));
    struct spec_file_ref *ref = arena_alloc(arena, sizeof(*ref));

    mount->node = service->node;
    mount->type = "bind";
    mount->source = API_SOCKET;
    mount->target = API_SOCKET;
    service->volumes.items = arena_grow(arena, service->volumes.items, &service->volumes.capacity,
                                        service->volumes.count + 1, sizeof(struct spec_mount *));
    service->volumes.items[service->volumes.count++] = mount;
    ref->node = service->node;
    ref->source = API_CONFIG_SOURCE;
    ref->target = API_CONFIG_TARGET;
    service->configs.items = arena_grow(arena, service->configs.items, &service->configs.capacity,
                                        service->configs.count + 1, sizeof(struct spec_file_ref *));
    service->configs.items[service->configs.count++] = ref;
    if (!pairs_find(&service->environment, "DOCKER_CONFIG")) {
        pairs_add(&service->environment, arena, "DOCKER_CONFIG", "/run/secrets/docker");
        pairs_sort(&service->environment);
    }
}

static const struct spec_service *prepare(struct wanted *wanted, const struct spec_service *service)
{
    struct spec_service *copy;

    if (!service->use_api_socket && !has_image_mounts(service))
        return service;
    copy = spec_service_copy(wanted->arena, service);
    if (service->use_api_socket)
        add_api_socket(wanted->arena, copy);
    for (size_t i = 0; i < copy->volumes.count; i++) {
        struct spec_mount *mount = copy->volumes.items[i];
        const struct spec_service *named =
            mount->type && strcmp(mount->type, "image") == 0 && mount->source
                ? spec_project_service(wanted->project, mount->source)
                : NULL;

        if (named)
            mount->source = spec_service_image(wanted->project, named);
    }
    return copy;
}

static const char *config_content(const struct spec_config *config)
{
    return config->content && *config->content ? config->content : config->value;
}

/* "provider db, model small": whoever is run before the service is created and tells it variables. */
static const char *giver_of(struct wanted *wanted, const struct spec_service *service)
{
    struct strings names = {0};

    for (size_t i = 0; i < service->depends_on.count; i++) {
        const char *name = service->depends_on.items[i].key;
        const struct spec_service *other = spec_project_service(wanted->project, name);

        if (other && other->provider)
            strings_add(&names, wanted->arena, arena_printf(wanted->arena, "provider %s", name));
    }
    for (size_t i = 0; i < service->models.count; i++)
        strings_add(&names, wanted->arena,
                    arena_printf(wanted->arena, "model %s", service->models.items[i].key));
    return names.count > 0 ? strings_join(&names, wanted->arena, ", ") : NULL;
}

static void fill(struct wanted *wanted, struct wanted_service *entry,
                 const struct spec_service *service)
{
    const char *platform = spec_project_variable(wanted->project, "DOCKER_DEFAULT_PLATFORM");

    entry->service = prepare(wanted, service);
    entry->image = spec_service_image(wanted->project, service);
    entry->platform = service->platform && *service->platform ? service->platform
                      : platform                              ? platform
                                                              : "";
    entry->refers = wanted_references(wanted->arena, service).count > 0;
    if (!entry->refers) {
        const struct spec_service *resolved =
            wanted_resolve(wanted->arena, entry->service, &(struct pairs){0});

        entry->hash = spec_service_hash(wanted->arena, resolved, SPEC_HASH_5);
        entry->hash_2 = spec_service_hash(wanted->arena, resolved, SPEC_HASH_2);
    }
    entry->given_by = giver_of(wanted, service);
    entry->scale = spec_service_scale(service);
}

static void note_builds(struct wanted *wanted, struct wanted_service *entry)
{
    const struct spec_build *build = entry->service->build;
    const char *dockerfile = NULL;

    for (struct wanted_service *other = wanted->services; build && other < entry; other++) {
        if (!other->service->build)
            continue;
        if (!dockerfile && !(dockerfile = build_order_read(wanted->arena, build)))
            return;
        if (build_order_takes(dockerfile, other->image))
            strings_add(&entry->builds_after, wanted->arena, other->service->name);
    }
}

static bool apply_scales(struct wanted *wanted, const struct pairs *scales, struct error *err)
{
    for (size_t i = 0; scales && i < scales->count; i++) {
        uint32_t at = index_find(&wanted->index, scales->items[i].key);
        int64_t number;

        if (at == INDEX_NONE)
            return spec_project_unknown(wanted->project, scales->items[i].key, err);
        if (!number_parse_int64(scales->items[i].value, &number) || number < 0)
            return error_set(err, ERROR_USAGE, "invalid scale for service %s: %s",
                             scales->items[i].key, scales->items[i].value);
        if (number > LIMIT_REPLICAS)
            return error_set(err, ERROR_USAGE, "scale of service %s: more than %u containers",
                             scales->items[i].key, LIMIT_REPLICAS);
        wanted->services[at].scale = number;
    }
    return true;
}

bool wanted_create(const struct spec_project *project, const struct pairs *scales,
                   const char *api_config, struct wanted **ret_wanted, struct error *err)
{
    struct spec_service_list order = spec_project_services_in_order(project);
    struct arena *arena = arena_create();
    struct wanted *wanted = arena_alloc(arena, sizeof(*wanted));

    wanted->arena = arena;
    wanted->project = project;
    wanted->origin = origin_of_project(arena, project);
    wanted->api_config = api_config;
    wanted->services = arena_array(arena, order.count, sizeof(*wanted->services));
    wanted->count = order.count;
    for (size_t i = 0; i < order.count; i++) {
        fill(wanted, &wanted->services[i], order.items[i]);
        index_put(&wanted->index, arena, order.items[i]->name, i);
    }
    wanted_names_resolve(wanted);
    for (size_t i = 0; i < wanted->count; i++)
        note_builds(wanted, &wanted->services[i]);
    if (!apply_scales(wanted, scales, err)) {
        wanted_destroy(wanted);
        return false;
    }
    *ret_wanted = wanted;
    return true;
}

void wanted_read_contents(struct wanted *wanted)
{
    struct contents *contents = contents_read(wanted->arena, wanted->project);

    for (size_t i = 0; i < wanted->count; i++)
        wanted->services[i].contents =
            contents_of(wanted->arena, contents, wanted->services[i].service);
    wanted->new_salt = contents_new_salt(wanted->arena);
}

void wanted_destroy(struct wanted *wanted)
{
    if (wanted)
        arena_destroy(wanted->arena);
}

const struct wanted_service *wanted_service(const struct wanted *wanted, const char *name)
{
    uint32_t at = index_find(&wanted->index, name);

    return at == INDEX_NONE ? NULL : &wanted->services[at];
}

/* Numeric owner; the engine does not look names up in an archive. */
static int64_t owner(const char *text)
{
    int64_t number;

    return text && number_parse_int64(text, &number) ? number : 0;
}

static bool add_file(struct arena *arena, struct step_file **files, size_t *count, const char *kind,
                     const struct spec_service *service, const struct spec_file_ref *ref,
                     const char *target, const char *content, struct error *err)
{
    struct step_file *file;

    if (service->read_only)
        return error_set_at(
            err, ERROR_INPUT, spec_node_place(ref->node),
            "cannot create %s \"%s\" in read-only service %s: `file` is the sole supported option",
            kind, ref->source, service->name);
    if (!*content)
        return true;
    if (!*files)
        *files =
            arena_array(arena, service->configs.count + service->secrets.count, sizeof(**files));
    file = &(*files)[(*count)++];
    *file = (struct step_file){
        .path = target + 1,
        .content = content,
        .length = strlen(content),
        .mode = ref->mode.set ? (uint32_t)ref->mode.value : DEFAULT_FILE_MODE,
        .uid = owner(ref->uid),
        .gid = owner(ref->gid),
    };
    return true;
}

static bool add_config(struct arena *arena, const struct wanted *wanted,
                       const struct spec_service *service, const struct spec_file_ref *ref,
                       struct step_file **files, size_t *count, struct error *err)
{
    const struct spec_config *config = spec_project_config(wanted->project, ref->source);
    const char *content = NULL;

    if (!config)
        content = strcmp(ref->source, API_CONFIG_SOURCE) == 0 ? wanted->api_config : NULL;
    else if (config->file && *config->file)
        return true;
    else
        content = config_content(config);
    return !content || add_file(arena, files, count, "config", service, ref,
                                translate_config_target(arena, ref), content, err);
}

static struct wanted_missing missing(struct arena *arena, const char *kind, const char *variable,
                                     const struct spec_file_ref *ref)
{
    return (struct wanted_missing){
        .text = arena_printf(arena, "environment variable \"%s\" required by %s \"%s\" is not set",
                             variable, kind, ref->source),
        .place = spec_node_place(ref->node),
    };
}

struct wanted_missing wanted_missing(struct arena *arena, const struct wanted *wanted,
                                     const struct spec_service *service)
{
    for (size_t i = 0; i < service->secrets.count; i++) {
        const struct spec_file_ref *ref = service->secrets.items[i];
        const struct spec_secret *secret = spec_project_secret(wanted->project, ref->source);

        if (secret && secret->environment && *secret->environment && !secret->content)
            return missing(arena, "secret", secret->environment, ref);
    }
    for (size_t i = 0; i < service->configs.count; i++) {
        const struct spec_file_ref *ref = service->configs.items[i];
        const struct spec_config *config = spec_project_config(wanted->project, ref->source);

        if (config && config->environment && *config->environment &&
            !(config->file && *config->file) && !config_content(config))
            return missing(arena, "config", config->environment, ref);
    }
    return (struct wanted_missing){0};
}

bool wanted_files(struct arena *arena, const struct wanted *wanted,
                  const struct spec_service *service, struct step_file **ret_files,
                  size_t *ret_count, struct error *err)
{
    struct step_file *files = NULL;
    size_t count = 0;

    for (size_t i = 0; i < service->secrets.count; i++) {
        const struct spec_file_ref *ref = service->secrets.items[i];
        const struct spec_secret *secret = spec_project_secret(wanted->project, ref->source);

        if (!secret || !secret->environment || !*secret->environment || !secret->content)
            continue;
        if (!add_file(arena, &files, &count, "secret", service, ref,
                      translate_secret_target(arena, ref), secret->content, err))
            return false;
    }
    for (size_t i = 0; i < service->configs.count; i++)
        if (!add_config(arena, wanted, service, service->configs.items[i], &files, &count, err))
            return false;
    *ret_files = files;
    *ret_count = count;
    return true;
}
