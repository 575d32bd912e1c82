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
    c->probes = arena_alloc(arena, json_read_count(log) * sizeof(*c->probes));
    cJSON_ArrayForEach(probe, log) c->probes[c->probe_count++] = (struct engine_health_probe){
        .started_ns = json_read_instant(probe, "Start"),
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
    c->dead = json_read_bool(state, "Dead");
    c->pid = json_read_int(state, "Pid");
    c->exit_code = (int)json_read_int(state, "ExitCode");
    c->error = json_read_text(arena, state, "Error");
    c->started_ns = json_read_instant(state, "StartedAt");
    c->finished_ns = json_read_instant(state, "FinishedAt");
    c->health = engine_health_parse(json_peek_text(health, "Status"));
    c->failing_streak = json_read_int(health, "FailingStreak");
    read_probes(arena, json_read_member(health, "Log"), c);
}

static void read_config(struct arena *arena, const cJSON *config, struct engine_container *c)
{
    c->image = json_read_text(arena, config, "Image");
    c->hostname = json_read_text(arena, config, "Hostname");
    c->domainname = json_read_text(arena, config, "Domainname");
    c->user = json_read_text(arena, config, "User");
    c->working_dir = json_read_text(arena, config, "WorkingDir");
    c->stop_signal = json_read_text(arena, config, "StopSignal");
    c->tty = json_read_bool(config, "Tty");
    c->open_stdin = json_read_bool(config, "OpenStdin");
    c->stdin_once = json_read_bool(config, "StdinOnce");
    c->attach_stdin = json_read_bool(config, "AttachStdin");
    c->attach_stdout = json_read_bool(config, "AttachStdout");
    c->attach_stderr = json_read_bool(config, "AttachStderr");
    c->has_stop_timeout = cJSON_IsNumber(json_read_member(config, "StopTimeout"));
    c->stop_timeout_s = json_read_int(config, "StopTimeout");
    c->env = json_read_strings(arena, json_read_member(config, "Env"));
    c->command = json_read_strings(arena, json_read_member(config, "Cmd"));
    c->entrypoint = json_read_strings(arena, json_read_member(config, "Entrypoint"));
    c->labels = json_read_pairs(arena, json_read_member(config, "Labels"));
    c->volumes = json_read_keys(arena, json_read_member(config, "Volumes"));
    c->exposed_ports = json_read_keys(arena, json_read_member(config, "ExposedPorts"));
    c->healthcheck = container_read_healthcheck(arena, json_read_member(config, "Healthcheck"));
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

/* {"80/tcp": [{"HostIp","HostPort"}, ...] or null}: one row a binding, one without host for null. */
static struct engine_port_binding *read_bindings(struct arena *arena, const cJSON *map,
                                                 size_t *ret_count)
{
    struct engine_port_binding *items = NULL;
    size_t capacity = 0, count = 0;
    const cJSON *entry, *binding;

    cJSON_ArrayForEach(entry, map)
    {
        struct engine_port_binding row = {.host_ip = "", .host_port = ""};

        row.container_port = split_port(arena, entry->string ? entry->string : "", &row.protocol);
        items =
            arena_grow(arena, items, &capacity, count + json_read_count(entry) + 1, sizeof(*items));
        if (json_read_count(entry) == 0)
            items[count++] = row;
        cJSON_ArrayForEach(binding, entry)
        {
            row.host_ip = json_read_text(arena, binding, "HostIp");
            row.host_port = json_read_text(arena, binding, "HostPort");
            items[count++] = row;
        }
    }
    *ret_count = count;
    return items;
}

static void read_ports(struct arena *arena, const cJSON *map, struct engine_container *c)
{
    size_t count;
    struct engine_port_binding *bindings = read_bindings(arena, map, &count);

    c->ports = arena_alloc(arena, count * sizeof(*c->ports));
    for (size_t i = 0; i < count; i++) {
        uint64_t port = 0;

        if (!number_parse_uint64(bindings[i].host_port, &port) || port > UINT16_MAX)
            port = 0;
        c->ports[c->port_count++] = (struct engine_port){
            bindings[i].host_ip, bindings[i].container_port, (uint16_t)port, bindings[i].protocol};
    }
}

static void read_host_config(struct arena *arena, const cJSON *host, struct engine_container *c)
{
    const cJSON *restart = json_read_member(host, "RestartPolicy");

    c->network_mode = json_read_text(arena, host, "NetworkMode");
    c->ipc_mode = json_read_text(arena, host, "IpcMode");
    c->pid_mode = json_read_text(arena, host, "PidMode");
    c->restart_policy = json_read_text(arena, restart, "Name");
    c->restart_maximum = json_read_int(restart, "MaximumRetryCount");
    c->log_driver = json_read_text(arena, json_read_member(host, "LogConfig"), "Type");
    c->auto_remove = json_read_bool(host, "AutoRemove");
    c->privileged = json_read_bool(host, "Privileged");
    c->read_only = json_read_bool(host, "ReadonlyRootfs");
    c->binds = json_read_strings(arena, json_read_member(host, "Binds"));
    c->volumes_from = json_read_strings(arena, json_read_member(host, "VolumesFrom"));
    c->links = json_read_strings(arena, json_read_member(host, "Links"));
    c->port_bindings =
        read_bindings(arena, json_read_member(host, "PortBindings"), &c->port_binding_count);
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
    c.created_ns = json_read_instant(tree, "Created");
    c.driver = json_read_text(arena, tree, "Driver");
    c.platform = json_read_text(arena, tree, "Platform");
    c.log_path = json_read_text(arena, tree, "LogPath");
    c.restart_count = json_read_int(tree, "RestartCount");
    c.path = json_read_text(arena, tree, "Path");
    c.args = json_read_strings(arena, json_read_member(tree, "Args"));
    read_state(arena, json_read_member(tree, "State"), &c);
    read_config(arena, json_read_member(tree, "Config"), &c);
    read_host_config(arena, json_read_member(tree, "HostConfig"), &c);
    networks = json_read_member(tree, "NetworkSettings");
    read_ports(arena, json_read_member(networks, "Ports"), &c);
    c.networks =
        container_read_networks(arena, json_read_member(networks, "Networks"), &c.network_count);
    c.mounts = container_read_mounts(arena, json_read_member(tree, "Mounts"), &c.mount_count);
    c.raw = json_read_raw(arena, body);
    *ret_container = c;
    return true;
}
