/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/paths.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/remote.h"
#include "spec/shape.h"

struct walk {
    struct spec_tree *tree;
    const char *prefix;
    struct error *err;
};

/* `~` and whatever follows it: the home directory and the rest, a user's name too. */
static const char *expand_home(const struct walk *walk, const char *path)
{
    const char *home = walk->tree->home;

    if (path[0] != '~' || !home || !home[0])
        return path;
    return path_clean(walk->tree->arena, arena_printf(walk->tree->arena, "%s/%s", home, path + 1));
}

static bool is_windows_path(const char *path)
{
    bool drive = ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z')) &&
                 path[1] == ':';

    return (drive && (path[2] == '\\' || path[2] == '/')) || (path[0] == '\\' && path[1] == '\\');
}

static const char *join(const struct walk *walk, const char *path)
{
    path = expand_home(walk, path);
    if (path_is_absolute(path) || is_windows_path(path))
        return path;
    return path_join(walk->tree->arena, walk->prefix, path);
}

static void set_text(struct walk *walk, struct spec_node *node, const char *text)
{
    if (text == node->string.bytes)
        return;
    node->string.bytes = text;
    node->string.length = strlen(text);
    node->origin = spec_origin_new(walk->tree->arena, SPEC_FROM_RULE, node->origin->place,
                                   "resolved against the project's directory", node->origin);
}

/* What may be a path of the engine's host: an empty one is the directory itself. */
static void join_host_path(struct walk *walk, struct spec_node *node)
{
    if (node->kind == SPEC_STRING)
        set_text(walk, node, join(walk, node->string.bytes));
}

static void join_node(struct walk *walk, struct spec_node *node)
{
    if (node->kind == SPEC_STRING && node->string.length > 0)
        join_host_path(walk, node);
    else if (node->kind == SPEC_LIST)
        for (size_t i = 0; i < node->list.count; i++)
            join_node(walk, node->list.items[i]);
}

static void join_context(struct walk *walk, struct spec_node *node)
{
    const char *text = spec_node_text(node);

    if (text && !strstr(text, "://") && !text_starts_with(text, "service:") &&
        !spec_is_remote_context(text))
        join_node(walk, node);
}

/* The first component that is a link is replaced by its target. */
static void follow_link(struct walk *walk, struct spec_node *node)
{
    const char *path = spec_node_text(node);

    if (!path || !path_is_absolute(path))
        return;
    for (const char *slash = path + 1; *slash; slash++) {
        size_t length = strcspn(slash, "/");
        const char *part = arena_strndup(walk->tree->arena, path, (size_t)(slash - path) + length);
        struct stat status;
        char *real;

        slash += length;
        if (lstat(part, &status) == 0 && S_ISLNK(status.st_mode)) {
            real = realpath(part, NULL);
            if (real)
                set_text(walk, node,
                         path_clean(walk->tree->arena,
                                    arena_printf(walk->tree->arena, "%s%s", real, slash)));
            free(real);
            return;
        }
        if (!*slash)
            return;
    }
}

static bool join_bind_source(struct walk *walk, const struct spec_node *mount)
{
    const char *type = spec_node_text(spec_node_get(mount, "type"));
    struct spec_node *source = spec_node_get(mount, "source");

    if (!type || strcmp(type, "bind") != 0)
        return true;
    if (!source)
        return error_set_at(
            walk->err, ERROR_INPUT, spec_node_place(mount),
            "invalid mount config for type \"bind\": field Source must not be empty");
    join_host_path(walk, source);
    return true;
}

/* A local volume that is a bind mount in disguise has a path among its options. */
static void join_device(struct walk *walk, const struct spec_node *volume)
{
    const char *driver = spec_node_text(spec_node_get(volume, "driver"));
    const struct spec_node *options = spec_node_get(volume, "driver_opts");
    const char *o = spec_node_text(spec_node_get(options, "o"));
    struct spec_node *device = spec_node_get(options, "device");

    if (driver && strcmp(driver, "local") == 0 && o && strcmp(o, "bind") == 0 && device)
        join_host_path(walk, device);
}

static bool apply_rule(struct walk *walk, struct spec_node *node, const struct spec_node *parent,
                       struct spec_shape shape)
{
    enum spec_path_rule rule = shape.field->path;

    switch (rule) {
    case PATH_NONE:
        break;
    case PATH_JOIN:
        if (!shape.element)
            join_node(walk, node);
        break;
    case PATH_CONTEXT:
        join_context(walk, node);
        break;
    case PATH_JOIN_VALUES:
        if (shape.element)
            join_host_path(walk, node);
        break;
    case PATH_CONTEXT_VALUES:
        if (shape.element)
            join_context(walk, node);
        break;
    case PATH_EXTENDS:
        if (spec_node_text(node) && !spec_is_remote(spec_node_text(node)))
            join_node(walk, node);
        break;
    case PATH_WATCH:
        join_node(walk, node);
        follow_link(walk, node);
        break;
    case PATH_BIND_SOURCE: /* done with its mount, which may lack it */
        break;
    case PATH_VOLUME_DEVICE:
        if (!shape.element)
            join_device(walk, parent);
        break;
    }
    return true;
}

static bool walk_node(struct walk *walk, struct spec_node *node, struct spec_node *parent,
                      struct spec_shape shape)
{
    if (shape.field && !apply_rule(walk, node, parent, shape))
        return false;
    if (shape.type == &spec_type_mount && node->kind == SPEC_MAP && !join_bind_source(walk, node))
        return false;
    if (node->kind == SPEC_LIST && shape.field && !shape.element) {
        for (size_t i = 0; i < node->list.count; i++)
            if (!walk_node(walk, node->list.items[i], node, spec_shape_item(shape)))
                return false;
    } else if (node->kind == SPEC_MAP && (shape.type || (shape.field && !shape.element))) {
        for (size_t i = 0; i < node->map.count; i++)
            if (!walk_node(walk, node->map.items[i].value, node,
                           spec_shape_member(shape, node->map.items[i].key)))
                return false;
    }
    return true;
}

bool spec_paths_resolve(struct spec_tree *tree, struct spec_node *root, const char *prefix,
                        struct error *err)
{
    struct walk walk = {tree, prefix, err};

    return walk_node(&walk, root, NULL, spec_shape_root());
}
