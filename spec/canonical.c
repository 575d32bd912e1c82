/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/canonical.h"

#include <string.h>

#include "spec/base/path.h"
#include "spec/mounts.h"
#include "spec/ports.h"
#include "spec/project.h"
#include "spec/remedy.h"
#include "spec/shape.h"
#include "spec/text_form.h"

struct walk {
    struct spec_tree *tree;
    struct arena *arena;
    struct error *err;
};

/* A text that may hold variables need not make sense yet. */
static bool tolerate(const struct walk *walk, struct error *one)
{
    if (!walk->tree->options->no_interpolate)
        return false;
    error_finish(one);
    return true;
}

/* Every form gets the node, changes it in place, and returns false with `one` set when that fails. */

static void put(struct walk *walk, struct spec_node *map, const char *key, struct spec_node *value)
{
    spec_node_put(walk->arena, map, key, value, spec_node_place(value));
}

static void put_text(struct walk *walk, struct spec_node *map, const char *key, const char *text)
{
    if (text)
        put(walk, map, key, spec_node_string(walk->arena, text, map->origin));
}

/* With room for what a short form says. */
static struct spec_node *new_map(struct walk *walk, const struct spec_node *from, size_t members)
{
    struct spec_node *map = spec_node_new(walk->arena, SPEC_MAP, from->origin);

    spec_node_reserve(walk->arena, map, members);
    return map;
}

static struct spec_node *copy_of(struct walk *walk, const struct spec_node *node)
{
    struct spec_node *copy = spec_node_new(walk->arena, node->kind, node->origin);

    spec_node_assign(copy, node);
    return copy;
}

/* text -> {key: text} */
static void wrap_text(struct walk *walk, struct spec_node *node, const char *key)
{
    struct spec_node *map;

    if (node->kind != SPEC_STRING)
        return;
    map = new_map(walk, node, 1);
    put(walk, map, key, copy_of(walk, node));
    spec_node_assign(node, map);
}

/* text -> [text] */
static void text_as_list(struct walk *walk, struct spec_node *node)
{
    struct spec_node *list;

    if (node->kind != SPEC_STRING)
        return;
    list = spec_node_new(walk->arena, SPEC_LIST, node->origin);
    spec_node_append(walk->arena, list, copy_of(walk, node));
    spec_node_assign(node, list);
}

static void form_dns(struct walk *walk, struct spec_node *node)
{
    size_t kept = 0;

    text_as_list(walk, node);
    if (node->kind != SPEC_LIST)
        return;
    for (size_t i = 0; i < node->list.count; i++) {
        const struct spec_node *item = node->list.items[i];

        if (item->kind != SPEC_NULL && !(item->kind == SPEC_STRING && item->string.length == 0))
            node->list.items[kept++] = node->list.items[i];
    }
    node->list.count = kept;
}

static void form_names(struct walk *walk, struct spec_node *node)
{
    struct spec_node *map;

    if (node->kind != SPEC_LIST)
        return;
    map = new_map(walk, node, node->list.count);
    for (size_t i = 0; i < node->list.count; i++) {
        const struct spec_node *item = node->list.items[i];

        if (item->kind == SPEC_STRING)
            put(walk, map, item->string.bytes, spec_node_new(walk->arena, SPEC_NULL, item->origin));
    }
    spec_node_assign(node, map);
}

static bool form_depends_on(struct walk *walk, struct spec_node *node, const struct spec_path *path,
                            struct error *one)
{
    struct spec_node *map;

    if (node->kind == SPEC_LIST) {
        map = new_map(walk, node, node->list.count);
        for (size_t i = 0; i < node->list.count; i++) {
            const struct spec_node *item = node->list.items[i];

            if (item->kind != SPEC_STRING)
                return error_set_at(one, ERROR_INPUT, spec_node_place(item), "%s must be a string",
                                    spec_path_text(walk->arena, path, SPEC_PATH_INDEX));
            put(walk, map, item->string.bytes, spec_dependency_default(walk->arena, item));
        }
        spec_node_assign(node, map);
        return true;
    }
    for (size_t i = 0; i < spec_node_count(node); i++) {
        struct spec_node *entry = node->map.items[i].value;
        const struct spec_origin *origin;

        if (entry->kind != SPEC_MAP)
            return error_set_at(
                one, ERROR_INPUT, spec_node_place(entry), "%s.%s: unsupported value",
                spec_path_text(walk->arena, path, SPEC_PATH_INDEX), node->map.items[i].key);
        origin =
            spec_origin_new(walk->arena, SPEC_FROM_DEFAULT, spec_node_place(entry), NULL, NULL);
        if (!spec_node_get(entry, "condition"))
            put(walk, entry, "condition", spec_node_string(walk->arena, "service_started", origin));
        if (!spec_node_get(entry, "required"))
            put(walk, entry, "required", spec_node_bool(walk->arena, true, origin));
    }
    return true;
}

