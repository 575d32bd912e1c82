/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that the engine keeps in several places, or together with what the image and we add. */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/names.h"
#include "compose/reconcile/deletion.h"
#include "compose/reconcile/explain_internal.h"
#include "compose/reconcile/explain_value.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/node.h"
#include "spec/project.h"

enum { ENGINE_NAME_DIGITS = 64 }; /* of a volume that the engine named */

/* -- Variables -- */

static size_t name_length(const char *line)
{
    return strcspn(line, "=");
}

static const char *line_of(struct span list, struct arena *arena, const char *name, size_t length)
{
    struct engine_json_member *lines = NULL;
    size_t count = engine_json_members(arena, list, &lines);

    for (size_t i = 0; i < count; i++) {
        const char *line = engine_json_text(arena, lines[i].value);

        if (strncmp(line, name, length) == 0 && (line[length] == '=' || line[length] == '\0'))
            return line;
    }
    return NULL;
}

static const char *value_of(const char *line)
{
    const char *equals = line ? strchr(line, '=') : NULL;

    return equals ? equals + 1 : NULL;
}

static const char *quoted_if_empty(const char *value)
{
    return !value ? "" : *value ? value : "\"\"";
}

void explain_environment(struct explanation *e)
{
    const struct pairs *map = &e->service->environment;
    const struct strings *env = &e->container->details->env;
    struct span image = engine_json_find(e->image, "Config.Env"),
                have = engine_json_find(e->have, "Config.Env");

    for (size_t i = 0; i < map->count; i++) {
        const char *name = map->items[i].key, *wanted = map->items[i].value;
        const char *old_value = value_of(line_of(have, e->arena, name, strlen(name)));

        if (wanted ? !old_value || strcmp(old_value, wanted) != 0 : old_value != NULL)
            explain_add(e, arena_printf(e->arena, "environment.%s", name), name,
                        quoted_if_empty(old_value), quoted_if_empty(wanted),
                        explain_node(e, "environment", name));
    }
    for (size_t i = 0; e->image.bytes && i < env->count; i++) {
        const char *name = arena_strndup(e->arena, env->items[i], name_length(env->items[i]));
        const char *own = line_of(image, e->arena, name, strlen(name));

        if (!pairs_find(map, name) && (!own || strcmp(own, env->items[i]) != 0) &&
            strcmp(name, "PATH") != 0)
            explain_add(e, arena_printf(e->arena, "environment.%s", name), name,
                        quoted_if_empty(value_of(env->items[i])), quoted_if_empty(value_of(own)),
                        explain_node(e, "environment", NULL));
    }
}

/* -- Labels -- */

static bool is_ours(const char *label)
{
    return text_starts_with(label, LABEL_PREFIX) || text_starts_with(label, LABEL_OWN_PREFIX);
}

void explain_labels(struct explanation *e)
{
    const struct pairs *wanted = &e->service->labels, *have = &e->container->entry->labels;
    struct span image = engine_json_find(e->image, "Config.Labels");

    for (size_t i = 0; i < wanted->count; i++) {
        const char *key = wanted->items[i].key,
                   *value = wanted->items[i].value ? wanted->items[i].value : "";
        const struct pair *old = pairs_find(have, key);

        if (!is_ours(key) && (!old || strcmp(old->value, value) != 0))
            explain_add(e, arena_printf(e->arena, "labels.%s", key), key,
                        old ? quoted_if_empty(old->value) : "", quoted_if_empty(value),
                        explain_node(e, "labels", key));
    }
    for (size_t i = 0; e->image.bytes && i < have->count; i++) {
        const char *key = have->items[i].key;
        const char *const path[] = {key};

        if (!is_ours(key) && !pairs_find(wanted, key) &&
            !engine_json_find_segments(image, path, 1).bytes)
            explain_add(e, arena_printf(e->arena, "labels.%s", key), key,
                        quoted_if_empty(have->items[i].value), "", explain_node(e, "labels", NULL));
    }
}

/* -- Mounts -- */

struct mount_row {
    const char *target, *text, *canonical;
};

struct mount_rows {
    struct mount_row *items;
    size_t count, capacity;
};

static void add_mount_row(struct explanation *e, struct mount_rows *rows, const char *target,
                          const char *text, const char *canonical)
{
    rows->items =
        arena_grow(e->arena, rows->items, &rows->capacity, rows->count + 1, sizeof(*rows->items));
    rows->items[rows->count++] = (struct mount_row){target, text, canonical};
}

/*
 * Taken over from a replaced container, as its label says. The reference writes that a container replaced another, but
 * not what it took over: there a name like the engine's own is enough, since only a text depends on it.
 */
static bool is_carried(const struct explanation *e, const char *source)
{
    const struct pairs *labels = &e->container->entry->labels;
    struct strings carried = labels_list(e->arena, labels_get(labels, LABEL_ANONYMOUS));

    return strings_contain(&carried, source) ||
           (*labels_get(labels, LABEL_REPLACE) && !deletion_is_declared(e->r->project, source) &&
            strlen(source) == ENGINE_NAME_DIGITS &&
            strspn(source, "0123456789abcdef") == ENGINE_NAME_DIGITS);
}

