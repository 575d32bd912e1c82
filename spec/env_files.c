/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/env_files.h"

#include <errno.h>
#include <string.h>

#include "spec/dotenv.h"
#include "spec/file.h"
#include "spec/node.h"

/* The variables that have a value. */
static void collect_valued(struct spec_environment *into, const struct pairs *variables)
{
    for (size_t i = 0; i < variables->count; i++)
        if (variables->items[i].value)
            spec_environment_set(into, variables->items[i].key, variables->items[i].value);
}

static const struct spec_origin *origin_of(const struct spec_environment *read, size_t at,
                                           struct arena *arena)
{
    struct spec_origin *origin = arena_alloc(arena, sizeof(*origin));

    *origin = (struct spec_origin){
        .kind = SPEC_FROM_ENV_FILE,
        .place = at < read->place_count ? read->places[at] : (struct place){0},
    };
    return origin;
}

/* What a service says itself wins over its files; a variable without a value hides theirs too. */
static struct spec_node *lay_over(struct pairs *own, const struct spec_environment *read,
                                  struct arena *arena)
{
    struct spec_node *taken = spec_node_new(arena, SPEC_MAP, NULL);
    size_t own_count = own->count;

    for (size_t i = 0; i < read->variables.count; i++) {
        const struct pair *pair = &read->variables.items[i];
        struct pairs sorted = {own->items, own_count, own_count};

        if (pair->key[0] == '\0' || pairs_find(&sorted, pair->key))
            continue;
        pairs_add(own, arena, pair->key, pair->value);
        spec_node_put(arena, taken, pair->key,
                      spec_node_string(arena, pair->value, origin_of(read, i, arena)),
                      (struct place){0});
    }
    pairs_sort(own);
    return taken;
}

static bool fail_missing(const char *what, const char *path, struct place place, struct error *err)
{
    (void)spec_file_error(err, errno, "stat", path);
    (void)error_place(err, place);
    (void)error_wrap(err, "%s file %s not found", what, path);
    return strcmp(what, "env") == 0
               ? error_hint(
                     err, "create it, or say that it may be missing: {path: ..., required: false}")
               : false;
}

static bool read_env_file(const struct spec_env_file *file, const struct spec_dotenv_lookup *lookup,
                          struct spec_environment *read, struct warnings *warnings,
                          struct error *err)
{
    struct place place = spec_node_place(file->node);

    if (!spec_file_exists(file->path))
        return !file->required || fail_missing("env", file->path, place, err);
    if (!file->format || file->format[0] == '\0')
        return spec_dotenv_read(file->path, lookup, read, warnings, err);
    if (strcmp(file->format, "raw") == 0)
        return spec_dotenv_read_raw(file->path, lookup, read, err);
    return error_set_at(err, ERROR_INPUT, place, "unsupported env_file format \"%s\"",
                        file->format);
}

static bool resolve_environment(struct spec_service *service,
                                const struct spec_environment *project, struct warnings *warnings,
                                struct error *err)
{
    struct arena *arena = project->arena;
    struct spec_environment own = {.arena = arena}, read = {.arena = arena};
    const struct spec_dotenv_lookup lookup = {project, &own};

    for (size_t i = 0; i < service->environment.count; i++) {
        struct pair *pair = &service->environment.items[i];

        if (!pair->value)
            pair->value = spec_environment_get(project, pair->key);
    }
    if (service->env_file.count == 0)
        return true;
    collect_valued(&own, &service->environment);
    for (size_t i = 0; i < service->env_file.count; i++)
        if (!read_env_file(service->env_file.items[i], &lookup, &read, warnings, err))
            return false;
    service->read_environment = lay_over(&service->environment, &read, arena);
    service->env_file = (struct spec_env_file_list){0};
    return true;
}

bool spec_env_files_resolve(struct spec_project *project, struct warnings *warnings,
                            struct error *err)
{
    struct arena *arena = project->load->arena;
    struct spec_environment environment = {.arena = arena};
    struct error fault = {.kind = ERROR_NONE};

    collect_valued(&environment, &project->load->environment);
    for (size_t i = 0; i < project->services.count; i++)
        if (!resolve_environment(project->services.items[i].value, &environment, warnings, &fault))
            (void)error_append(err, &fault);
    return !error_is_set(err);
}

static bool resolve_labels(struct spec_service *service, struct arena *arena,
                           struct warnings *warnings, struct error *err)
{
    struct spec_environment read = {.arena = arena};
    const struct spec_dotenv_lookup lookup = {NULL, NULL};

    for (size_t i = 0; i < service->label_file.count; i++) {
        const char *path = service->label_file.items[i];

        if (!spec_file_exists(path))
            return fail_missing("label", path,
                                spec_node_place(spec_node_get(service->node, "label_file")), err);
        if (!spec_dotenv_read(path, &lookup, &read, warnings, err))
            return false;
    }
    service->read_labels = lay_over(&service->labels, &read, arena);
    return true;
}

bool spec_label_files_resolve(struct spec_project *project, struct warnings *warnings,
                              struct error *err)
{
    struct error fault = {.kind = ERROR_NONE};

    for (size_t i = 0; i < project->services.count; i++) {
        struct spec_service *service = project->services.items[i].value;

        if (!resolve_labels(service, project->load->arena, warnings, &fault))
            (void)error_append(err, &fault);
    }
    return !error_is_set(err);
}