static void form_env_file(struct walk *walk, struct spec_node *node)
{
    text_as_list(walk, node);
    if (node->kind != SPEC_LIST)
        return;
    for (size_t i = 0; i < node->list.count; i++) {
        struct spec_node *item = node->list.items[i];
        const struct spec_origin *origin;

        wrap_text(walk, item, "path");
        if (item->kind != SPEC_MAP || spec_node_get(item, "required"))
            continue;
        origin = spec_origin_new(walk->arena, SPEC_FROM_DEFAULT, spec_node_place(item), NULL, NULL);
        put(walk, item, "required", spec_node_bool(walk->arena, true, origin));
    }
}

static bool form_contexts(struct walk *walk, struct spec_node *node, const struct spec_path *path,
                          struct error *one)
{
    struct spec_node *map;

    if (node->kind != SPEC_LIST)
        return true;
    map = new_map(walk, node, node->list.count);
    for (size_t i = 0; i < node->list.count; i++) {
        const struct spec_node *item = node->list.items[i];
        const char *text = spec_node_text(item), *equals = text ? strchr(text, '=') : NULL;

        if (!equals)
            return error_set_at(
                one, ERROR_INPUT, spec_node_place(item), "%s: invalid value %s, expected key=value",
                spec_path_text(walk->arena, path, SPEC_PATH_INDEX), text ? text : "");
        put(walk, map, arena_strndup(walk->arena, text, (size_t)(equals - text)),
            spec_node_string(walk->arena, equals + 1, item->origin));
    }
    spec_node_assign(node, map);
    return true;
}

static bool form_ssh(struct walk *walk, struct spec_node *node, struct error *one)
{
    struct spec_node *map;

    if (node->kind != SPEC_LIST)
        return true;
    map = new_map(walk, node, node->list.count);
    for (size_t i = 0; i < node->list.count; i++) {
        const struct spec_node *item = node->list.items[i];
        const char *text = spec_node_text(item), *equals = text ? strchr(text, '=') : NULL;

        if (equals)
            put(walk, map, arena_strndup(walk->arena, text, (size_t)(equals - text)),
                spec_node_string(walk->arena, equals + 1, item->origin));
        else if (text && strcmp(text, "default") == 0)
            put(walk, map, text, spec_node_new(walk->arena, SPEC_NULL, item->origin));
        else
            return error_set_at(one, ERROR_INPUT, spec_node_place(item), "invalid ssh key \"%s\"",
                                text ? text : "");
    }
    spec_node_assign(node, map);
    return true;
}

static void form_gpus(struct walk *walk, struct spec_node *node)
{
    struct spec_node *list, *request;

    if (node->kind != SPEC_STRING)
        return;
    list = spec_node_new(walk->arena, SPEC_LIST, node->origin);
    request = new_map(walk, node, 1);
    put_text(walk, request, "count", "all"); /* the only text that the schema takes */
    spec_node_append(walk->arena, list, request);
    spec_node_assign(node, list);
}

static bool form_device(struct walk *walk, struct spec_node *node, struct error *one)
{
    struct spec_node *map;
    const char *parts[3], *text = spec_node_text(node);
    size_t count = 0;

    if (!text)
        return true;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ":");

        if (count == 3) {
            (void)error_set_at(one, ERROR_INPUT, spec_node_place(node),
                               "confusing device mapping, please use long syntax: %s", text);
            return tolerate(walk, one);
        }
        parts[count++] = arena_strndup(walk->arena, at, length);
        at += length;
        if (!*at)
            break;
    }
    map = new_map(walk, node, 3);
    put_text(walk, map, "source", parts[0]);
    put_text(walk, map, "target", count > 1 && parts[1][0] ? parts[1] : parts[0]);
    put_text(walk, map, "permissions", count > 2 ? parts[2] : "rwm");
    spec_node_assign(node, map);
    return true;
}

