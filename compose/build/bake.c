/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/bake.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "spec/base/arena.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

#define SERVICE_CONTEXT "service:"

bool bake_context_is_remote(const char *context)
{
    return strstr(context, "://") != NULL || text_starts_with(context, "git@") ||
           text_starts_with(context, "github.com/");
}

struct pairs bake_labels(struct arena *arena, const struct spec_project *project,
                         const struct spec_service *service)
{
    struct pairs labels = {0};

    for (size_t i = 0; i < service->build->labels.count; i++)
        pairs_add(&labels, arena, service->build->labels.items[i].key,
                  service->build->labels.items[i].value);
    pairs_set(&labels, arena, LABEL_PROJECT, project->name);
    pairs_set(&labels, arena, LABEL_SERVICE, service->name);
    pairs_set(&labels, arena, LABEL_VERSION, LABELS_COMPOSE_VERSION);
    pairs_sort(&labels);
    return labels;
}

static void set_all(struct pairs *into, struct arena *arena, const struct pairs *from,
                    const struct spec_project *project)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *value = from->items[i].value;

        if (!value)
            value = spec_project_variable(project, from->items[i].key);
        if (value)
            pairs_set(into, arena, from->items[i].key, value);
    }
}

struct pairs bake_build_arguments(struct arena *arena, const struct spec_project *project,
                                  const struct spec_build *build,
                                  const struct bake_options *options)
{
    struct pairs arguments = {0};

    set_all(&arguments, arena, &options->proxies, project);
    set_all(&arguments, arena, &build->args, project);
    set_all(&arguments, arena, &options->arguments, project);
    pairs_sort(&arguments);
    return arguments;
}

struct pairs bake_arguments(struct arena *arena, const struct spec_project *project,
                            const struct strings *flags)
{
    struct pairs arguments = {0};

    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i], *equals = strchr(flag, '=');
        const char *key = equals ? arena_strndup(arena, flag, (size_t)(equals - flag)) : flag;
        const char *value = equals ? equals + 1 : spec_project_variable(project, key);

        if (value)
            pairs_set(&arguments, arena, key, value);
    }
    return arguments;
}

bool bake_ssh_keys(struct arena *arena, const struct strings *flags, struct pairs *ret_keys,
                   struct error *err)
{
    struct pairs keys = {0};

    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i], *equals = strchr(flag, '=');

        if (!flag[0] || strcmp(flag, "default") == 0)
            pairs_set(&keys, arena, "default", NULL);
        else if (equals && equals > flag)
            pairs_set(&keys, arena, arena_strndup(arena, flag, (size_t)(equals - flag)),
                      equals + 1);
        else
            return error_set(err, ERROR_USAGE, "invalid ssh key \"%s\"", flag);
    }
    *ret_keys = keys;
    return true;
}

bool bake_platforms(struct arena *arena, const struct spec_project *project,
                    const struct spec_service *service, bool single_platform,
                    struct strings *ret_platforms, struct error *err)
{
    const char *fallback = spec_project_variable(project, "DOCKER_DEFAULT_PLATFORM");
    const char *own = service->platform && service->platform[0] ? service->platform : NULL;
    const struct strings *declared = &service->build->platforms;
    const char *platform = own;
    struct strings platforms = {0};

    if (!platform && fallback && fallback[0])
        platform = fallback;
    if (platform && declared->count > 0 && !strings_contain(declared, platform)) {
        if (!own)
            return error_set(err, ERROR_INPUT,
                             "service \"%s\" build.platforms does not support value set by "
                             "DOCKER_DEFAULT_PLATFORM: %s",
                             service->name, platform);
        return error_set(err, ERROR_INPUT,
                         "service \"%s\" build configuration does not support platform: %s",
                         service->name, platform);
    }
    if (platform && (single_platform || declared->count == 0))
        strings_add(&platforms, arena, platform);
    else if (!single_platform || declared->count == 1) /* of several, the builder picks its own */
        for (size_t i = 0; i < declared->count; i++)
            strings_add(&platforms, arena, declared->items[i]);
    *ret_platforms = platforms;
    return true;
}

/* A service's name as bake takes it: dots name members there. */
static const char *target_name(struct arena *arena, const struct bake_file *file,
                               const char *service)
{
    char *name = arena_strdup(arena, service);
    bool taken;

    for (char *at = name; *at; at++)
        if (*at == '.')
            *at = '_';
    do {
        taken = false;
        for (size_t i = 0; i < file->target_count && !taken; i++)
            taken = strcmp(file->targets[i].name, name) == 0;
        if (taken)
            name = arena_printf(arena, "%s_", name);
    } while (taken);
    return name;
}

