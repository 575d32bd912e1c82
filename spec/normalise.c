/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/normalise.h"

#include <string.h>

#include "spec/base/path.h"
#include "spec/base/span.h"

struct walk {
    struct spec_tree *tree;
    struct arena *arena;
    const struct spec_environment *environment;
    const char *project_name;
    bool needs_default_network;
};

/* An origin of something that follows from `from`. */
static const struct spec_origin *rule(struct walk *walk, const struct spec_node *from,
                                      const char *detail)
{
    return spec_origin_new(walk->arena, SPEC_FROM_RULE, spec_node_place(from), detail, NULL);
}

static void put_text(struct walk *walk, struct spec_node *map, const char *key, const char *text,
                     const char *why)
{
    spec_node_put(walk->arena, map, key, spec_node_string(walk->arena, text, rule(walk, map, why)),
                  (struct place){0});
}

static void add_default_network(struct walk *walk, struct spec_node *service)
{
    struct spec_node *networks = spec_node_get(service, "networks");
    const struct spec_origin *origin;

    if (spec_node_get(service, "provider") || spec_node_get(service, "network_mode"))
        return;
    if (spec_node_count(networks) > 0) {
        if (spec_node_member(networks, "default"))
            walk->needs_default_network = true;
        return;
    }
    origin = rule(walk, service, "a service without networks joins the default one");
    networks = spec_node_new(walk->arena, SPEC_MAP, origin);
    spec_node_reserve(walk->arena, networks, 1);
    spec_node_put(walk->arena, networks, "default", spec_node_new(walk->arena, SPEC_NULL, origin),
                  (struct place){0});
    spec_node_put(walk->arena, service, "networks", networks, (struct place){0});
    walk->needs_default_network = true;
}

/* Give values to the members and items of a mapping that have none; `drop` those that nobody knows. */
static void fill_values(struct walk *walk, struct spec_node *node, bool drop)
{
    size_t kept = 0;

    if (spec_node_is(node, SPEC_MAP)) {
        for (size_t i = 0; i < node->map.count;) {
            struct spec_node *value = node->map.items[i].value;
            const char *key = node->map.items[i].key;
            const char *found =
                value->kind == SPEC_NULL ? spec_environment_get(walk->environment, key) : NULL;

            if (found)
                spec_node_assign(
                    value, spec_node_string(walk->arena, found,
                                            spec_origin_of_variable(walk->arena, value->origin,
                                                                    walk->environment, key)));
            if (drop && value->kind == SPEC_NULL)
                (void)spec_node_remove(node, key);
            else
                i++;
        }
    } else if (spec_node_is(node, SPEC_LIST)) {
        for (size_t i = 0; i < node->list.count; i++) {
            struct spec_node *item = node->list.items[i];
            const char *name = spec_node_text(item);
            bool valueless = name && !strchr(name, '=');
            const char *found = valueless ? spec_environment_get(walk->environment, name) : NULL;

            if (found)
                spec_node_assign(
                    item,
                    spec_node_string(walk->arena, arena_printf(walk->arena, "%s=%s", name, found),
                                     spec_origin_of_variable(walk->arena, item->origin,
                                                             walk->environment, name)));
            if (found || !valueless || !drop)
                node->list.items[kept++] = item;
        }
        node->list.count = kept;
    }
}

static void normalise_build(struct walk *walk, struct spec_node *build)
{
    if (!spec_node_is(build, SPEC_MAP))
        return;
    if (!spec_node_get(build, "context"))
        put_text(walk, build, "context", ".", NULL);
    if (!spec_node_get(build, "dockerfile") && !spec_node_get(build, "dockerfile_inline"))
        put_text(walk, build, "dockerfile", "Dockerfile", NULL);
    fill_values(walk, spec_node_get(build, "args"), true);
}

/* A dependency that follows from another attribute, unless it is declared already. */
static void add_dependency(struct walk *walk, struct spec_node *service,
                           const struct spec_node *from, const char *target, bool restart)
{
    struct spec_node *all = spec_node_get(service, "depends_on"), *entry;
    const struct spec_origin *origin;

    if (spec_node_get(all, target))
        return;
    origin = rule(walk, from, "follows from another attribute");
    if (!spec_node_is(all, SPEC_MAP)) {
        all = spec_node_new(walk->arena, SPEC_MAP, origin);
        spec_node_put(walk->arena, service, "depends_on", all, (struct place){0});
    }
    entry = spec_node_new(walk->arena, SPEC_MAP, origin);
    spec_node_put(walk->arena, entry, "condition",
                  spec_node_string(walk->arena, "service_started", origin), (struct place){0});
    spec_node_put(walk->arena, entry, "restart", spec_node_bool(walk->arena, restart, origin),
                  (struct place){0});
    spec_node_put(walk->arena, entry, "required", spec_node_bool(walk->arena, true, origin),
                  (struct place){0});
    spec_node_put(walk->arena, all, target, entry, spec_node_place(from));
}

static const char *before_colon(struct walk *walk, const char *text)
{
    return arena_strndup(walk->arena, text, strcspn(text, ":"));
}