static bool form_mount(struct walk *walk, struct spec_node *node, struct error *one)
{
    struct spec_short_mount mount;
    struct spec_node *map, *bind, *volume;

    if (node->kind != SPEC_STRING)
        return true;
    if (!spec_short_mount_parse(walk->arena, node->string.bytes, &mount, one)) {
        (void)error_place(one, spec_node_place(node));
        return tolerate(walk, one);
    }
    map = new_map(walk, node, mount.read_only ? 5 : 4);
    put_text(walk, map, "type", mount.is_bind ? "bind" : "volume");
    put_text(walk, map, "source", mount.source);
    put_text(walk, map, "target",
             mount.bare ? mount.target : path_clean(walk->arena, mount.target));
    if (mount.read_only)
        put(walk, map, "read_only", spec_node_bool(walk->arena, true, node->origin));
    bind = new_map(walk, node, 1);
    if (mount.is_bind)
        put(walk, bind, "create_host_path", spec_node_bool(walk->arena, true, node->origin));
    put_text(walk, bind, "propagation", mount.propagation);
    put_text(walk, bind, "selinux", mount.selinux);
    if (bind->map.count > 0)
        put(walk, map, "bind", bind);
    volume = new_map(walk, node, 0);
    if (mount.nocopy)
        put(walk, volume, "nocopy", spec_node_bool(walk->arena, true, node->origin));
    if (mount.nocopy || (!mount.is_bind && !mount.bare))
        put(walk, map, "volume", volume);
    spec_node_assign(node, map);
    return true;
}

static void add_ports(struct walk *walk, struct spec_node *list, const struct spec_node *from,
                      const struct spec_short_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct spec_short_port *port = &ports->items[i];
        struct spec_node *map = new_map(walk, from, port->host_ip ? 5 : 4);

        put_text(walk, map, "mode", "ingress");
        put_text(walk, map, "host_ip", port->host_ip);
        if (port->target > 0) /* port 0 counts as none: unique.c will say so */
            put(walk, map, "target", spec_node_int(walk->arena, port->target, from->origin));
        put_text(walk, map, "published", port->published);
        put_text(walk, map, "protocol", port->protocol);
        spec_node_append(walk->arena, list, map);
    }
}

static bool form_ports(struct walk *walk, struct spec_node *node, const struct spec_path *path,
                       struct error *one)
{
    struct spec_node *list = spec_node_new(walk->arena, SPEC_LIST, node->origin);

    if (node->kind != SPEC_LIST)
        return error_set_at(one, ERROR_INPUT, spec_node_place(node), "%s: invalid type %s for port",
                            spec_path_text(walk->arena, path, SPEC_PATH_INDEX),
                            spec_node_kind_name(node->kind));
    for (size_t i = 0; i < node->list.count; i++) {
        struct spec_node *item = node->list.items[i];
        const char *text = item->kind == SPEC_INT || item->kind == SPEC_STRING
                               ? spec_node_scalar_text(walk->arena, item)
                               : NULL;
        struct spec_short_ports ports;

        if (item->kind == SPEC_MAP) {
            spec_node_append(walk->arena, list, item);
        } else if (!text) {
            return error_set_at(one, ERROR_INPUT, spec_node_place(item),
                                "%s: invalid type %s for port",
                                spec_path_text(walk->arena, path, SPEC_PATH_INDEX),
                                spec_node_kind_name(item->kind));
        } else if (spec_short_ports_parse(walk->arena, text, &ports, one)) {
            if (!spec_tree_count(walk->tree, ports.count * 5, spec_node_place(item), one))
                return false;
            add_ports(walk, list, item, &ports);
        } else {
            (void)error_place(one, spec_node_place(item));
            (void)error_hint(one, "%s", spec_remedy_for_ports(walk->arena, item));
            return tolerate(walk, one);
        }
    }
    spec_node_assign(node, list);
    return true;
}

/* `external: {name: x}` is the name of the resource. */
static bool form_external(struct walk *walk, struct spec_node *resource, struct spec_node *external,
                          const struct spec_path *path, struct error *one)
{
    struct spec_node *name = spec_node_get(external, "name"),
                     *own = spec_node_get(resource, "name");
    const char *where = spec_path_text(walk->arena, path->parent, SPEC_PATH_INDEX);

    if (external->kind != SPEC_MAP)
        return true;
    if (name) {
        warnings_add(walk->tree->warnings, spec_node_place(name),
                     "%s: external.name is deprecated. Please set name and external: true", where);
        if (own && !spec_node_equal(own, name))
            return error_set_at(one, ERROR_INPUT, spec_node_place(name),
                                "%s: name and external.name conflict; only use name", where);
    }
    external->kind = SPEC_BOOL;
    external->boolean = true;
    if (name && !own)
        put(walk, resource, "name", name);
    return true;
}