static void add_object(struct explanation *e, struct mount_rows *rows, struct span mount)
{
    const char *target = engine_json_text(e->arena, engine_json_find(mount, "Target"));
    const char *source = engine_json_text(e->arena, engine_json_find(mount, "Source"));
    const char *type = engine_json_text(e->arena, engine_json_find(mount, "Type"));
    bool read_only = *explain_canonical(e->arena, engine_json_find(mount, "ReadOnly"));
    const char *canonical = explain_canonical(e->arena, mount), *text;

    if (strcmp(type, "volume") == 0 && (!*source || is_carried(e, source)))
        text = canonical = target; /* carried over or not: the same volume to the file */
    else
        text = arena_printf(e->arena, "%s%s%s%s", source, *source ? ":" : "", target,
                            read_only ? ":ro" : "");
    add_mount_row(e, rows, target, text, canonical);
}

static struct mount_rows mounts_of(struct explanation *e, struct span document)
{
    struct engine_json_member *items = NULL;
    size_t count =
        engine_json_members(e->arena, engine_json_find(document, "HostConfig.Binds"), &items);
    struct mount_rows rows = {0};

    for (size_t i = 0; i < count; i++) {
        const char *line = engine_json_text(e->arena, items[i].value), *colon = strchr(line, ':');
        size_t length = colon ? strcspn(colon + 1, ":") : 0;

        if (colon)
            add_mount_row(e, &rows, arena_strndup(e->arena, colon + 1, length), line, line);
    }
    count = engine_json_members(e->arena, engine_json_find(document, "HostConfig.Mounts"), &items);
    for (size_t i = 0; i < count; i++)
        add_object(e, &rows, items[i].value);
    return rows;
}

static const struct mount_row *mount_at(const struct mount_rows *rows, const char *target)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->items[i].target, target) == 0)
            return &rows->items[i];
    return NULL;
}

/* A mount comes from `volumes`, or from a secret or config that is a file. */
static const char *mount_attribute(struct explanation *e, const char *target,
                                   const struct spec_node **ret_node)
{
    const struct spec_service *service = e->service;

    for (size_t i = 0; i < service->volumes.count; i++)
        if (service->volumes.items[i]->target &&
            strcmp(service->volumes.items[i]->target, target) == 0) {
            *ret_node = service->volumes.items[i]->node;
            return "volumes";
        }
    for (size_t i = 0; i < service->secrets.count; i++)
        if (strcmp(translate_secret_target(e->arena, service->secrets.items[i]), target) == 0) {
            *ret_node = service->secrets.items[i]->node;
            return "secrets";
        }
    for (size_t i = 0; i < service->configs.count; i++)
        if (strcmp(translate_config_target(e->arena, service->configs.items[i]), target) == 0) {
            *ret_node = service->configs.items[i]->node;
            return "configs";
        }
    *ret_node = explain_node(e, "volumes", NULL);
    return text_starts_with(target, "/run/secrets/") ? "secrets" : "volumes";
}

static void tell_mount(struct explanation *e, const struct mount_row *old,
                       const struct mount_row *wanted)
{
    bool short_forms = !old || !wanted || strcmp(old->text, wanted->text) != 0;
    const struct spec_node *node;
    const char *attribute = mount_attribute(e, wanted ? wanted->target : old->target, &node);

    explain_add(e, attribute, attribute,
                !old          ? ""
                : short_forms ? old->text
                              : old->canonical,
                !wanted       ? ""
                : short_forms ? wanted->text
                              : wanted->canonical,
                node);
}

void explain_mounts(struct explanation *e)
{
    struct mount_rows wanted = mounts_of(e, e->wanted), have = mounts_of(e, e->have);

    for (size_t i = 0; i < wanted.count; i++) {
        const struct mount_row *old = mount_at(&have, wanted.items[i].target);

        if (!old || strcmp(old->canonical, wanted.items[i].canonical) != 0)
            tell_mount(e, old, &wanted.items[i]);
    }
    for (size_t i = 0; i < have.count; i++) {
        const char *const path[] = {"Config", "Volumes", have.items[i].target};
        bool of_image = engine_json_find_segments(e->image, path, COUNT_OF(path)).bytes != NULL;

        if (!mount_at(&wanted, have.items[i].target) && !of_image && e->image.bytes)
            tell_mount(e, &have.items[i], NULL);
    }
}

/* -- Exposed ports -- */

static bool has_port(struct span document, const char *path, const char *port)
{
    const char *const segments[] = {port};
    struct span map = document.bytes ? engine_json_find(document, path) : document;

    return map.bytes && engine_json_find_segments(map, segments, 1).bytes;
}