static void imply_dependencies(struct walk *walk, struct spec_node *service)
{
    static const char *const modes[] = {"network_mode", "ipc", "pid", "uts", "cgroup"};
    const struct spec_node *links = spec_node_get(service, "links");
    const struct spec_node *from = spec_node_get(service, "volumes_from");

    for (size_t i = 0; spec_node_is(links, SPEC_LIST) && i < links->list.count; i++)
        if (spec_node_text(links->list.items[i]))
            add_dependency(walk, service, links->list.items[i],
                           before_colon(walk, spec_node_text(links->list.items[i])), true);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        const struct spec_node *mode = spec_node_get(service, modes[i]);
        const char *text = spec_node_text(mode);

        if (text && text_starts_with(text, "service:"))
            add_dependency(walk, service, mode, text + strlen("service:"), true);
    }
    for (size_t i = 0; spec_node_is(from, SPEC_LIST) && i < from->list.count; i++) {
        const char *text = spec_node_text(from->list.items[i]);

        if (text && !text_starts_with(text, "container:"))
            add_dependency(walk, service, from->list.items[i], before_colon(walk, text), false);
    }
}

static void normalise_mounts(struct walk *walk, const struct spec_node *mounts)
{
    for (size_t i = 0; spec_node_is(mounts, SPEC_LIST) && i < mounts->list.count; i++) {
        struct spec_node *target = spec_node_get(mounts->list.items[i], "target");

        if (spec_node_is(target, SPEC_STRING) && target->string.length > 0) {
            target->string.bytes = path_clean(walk->arena, target->string.bytes);
            target->string.length = strlen(target->string.bytes);
        }
    }
}

static void normalise_service(struct walk *walk, struct spec_node *service)
{
    struct spec_node *policy = spec_node_get(service, "pull_policy");
    const struct spec_node *hooks = spec_node_get(service, "pre_start");
    const char *image = spec_node_text(spec_node_get(service, "image"));

    add_default_network(walk, service);
    if (spec_node_text(policy) && strcmp(policy->string.bytes, "if_not_present") == 0)
        spec_node_assign(policy, spec_node_string(walk->arena, "missing", policy->origin));
    normalise_build(walk, spec_node_get(service, "build"));
    fill_values(walk, spec_node_get(service, "environment"), false);
    imply_dependencies(walk, service);
    normalise_mounts(walk, spec_node_get(service, "volumes"));
    for (size_t i = 0; spec_node_is(hooks, SPEC_LIST) && i < hooks->list.count; i++) {
        struct spec_node *hook = hooks->list.items[i];

        if (image && hook->kind == SPEC_MAP && !spec_node_get(hook, "image"))
            put_text(walk, hook, "image", image, "the image of the service");
    }
}

/* Networks, volumes, configs, secrets: the name in the engine. */
static void name_resources(struct walk *walk, struct spec_node *resources)
{
    for (size_t i = 0; spec_node_is(resources, SPEC_MAP) && i < resources->map.count; i++) {
        struct spec_node *resource = resources->map.items[i].value;
        const struct spec_node *external = spec_node_get(resource, "external");
        const char *key = resources->map.items[i].key;

        if (resource->kind == SPEC_NULL) {
            struct spec_node *map = spec_node_new(walk->arena, SPEC_MAP, resource->origin);

            spec_node_assign(resource, map);
        }
        if (resource->kind != SPEC_MAP || spec_node_get(resource, "name"))
            continue;
        if (spec_node_is(external, SPEC_BOOL) && external->boolean)
            put_text(walk, resource, "name", key, "the key of an external resource");
        else
            put_text(walk, resource, "name",
                     arena_printf(walk->arena, "%s_%s", walk->project_name, key),
                     "project and key");
    }
}

static void declare_default_network(struct walk *walk, struct spec_node *root)
{
    struct spec_node *networks = spec_node_get(root, "networks");

    if (!walk->needs_default_network || spec_node_get(networks, "default"))
        return;
    if (!spec_node_is(networks, SPEC_MAP)) {
        networks = spec_node_new(walk->arena, SPEC_MAP, rule(walk, root, NULL));
        spec_node_put(walk->arena, root, "networks", networks, (struct place){0});
    }
    spec_node_put(walk->arena, networks, "default",
                  spec_node_new(walk->arena, SPEC_NULL, rule(walk, root, "the default network")),
                  (struct place){0});
}

void spec_normalise(struct spec_tree *tree, struct spec_node *root, const char *project_name,
                    const struct spec_environment *environment)
{
    static const char *const kinds[] = {"networks", "volumes", "configs", "secrets"};
    struct walk walk = {tree, tree->arena, environment, project_name, false};
    const struct spec_node *services = spec_node_get(root, "services");

    for (size_t i = 0; spec_node_is(services, SPEC_MAP) && i < services->map.count; i++)
        if (services->map.items[i].value->kind == SPEC_MAP)
            normalise_service(&walk, services->map.items[i].value);
    declare_default_network(&walk, root);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        name_resources(&walk, spec_node_get(root, kinds[i]));
}
