/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine takes without complaint and without effect, found by the rows: `.inert` ones on every engine, those with
 * an `.api` on older ones. The tree is walked, since it has the place of each attribute.
 */
#include <string.h>
#include <unistd.h>

#include "compose/translate/translate.h"
#include "spec/node.h"
#include "spec/project.h"
#include "spec/shape.h"
#include "spec/tree.h"

struct walk {
    unsigned api_minor;
    bool podman;
    struct warnings *warnings;
};

static void visit(const struct walk *walk, const struct spec_node *node, struct spec_shape shape,
                  const struct spec_path *path);

static bool is_usual(const struct spec_field *field, const char *text)
{
    size_t length = strlen(text);

    for (const char *at = field->usual; at; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (strncmp(at, text, length) == 0 && (at[length] == '\0' || at[length] == '|'))
            return true;
    return false;
}

/* Nothing was asked for, or just what is the case anyway. */
static bool is_idle(const struct walk *walk, const struct spec_field *field,
                    const struct spec_node *node)
{
    const char *text = spec_node_scalar_text(walk->warnings->arena, node);

    if (node->origin->kind == SPEC_FROM_DEFAULT)
        return true;
    if (node->kind == SPEC_LIST || node->kind == SPEC_MAP)
        return spec_node_count(node) == 0;
    return !text || !*text || is_usual(field, text);
}

/* True when the attribute was named in a warning. */
static bool is_told(const struct walk *walk, const struct spec_field *field,
                    const struct spec_node *node, const struct spec_path *path)
{
    bool old = field->api > 100 + walk->api_minor && !(field->flags & REFUSED_BELOW);
    const char *name;

    if ((!field->inert && !old) || is_idle(walk, field, node))
        return false;
    name = spec_path_text(walk->warnings->arena, path, SPEC_PATH_BRACKETS);
    if (field->inert)
        warnings_add(walk->warnings, spec_node_place(node), "%s %s: it has no effect", name,
                     field->inert);
    else
        warnings_add(walk->warnings, spec_node_place(node),
                     "%s needs Engine API 1.%u, this engine speaks 1.%u: it has no effect", name,
                     field->api - 100, walk->api_minor);
    return true;
}

static void visit_members(const struct walk *walk, const struct spec_node *map,
                          struct spec_shape shape, const struct spec_path *path)
{
    for (size_t i = 0; i < map->map.count; i++) {
        const struct spec_member *member = &map->map.items[i];
        struct spec_shape inner = spec_shape_member(shape, member->key);
        struct spec_path below = {.parent = path, .key = member->key};

        if (inner.field && (inner.element || !is_told(walk, inner.field, member->value, &below)))
            visit(walk, member->value, inner, &below);
    }
}

static void visit(const struct walk *walk, const struct spec_node *node, struct spec_shape shape,
                  const struct spec_path *path)
{
    /* Only rows with a type of their own lead further down. */
    if (!shape.type && !(shape.field && shape.field->sub && !shape.element))
        return;
    if (node->kind == SPEC_MAP)
        visit_members(walk, node, shape, path);
    for (size_t i = 0; node->kind == SPEC_LIST && i < node->list.count; i++)
        visit(walk, node->list.items[i], spec_shape_item(shape),
              &(struct spec_path){.parent = path, .index = i});
}

/* One entry of `services`, `networks` ... */
static void visit_entry(const struct walk *walk, const char *section, const char *key,
                        const struct spec_node *node)
{
    const struct spec_path top = {0}, above = {.parent = &top, .key = section};
    const struct spec_path path = {.parent = &above, .key = key};

    if (node)
        visit(walk, node, spec_shape_member(spec_shape_member(spec_shape_root(), section), key),
              &path);
}

/*
 * An old engine makes missing paths only for mounts told as a line, and this one cannot be. Podman 4.3 makes them
 * always.
 */
static void check_host_path(const struct walk *walk, const struct spec_mount *mount,
                            const char *name)
{
    const struct spec_node *node =
        mount->bind ? spec_node_get(mount->bind->node, "create_host_path") : NULL;
    bool create;

    if (!node || node->origin->kind == SPEC_FROM_DEFAULT)
        return;
    create = mount->bind->create_host_path;
    if (create && walk->api_minor < TRANSLATE_API_CREATE_PATH && translate_bind_needs_object(mount))
        warnings_add(
            walk->warnings, spec_node_place(node),
            "%s.bind.create_host_path needs Engine API 1.%u, this engine speaks 1.%u: it has "
            "no effect",
            name, TRANSLATE_API_CREATE_PATH, walk->api_minor);
    else if (!create && walk->podman && mount->source && access(mount->source, F_OK) != 0)
        warnings_add(walk->warnings, spec_node_place(node),
                     "%s.bind.create_host_path: Podman creates %s all the same", name,
                     mount->source);
}

/* The request has no mode for the volumes of a service: they are writable. */
static void check_borrowed_modes(const struct walk *walk, const struct spec_service *service)
{
    for (size_t i = 0; i < service->volumes_from.count; i++) {
        const char *from = service->volumes_from.items[i], *colon = strchr(from, ':');

        if (!text_starts_with(from, "container:") && colon && strcmp(colon, ":ro") == 0)
            warnings_add(
                walk->warnings, spec_node_place(spec_node_get(service->node, "volumes_from")),
                "services.%s.volumes_from: the volumes of service %.*s are mounted writable, "
                "`ro` has an effect only in container:NAME:ro",
                service->name, (int)(colon - from), from);
    }
}

void translate_unsupported(const struct spec_service *service, unsigned api_minor, bool podman,
                           struct warnings *warnings)
{
    const struct walk walk = {api_minor, podman, warnings};

    visit_entry(&walk, "services", service->name, service->node);
    check_borrowed_modes(&walk, service);
    for (size_t i = 0; i < service->volumes.count; i++)
        check_host_path(
            &walk, service->volumes.items[i],
            arena_printf(warnings->arena, "services.%s.volumes.[%zu]", service->name, i));
}

void translate_unsupported_resources(const struct spec_project *project, unsigned api_minor,
                                     struct warnings *warnings)
{
    const struct walk walk = {.api_minor = api_minor, .warnings = warnings};

    for (size_t i = 0; i < project->networks.count; i++)
        if (project->networks.items[i].value)
            visit_entry(&walk, "networks", project->networks.items[i].key,
                        project->networks.items[i].value->node);
    for (size_t i = 0; i < project->secrets.count; i++)
        visit_entry(&walk, "secrets", project->secrets.items[i].key,
                    project->secrets.items[i].value->node);
    for (size_t i = 0; i < project->configs.count; i++)
        visit_entry(&walk, "configs", project->configs.items[i].key,
                    project->configs.items[i].value->node);
}