/* What is published is told by `ports`. */
void explain_exposed(struct explanation *e)
{
    struct engine_json_member *wanted = NULL, *have = NULL;
    size_t wanted_count =
        engine_json_members(e->arena, engine_json_find(e->wanted, "ExposedPorts"), &wanted);
    size_t have_count =
        engine_json_members(e->arena, engine_json_find(e->have, "Config.ExposedPorts"), &have);
    struct strings more = {0}, fewer = {0};

    for (size_t i = 0; i < wanted_count; i++)
        if (!has_port(e->have, "Config.ExposedPorts", wanted[i].key) &&
            !has_port(e->wanted, "HostConfig.PortBindings", wanted[i].key))
            strings_add(&more, e->arena, wanted[i].key);
    for (size_t i = 0; e->image.bytes && i < have_count; i++)
        if (!has_port(e->wanted, "ExposedPorts", have[i].key) &&
            !has_port(e->image, "Config.ExposedPorts", have[i].key) &&
            !has_port(e->have, "HostConfig.PortBindings", have[i].key))
            strings_add(&fewer, e->arena, have[i].key);
    if (more.count > 0 || fewer.count > 0)
        explain_add(e, "expose", "expose", strings_join(&fewer, e->arena, ", "),
                    strings_join(&more, e->arena, ", "), explain_node(e, "expose", NULL));
}

/* -- Name -- */

void explain_name(struct explanation *e, const struct reconcile_service *service)
{
    const struct spec_service *model = reconcile_model(service);
    const char *usual = names_usual(e->arena, e->r->project, model->name, e->container->number);
    const char *name = model->container_name ? model->container_name : "";
    const char *have = strcmp(e->container->name, usual) == 0 ? "" : e->container->name;

    if (strcmp(name, have) != 0 &&
        !names_is_replacement(e->container->name, (char[NAMES_OLD_ID_DIGITS + 1]){0}))
        explain_add(e, "container_name", "", have, name, explain_node(e, "container_name", NULL));
}

/* -- Networks -- */

static const struct engine_container_network *joined_network(const struct explanation *e,
                                                             const char *name)
{
    for (size_t i = 0; i < e->container->details->network_count; i++)
        if (strcmp(e->container->details->networks[i].name, name) == 0)
            return &e->container->details->networks[i];
    return NULL;
}

static void compare_address(struct explanation *e, const char *key, const char *what,
                            const char *wanted, const char *have, const struct spec_node *node)
{
    if (strcmp(wanted ? wanted : "", have ? have : "") != 0)
        explain_add(e, arena_printf(e->arena, "networks.%s.%s", key, what), what, have ? have : "",
                    wanted ? wanted : "", node);
}

/* The engine adds the short id and the host name, and we the names of service and container. */
static void compare_aliases(struct explanation *e, const char *key, const struct strings *wanted,
                            const struct strings *have, const struct spec_node *node)
{
    const char *attribute = arena_printf(e->arena, "networks.%s.aliases", key);
    const char *hostname = engine_json_text(e->arena, engine_json_find(e->have, "Config.Hostname"));

    for (size_t i = 0; i < wanted->count; i++)
        if (!strings_contain(have, wanted->items[i]))
            explain_add(e, attribute, key, "", wanted->items[i], node);
    for (size_t i = 0; i < have->count; i++) {
        const char *alias = have->items[i];

        if (!strings_contain(wanted, alias) && strcmp(alias, e->service->name) != 0 &&
            strcmp(alias, e->container->name) != 0 && strcmp(alias, hostname) != 0 &&
            strncmp(alias, e->container->id, strlen(alias)) != 0)
            explain_add(e, attribute, key, alias, "", node);
    }
}

static void compare_network(struct explanation *e, const char *key,
                            const struct spec_service_network *network, const char *name)
{
    const struct engine_container_network *have = joined_network(e, name);
    const struct spec_node *node = explain_node(e, "networks", key);
    const struct strings none = {0};

    if (!have) {
        explain_add(e, arena_printf(e->arena, "networks.%s", key), key, "", "joined", node);
        return;
    }
    compare_address(e, key, "ipv4_address", network ? network->ipv4_address : NULL,
                    have->ipv4_wanted, node);
    compare_address(e, key, "ipv6_address", network ? network->ipv6_address : NULL,
                    have->ipv6_wanted, node);
    if (network && network->mac_address && *network->mac_address)
        compare_address(e, key, "mac_address", network->mac_address, have->mac_address, node);
    compare_aliases(e, key, network ? &network->aliases : &none, &have->aliases, node);
}

void explain_networks(struct explanation *e)
{
    const struct spec_service *service = e->service;
    struct strings names = {0};

    if (service->network_mode && *service->network_mode)
        return; /* told as network_mode */
    for (size_t i = 0; i < service->networks.count; i++) {
        const struct reconcile_network *network =
            reconcile_find_network(e->r, service->networks.items[i].key);

        if (!network)
            continue;
        strings_add(&names, e->arena, network->name);
        compare_network(e, service->networks.items[i].key, service->networks.items[i].value,
                        network->name);
    }
    for (size_t i = 0; i < e->container->details->network_count; i++) {
        const char *name = e->container->details->networks[i].name;

        if (!strings_contain(&names, name) && service->networks.count > 0)
            explain_add(e, "networks", "networks", name, "", explain_node(e, "networks", NULL));
    }
}
