/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of `GET /containers/{id}/json`, part by part.
 */
#include <string.h>

#include "engine_client/container_parts.h"
#include "spec/base/number.h"

static void read_probes(struct arena *arena, const cJSON *log, struct engine_container *c)
{
    const cJSON *probe;

    if (!cJSON_IsArray(log) || json_read_count(log) == 0)
        return;
    c->probes = arena_array(arena, json_read_count(log), sizeof(*c->probes));
    cJSON_ArrayForEach(probe, log) c->probes[c->probe_count++] = (struct engine_health_probe){
        .ended_ns = json_read_instant(probe, "End"),
        .exit_code = (int)json_read_int(probe, "ExitCode"),
        .output = json_read_text(arena, probe, "Output"),
    };
}

static void read_state(struct arena *arena, const cJSON *state, struct engine_container *c)
{
    const cJSON *health = json_read_member(state, "Health");

    if (!health)
        health = json_read_member(state, "Healthcheck"); /* Podman 4 */
    c->state = engine_state_parse(json_peek_text(state, "Status"));
    c->running = json_read_bool(state, "Running");
    c->paused = json_read_bool(state, "Paused");
    c->restarting = json_read_bool(state, "Restarting");
    c->oom_killed = json_read_bool(state, "OOMKilled");
    c->exit_code = (int)json_read_int(state, "ExitCode");
    c->started_ns = json_read_instant(state, "StartedAt");
    c->finished_ns = json_read_instant(state, "FinishedAt");
    c->health = engine_health_parse(json_peek_text(health, "Status"));
    c->failing_streak = json_read_int(health, "FailingStreak");
    read_probes(arena, json_read_member(health, "Log"), c);
}

static void read_config(struct arena *arena, const cJSON *config, struct engine_container *c)
{
    c->tty = json_read_bool(config, "Tty");
    c->env = json_read_strings(arena, json_read_member(config, "Env"));
    c->volumes = json_read_keys(arena, json_read_member(config, "Volumes"));
}

/* "80/tcp" */
static uint16_t split_port(struct arena *arena, const char *key, const char **ret_protocol)
{
    const char *slash = strchr(key, '/');
    size_t length = slash ? (size_t)(slash - key) : strlen(key);
    uint64_t number;

    *ret_protocol = slash ? arena_strdup(arena, slash + 1) : "tcp";
    return number_parse_digits(key, length, 10, &number) && number <= UINT16_MAX ? (uint16_t)number
                                                                                 : 0;
}

/* A port as text: "" and a range are those that are not published yet. */
static uint16_t read_host_port(const cJSON *binding)
{
    const char *text = json_peek_text(binding, "HostPort");
    uint64_t number;

    return text && number_parse_uint64(text, &number) && number <= UINT16_MAX ? (uint16_t)number
                                                                              : 0;
}

/* {"80/tcp": [{"HostIp","HostPort"}, ...] or null}: one row a binding, one without host for null. */
static void read_ports(struct arena *arena, const cJSON *map, struct engine_container *c)
{
    size_t capacity = 0;
    const cJSON *entry, *binding;

    cJSON_ArrayForEach(entry, map)
    {
        struct engine_port row = {.host_ip = ""};

        row.container_port = split_port(arena, entry->string ? entry->string : "", &row.protocol);
        c->ports = arena_grow(arena, c->ports, &capacity,
                              c->port_count + json_read_count(entry) + 1, sizeof(*c->ports));
        if (json_read_count(entry) == 0)
            c->ports[c->port_count++] = row;
        cJSON_ArrayForEach(binding, entry)
        {
            row.host_ip = json_read_text(arena, binding, "HostIp");
            row.host_port = read_host_port(binding);
            c->ports[c->port_count++] = row;
        }
    }
}

bool engine_container_decode(struct arena *arena, struct span body,
                             struct engine_container *ret_container, struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "description of a container", err);
    const cJSON *networks;
    struct engine_container c = {0};

    if (!tree)
        return false;
    c.id = json_read_text(arena, tree, "Id");
    c.name = json_read_text(arena, tree, "Name");
    c.name += *c.name == '/';
    c.image_id = json_read_text(arena, tree, "Image");
    read_state(arena, json_read_member(tree, "State"), &c);
    read_config(arena, json_read_member(tree, "Config"), &c);
    networks = json_read_member(tree, "NetworkSettings");
    read_ports(arena, json_read_member(networks, "Ports"), &c);
    c.networks =
        container_read_networks(arena, json_read_member(networks, "Networks"), &c.network_count);
    c.raw = json_read_raw(arena, body);
    *ret_container = c;
    return true;
}
