/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States, and the rows of the list of containers.
 */
#include "engine_client/container.h"

#include <limits.h>
#include <string.h>

#include "engine_client/container_parts.h"
#include "spec/base/number.h"

static const char *const state_names[] = {
    [ENGINE_STATE_UNKNOWN] = "",
    [ENGINE_STATE_CREATED] = "created",
    [ENGINE_STATE_RUNNING] = "running",
    [ENGINE_STATE_PAUSED] = "paused",
    [ENGINE_STATE_RESTARTING] = "restarting",
    [ENGINE_STATE_REMOVING] = "removing",
    [ENGINE_STATE_EXITED] = "exited",
    [ENGINE_STATE_DEAD] = "dead",
};

/* Podman's words. */
static const struct {
    const char *name;
    enum engine_state state;
} other_states[] = {
    {"configured", ENGINE_STATE_CREATED},
    {"initialized", ENGINE_STATE_CREATED},
    {"stopped", ENGINE_STATE_EXITED},
    {"stopping", ENGINE_STATE_RUNNING},
};

static const char *const health_names[] = {
    [ENGINE_HEALTH_NONE] = "",
    [ENGINE_HEALTH_STARTING] = "starting",
    [ENGINE_HEALTH_HEALTHY] = "healthy",
    [ENGINE_HEALTH_UNHEALTHY] = "unhealthy",
};

const char *engine_state_name(enum engine_state state)
{
    return state_names[state];
}

const char *engine_health_name(enum engine_health health)
{
    return health_names[health];
}

enum engine_state engine_state_parse(const char *name)
{
    for (size_t i = 1; name && i < COUNT_OF(state_names); i++)
        if (strcmp(state_names[i], name) == 0)
            return (enum engine_state)i;
    for (size_t i = 0; name && i < COUNT_OF(other_states); i++)
        if (strcmp(other_states[i].name, name) == 0)
            return other_states[i].state;
    return ENGINE_STATE_UNKNOWN;
}

enum engine_health engine_health_parse(const char *name)
{
    for (size_t i = 1; name && i < COUNT_OF(health_names); i++)
        if (strcmp(health_names[i], name) == 0)
            return (enum engine_health)i;
    return ENGINE_HEALTH_NONE;
}

/* "Up 2 seconds (healthy)", "Up 1 second (health: starting)", "Exited (137) 3 minutes ago" */
static void read_status(struct engine_container_entry *entry)
{
    const char *open = strchr(entry->status, '(');
    const char *shut = open ? strchr(open, ')') : NULL;
    bool negative;
    uint64_t code;

    if (!shut)
        return;
    open++;
    if (text_starts_with(open, "health: "))
        open += strlen("health: ");
    for (size_t i = 1; i < COUNT_OF(health_names); i++)
        if (strlen(health_names[i]) == (size_t)(shut - open) &&
            text_starts_with(open, health_names[i]))
            entry->health = (enum engine_health)i;
    negative = *open == '-';
    open += negative;
    if (text_starts_with(entry->status, "Up ") ||
        !number_parse_digits(open, (size_t)(shut - open), 10, &code) || code > INT_MAX)
        return;
    entry->has_exit_code = true;
    entry->exit_code = negative ? -(int)code : (int)code;
}

static bool is_own_name(const char *name)
{
    return !strchr(name + (*name == '/'), '/');
}

static struct strings read_names(struct arena *arena, const cJSON *names)
{
    struct strings result = {0};

    for (int own = 1; own >= 0; own--) {
        const cJSON *name;

        cJSON_ArrayForEach(name, names)
        {
            const char *text = cJSON_GetStringValue(name);

            if (text && is_own_name(text) == (own == 1))
                strings_add_copy(&result, arena, text + (*text == '/'));
        }
    }
    return result;
}

static void read_ports(struct arena *arena, const cJSON *ports,
                       struct engine_container_entry *entry)
{
    const cJSON *port;

    if (!cJSON_IsArray(ports) || json_read_count(ports) == 0)
        return;
    entry->ports = arena_array(arena, json_read_count(ports), sizeof(*entry->ports));
    cJSON_ArrayForEach(port, ports) entry->ports[entry->port_count++] = (struct engine_port){
        .host_ip = json_read_text(arena, port, "IP"),
        .container_port = container_port_of(json_read_int(port, "PrivatePort")),
        .host_port = container_port_of(json_read_int(port, "PublicPort")),
        .protocol = json_read_text(arena, port, "Type"),
    };
    /* Podman 4 leaves the address out where a port is published on all. */
    for (size_t i = 0; i < entry->port_count; i++)
        if (entry->ports[i].host_port != 0 && !*entry->ports[i].host_ip)
            entry->ports[i].host_ip = "0.0.0.0";
}

static void read_entry(struct arena *arena, const cJSON *row, struct engine_container_entry *entry)
{
    entry->id = json_read_text(arena, row, "Id");
    entry->names = read_names(arena, json_read_member(row, "Names"));
    entry->image = json_read_text(arena, row, "Image");
    entry->image_id = json_read_text(arena, row, "ImageID");
    entry->command = json_read_text(arena, row, "Command");
    entry->created_ns = json_read_seconds(row, "Created");
    entry->state_text = json_read_text(arena, row, "State");
    entry->state = engine_state_parse(entry->state_text);
    entry->status = json_read_text(arena, row, "Status");
    read_status(entry);
    entry->labels = json_read_pairs(arena, json_read_member(row, "Labels"));
    entry->network_mode = json_read_text(arena, json_read_member(row, "HostConfig"), "NetworkMode");
    read_ports(arena, json_read_member(row, "Ports"), entry);
    entry->mounts =
        container_read_mounts(arena, json_read_member(row, "Mounts"), &entry->mount_count);
    entry->networks = container_read_networks(
        arena, json_read_path(row, "NetworkSettings.Networks"), &entry->network_count);
    entry->size_rw_bytes = json_read_int(row, "SizeRw");
    entry->size_root_bytes = json_read_int(row, "SizeRootFs");
}

bool engine_container_list_decode(struct arena *arena, struct span body,
                                  struct engine_container_list *ret_list, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, true, "list of containers", err);
    struct engine_container_list list = {0};
    const cJSON *row;

    if (!tree)
        return false;
    list.items = arena_array(arena, json_read_count(tree), sizeof(*list.items));
    cJSON_ArrayForEach(row, tree) read_entry(arena, row, &list.items[list.count++]);
    *ret_list = list;
    return true;
}