const struct bake_target *bake_target_of(const struct bake_file *file, const char *service)
{
    for (size_t i = 0; i < file->target_count; i++)
        if (strcmp(file->targets[i].service->name, service) == 0)
            return &file->targets[i];
    return NULL;
}

/* Contexts `service:X` need X's image in the engine as well: put those into the group, and theirs. */
static bool want(struct bake_file *file, struct bake_target *target, struct error *err)
{
    const struct pairs *contexts = &target->service->build->additional_contexts;

    if (target->wanted)
        return true;
    target->wanted = true;
    for (size_t i = 0; i < contexts->count; i++) {
        const char *name;
        struct bake_target *other;

        if (!text_starts_with(contexts->items[i].value, SERVICE_CONTEXT))
            continue;
        name = contexts->items[i].value + strlen(SERVICE_CONTEXT);
        other = (struct bake_target *)(uintptr_t)bake_target_of(file, name);
        if (!other)
            return error_set(
                err, ERROR_INPUT,
                "service \"%s\" uses service \"%s\" as additional context, but that has no "
                "build section",
                target->service->name, name);
        if (!want(file, other, err))
            return false;
    }
    return true;
}

static void note_needs(struct arena *arena, struct bake_file *file, const struct spec_build *build)
{
    const struct pairs *contexts = &build->additional_contexts;

    if (build->context)
        strings_add(&file->readable, arena, build->context);
    for (size_t i = 0; i < contexts->count; i++)
        if (!strchr(contexts->items[i].value, ':') &&
            !bake_context_is_remote(contexts->items[i].value))
            strings_add(&file->readable, arena, contexts->items[i].value);
    for (size_t i = 0; i < build->secrets.count; i++) {
        const struct spec_secret *secret =
            spec_project_secret(file->project, build->secrets.items[i]->source);
        const char *variable = secret ? secret->environment : NULL;
        const char *value = variable ? spec_project_variable(file->project, variable) : NULL;

        if (value)
            pairs_set(&file->environment, arena, variable, value);
    }
    if (build->privileged || strings_contain(&build->entitlements, "security.insecure"))
        file->privileged = true;
}

static bool add_targets(struct arena *arena, struct bake_file *file,
                        const struct spec_service_map *services, struct error *err)
{
    bool good = true;

    for (size_t i = 0; i < services->count; i++) {
        const struct spec_service *service = services->items[i].value;
        struct bake_target *target = &file->targets[file->target_count];
        struct error problem;

        if (!service->build)
            continue;
        error_init(&problem);
        target->name = target_name(arena, file, service->name);
        target->service = service;
        target->image = spec_service_image(file->project, service);
        if (!bake_platforms(arena, file->project, service, file->options->single_platform,
                            &target->platforms, &problem))
            good = error_append(err, &problem);
        file->target_count++;
    }
    return good;
}

static int by_name(const void *a, const void *b)
{
    const struct bake_target *first = a, *second = b;

    return strcmp(first->name, second->name);
}

bool bake_prepare(struct arena *arena, struct bake_file *file, struct error *err)
{
    const struct spec_project *project = file->project;
    size_t enabled, kept = 0;

    file->target_count = 0;
    file->targets = arena_array(arena, project->services.count + project->disabled.count + 1,
                                sizeof(*file->targets));
    /* A service of an inactive profile may still be somebody's context. */
    if (!add_targets(arena, file, &project->services, err))
        return false;
    enabled = file->target_count;
    if (!add_targets(arena, file, &project->disabled, err))
        return false;
    for (size_t i = 0; i < file->target_count; i++) {
        struct bake_target *target = &file->targets[i];
        bool asked =
            file->services ? strings_contain(file->services, target->service->name) : i < enabled;

        if (asked && !want(file, target, err))
            return false;
    }
    for (size_t i = 0; i < file->target_count; i++)
        if (i < enabled || file->targets[i].wanted)
            file->targets[kept++] = file->targets[i];
    file->target_count = kept;
    qsort(file->targets, kept, sizeof(*file->targets), by_name);
    for (size_t i = 0; i < kept; i++)
        note_needs(arena, file, file->targets[i].service->build);
    return true;
}
