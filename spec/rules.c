/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/rules.h"

#include <arpa/inet.h>
#include <string.h>

#include "spec/base/span.h"
#include "spec/project.h"
#include "spec/refresh_window.h"
#include "spec/shape.h"

struct walk {
    struct spec_tree *tree;
    struct error *err;
};

static void fail(struct walk *walk, struct place place, const struct spec_path *path,
                 const char *separator, const char *words)
{
    struct error one;

    error_init(&one);
    (void)error_set_at(&one, ERROR_INPUT, place, "%s%s%s",
                       spec_path_text(walk->tree->arena, path, SPEC_PATH_ANY), separator, words);
    (void)error_append(walk->err, &one);
}

static bool is_external(const struct spec_node *map)
{
    const struct spec_node *external = spec_node_get(map, "external");

    return spec_node_is(external, SPEC_BOOL) && external->boolean;
}

static void check_volume(struct walk *walk, const struct spec_node *volume,
                         const struct spec_path *path)
{
    if (!is_external(volume))
        return;
    for (size_t i = 0; i < volume->map.count; i++) {
        const struct spec_member *member = &volume->map.items[i];

        if (strcmp(member->key, "name") == 0 || strcmp(member->key, "external") == 0 ||
            text_starts_with(member->key, "x-"))
            continue;
        fail(walk, member->place, path, ": ",
             arena_printf(walk->tree->arena,
                          "conflicting parameters \"external\" and \"%s\" specified", member->key));
        return;
    }
}

/* Exactly one of these members, unless something else provides the content. */
static void check_source(struct walk *walk, const struct spec_node *map,
                         const struct spec_path *path, const char *const *names, size_t count,
                         const char *list)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += spec_node_get(map, names[i]) ? 1 : 0;
    if (found > 1)
        fail(walk, spec_node_place(map), path, ": ",
             arena_printf(walk->tree->arena, "%s attributes are mutually exclusive", list));
    else if (found == 0 && !spec_node_get(map, "driver") && !spec_node_get(map, "external"))
        fail(walk, spec_node_place(map), path, ": ",
             arena_printf(walk->tree->arena, "one of %s must be set", list));
}

static void check_port(struct walk *walk, const struct spec_node *port,
                       const struct spec_path *path)
{
    const struct spec_node *address = spec_node_get(port, "host_ip");
    const char *text = spec_node_text(address);
    struct in6_addr parsed;

    if (!text || text[0] == '\0' || inet_pton(AF_INET, text, &parsed) == 1 ||
        inet_pton(AF_INET6, text, &parsed) == 1)
        return;
    if (walk->tree->options->no_interpolate && strchr(text, '$'))
        return;
    fail(walk, spec_node_place(address), path, ": ",
         arena_printf(walk->tree->arena, "invalid ip address: %s", text));
}

static void check_service(struct walk *walk, const struct spec_node *service,
                          const struct spec_path *path)
{
    const struct spec_node *policy = spec_node_get(service, "pull_policy");
    int64_t window_s;

    if (!spec_refresh_window(spec_node_text(policy), &window_s))
        fail(walk, spec_node_place(policy), path, "", ".pull_policy: more than 292 years");
}

static void check_map(struct walk *walk, const struct spec_node *node, struct spec_shape shape,
                      const struct spec_path *path)
{
    static const char *const secret_sources[] = {"file", "environment"};
    static const char *const config_sources[] = {"file", "environment", "content"};

    if (shape.type == &spec_type_service) {
        check_service(walk, node, path);
    } else if (shape.type == &spec_type_volume) {
        check_volume(walk, node, path);
    } else if (shape.type == &spec_type_secret) {
        check_source(walk, node, path, secret_sources, COUNT_OF(secret_sources),
                     "file|environment");
    } else if (shape.type == &spec_type_config) {
        check_source(walk, node, path, config_sources, COUNT_OF(config_sources),
                     "file|environment|content");
    } else if (shape.type == &spec_type_port) {
        check_port(walk, node, path);
    } else if (shape.type == &spec_type_watch) {
        const struct spec_node *value = spec_node_get(node, "path");

        if (spec_node_is(value, SPEC_STRING) && value->string.length == 0)
            fail(walk, spec_node_place(value), path, "", ".path: value can't be blank");
    } else if (shape.type == &spec_type_device_request) {
        if (spec_node_get(node, "count") && spec_node_get(node, "device_ids"))
            fail(walk, spec_node_place(node), path, ": ",
                 "\"count\" and \"device_ids\" attributes are exclusive");
    }
}

static void walk_node(struct walk *walk, const struct spec_node *node, struct spec_shape shape,
                      const struct spec_path *path)
{
    if (node->kind == SPEC_LIST && shape.field && !shape.element) {
        for (size_t i = 0; i < node->list.count; i++) {
            struct spec_path step = {path, NULL, i};

            walk_node(walk, node->list.items[i], spec_shape_item(shape), &step);
        }
    } else if (node->kind == SPEC_MAP && (shape.type || (shape.field && !shape.element))) {
        if (shape.type)
            check_map(walk, node, shape, path);
        for (size_t i = 0; i < node->map.count; i++) {
            struct spec_path step = {path, node->map.items[i].key, 0};

            walk_node(walk, node->map.items[i].value, spec_shape_member(shape, step.key), &step);
        }
    }
}

bool spec_rules_check(struct spec_tree *tree, const struct spec_node *root, struct error *err)
{
    const struct spec_path top = {0};
    struct error all;
    struct walk walk = {tree, &all};

    error_init(&all);
    walk_node(&walk, root, spec_shape_root(), &top);
    if (!error_is_set(&all))
        return true;
    error_move(err, &all);
    return false;
}