/* Whether a node may be an entry of a map of mappings; the check may have been left out. */
static bool is_entry(const struct spec_node *node, unsigned accept)
{
    return accept & ~(unsigned)(A_MAP | A_NULL) || node->kind == SPEC_MAP ||
           (node->kind == SPEC_NULL && accept & A_NULL);
}

static bool fail_entry(const struct walk *walk, const struct spec_node *node,
                       const struct spec_path *path, struct error *one)
{
    const char *hint = spec_remedy_for_kind(walk->arena, node, A_MAP, path);

    (void)error_set_at(one, ERROR_INPUT, spec_node_place(node), "%s must be a mapping",
                       spec_path_text(walk->arena, path, SPEC_PATH_INDEX));
    return hint ? error_hint(one, "%s", hint) : false;
}

static bool apply_form(struct walk *walk, struct spec_node *node, struct spec_node *parent,
                       struct spec_shape shape, const struct spec_path *path, struct error *one)
{
    const struct spec_field *field = shape.field;

    if (shape.element && field->kind == SPEC_KIND_MAP && !is_entry(node, spec_field_item(field)))
        return fail_entry(walk, node, path, one);
    if (shape.element) {
        if (field->form == FORM_FILE_REF)
            wrap_text(walk, node, "source");
        return field->form == FORM_DEVICE  ? form_device(walk, node, one)
               : field->form == FORM_MOUNT ? form_mount(walk, node, one)
                                           : true;
    }
    switch (field->form) {
    case FORM_BUILD:
        wrap_text(walk, node, "context");
        return true;
    case FORM_CONTEXTS:
        return form_contexts(walk, node, path, one);
    case FORM_DEPENDS_ON:
        return form_depends_on(walk, node, path, one);
    case FORM_DNS:
        form_dns(walk, node);
        return true;
    case FORM_ENV_FILE:
        form_env_file(walk, node);
        return true;
    case FORM_EXTENDS:
        wrap_text(walk, node, "service");
        return true;
    case FORM_EXTERNAL:
        return form_external(walk, parent, node, path, one);
    case FORM_GPUS:
        form_gpus(walk, node);
        return true;
    case FORM_NAMES:
        form_names(walk, node);
        return true;
    case FORM_PORTS:
        return form_ports(walk, node, path, one);
    case FORM_SSH:
        return form_ssh(walk, node, one);
    case FORM_STRINGS:
        text_as_list(walk, node);
        return true;
    case FORM_NONE:
    case FORM_DEVICE:
    case FORM_FILE_REF:
    case FORM_MOUNT:
    case FORM_ULIMIT:
        break;
    }
    if (field->kind == SPEC_KIND_STRING && node->kind == SPEC_BOOL) {
        const char *text = node->boolean ? "true" : "false";

        spec_node_assign(node, spec_node_string(walk->arena, text, node->origin));
    }
    return true;
}

static void walk_node(struct walk *walk, struct spec_node *node, struct spec_node *parent,
                      struct spec_shape shape, const struct spec_path *path)
{
    if (spec_tree_is_full(walk->tree))
        return;
    if (shape.field) {
        struct error one;

        error_init(&one);
        if (!apply_form(walk, node, parent, shape, path, &one))
            (void)error_append(walk->err, &one);
    }
    if (node->kind == SPEC_LIST && shape.field && !shape.element) {
        for (size_t i = 0; i < node->list.count; i++) {
            struct spec_path step = {path, NULL, i};

            walk_node(walk, node->list.items[i], node, spec_shape_item(shape), &step);
        }
    } else if (node->kind == SPEC_MAP && (shape.type || (shape.field && !shape.element))) {
        /* A form may add members to its parent: the count is read anew each time. */
        for (size_t i = 0; i < node->map.count; i++) {
            struct spec_path step = {path, node->map.items[i].key, 0};

            walk_node(walk, node->map.items[i].value, node, spec_shape_member(shape, step.key),
                      &step);
        }
    }
}

bool spec_canonical(struct spec_tree *tree, struct spec_node *root, struct error *err)
{
    const struct spec_path top = {0};
    struct error all;
    struct walk walk = {tree, tree->arena, &all};

    error_init(&all);
    walk_node(&walk, root, NULL, spec_shape_root(), &top);
    if (!error_is_set(&all))
        return true;
    error_move(err, &all);
    return false;
}
