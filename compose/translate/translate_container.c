/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/translate/translate.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/number.h"
#include "spec/node.h"
#include "spec/project.h"

enum { STOP_TIMEOUT_S = 10 };

void translate_member(struct json_writer *json, const char *key, const char *value)
{
    if (value && *value)
        json_member_string(json, key, value);
}

void translate_member_int(struct json_writer *json, const char *key, int64_t value)
{
    if (value != 0)
        json_member_int(json, key, value);
}

void translate_member_true(struct json_writer *json, const char *key, bool value)
{
    if (value)
        json_member_bool(json, key, true);
}

void translate_strings(struct json_writer *json, const char *key, const struct strings *list)
{
    if (list->count == 0)
        return;
    json_key(json, key);
    json_array_open(json);
    for (size_t i = 0; i < list->count; i++)
        json_string(json, list->items[i]);
    json_array_close(json);
}

void translate_map(struct json_writer *json, const char *key, const struct pairs *map)
{
    if (map->count == 0)
        return;
    json_key(json, key);
    json_object_open(json);
    for (size_t i = 0; i < map->count; i++)
        json_member_string(json, map->items[i].key, map->items[i].value ? map->items[i].value : "");
    json_object_close(json);
}

/* An empty list clears what the image says, an absent one leaves it. */
static void write_command(struct json_writer *json, const char *key,
                          const struct spec_command *command)
{
    if (!command->set)
        return;
    json_key(json, key);
    json_array_open(json);
    for (size_t i = 0; i < command->words.count; i++)
        json_string(json, command->words.items[i]);
    json_array_close(json);
}

static void write_variable(struct json_writer *json, struct arena *arena,
                           const struct pair *variable)
{
    if (variable->value)
        json_string(json, arena_printf(arena, "%s=%s", variable->key, variable->value));
    else
        json_string(json, variable->key); /* the engine takes the image's variable away */
}

static void write_environment(struct json_writer *json, const struct translate_container *in)
{
    const struct pairs *own = &in->service->environment;
    struct arena *arena = arena_create();

    if (own->count > 0 || in->proxies.count > 0) {
        json_key(json, "Env");
        json_array_open(json);
        for (size_t i = 0; i < in->proxies.count; i++)
            if (!pairs_find(own, in->proxies.items[i].key))
                write_variable(json, arena, &in->proxies.items[i]);
        for (size_t i = 0; i < own->count; i++)
            write_variable(json, arena, &own->items[i]);
        json_array_close(json);
    }
    arena_destroy(arena);
}

static bool write_healthcheck(struct json_writer *json, const struct spec_service *service,
                              struct error *err)
{
    const struct spec_healthcheck *check = service->healthcheck;

    if (!check)
        return true;
    if (check->start_interval.set && !check->start_period.set)
        return error_set_at(
            err, ERROR_INPUT, spec_node_place(check->node),
            "healthcheck.start_interval requires healthcheck.start_period to be set");
    json_key(json, "Healthcheck");
    json_object_open(json);
    if (check->disable) {
        json_key(json, "Test");
        json_array_open(json);
        json_string(json, "NONE");
        json_array_close(json);
    } else if (check->test.set) {
        translate_strings(json, "Test", &check->test.words);
    }
    translate_member_int(json, "Interval", check->interval.value);
    translate_member_int(json, "Timeout", check->timeout.value);
    translate_member_int(json, "StartPeriod", check->start_period.value);
    translate_member_int(json, "StartInterval", check->start_interval.value);
    translate_member_int(json, "Retries", check->retries.value);
    json_object_close(json);
    return true;
}

/* Engines know protocols in lower case only. */
static const char *port_key(struct arena *arena, int64_t port, const char *protocol)
{
    char *key =
        arena_printf(arena, "%" PRId64 "/%s", port, protocol && *protocol ? protocol : "tcp");

    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return key;
}

/* "N", "N-M", with or without "/proto"; one key each. */
static void add_exposed(struct strings *ports, struct arena *arena, const char *expose)
{
    const char *slash = strchr(expose, '/');
    const char *protocol = slash ? slash + 1 : "tcp";
    size_t length = slash ? (size_t)(slash - expose) : strlen(expose);
    const char *dash = memchr(expose, '-', length);
    size_t first_length = dash ? (size_t)(dash - expose) : length;
    uint64_t first, last;

    if (!number_parse_digits(expose, first_length, 10, &first))
        return;
    last = first;
    if (dash && !number_parse_digits(dash + 1, length - first_length - 1, 10, &last))
        return;
    for (uint64_t port = first; port <= last && port <= UINT16_MAX; port++) {
        const char *key = port_key(arena, (int64_t)port, protocol);

        if (!strings_contain(ports, key))
            strings_add(ports, arena, key);
    }
}

static void write_exposed_ports(struct json_writer *json, const struct spec_service *service)
{
    struct arena *arena = arena_create();
    struct strings ports = {0};

    for (size_t i = 0; i < service->expose.count; i++)
        add_exposed(&ports, arena, service->expose.items[i]);
    for (size_t i = 0; i < service->ports.count; i++) {
        const struct spec_port *port = service->ports.items[i];
        const char *key = port_key(arena, port->target, port->protocol);

        if (!strings_contain(&ports, key))
            strings_add(&ports, arena, key);
    }
    if (ports.count > 0) {
        json_key(json, "ExposedPorts");
        json_object_open(json);
        for (size_t i = 0; i < ports.count; i++) {
            json_key(json, ports.items[i]);
            json_object_open(json);
            json_object_close(json);
        }
        json_object_close(json);
    }
    arena_destroy(arena);
}

/* All bindings of one port of the container. */
static void write_bindings_of(struct json_writer *json, struct arena *arena,
                              const struct spec_service *service, const char *key)
{
    json_key(json, key);
    json_array_open(json);
    for (size_t i = 0; i < service->ports.count; i++) {
        const struct spec_port *port = service->ports.items[i];
        const char *address = port->host_ip ? translate_address(arena, port->host_ip) : NULL;

        if (strcmp(port_key(arena, port->target, port->protocol), key) != 0)
            continue;
        json_object_open(json);
        json_member_string(json, "HostIp", address ? address : "");
        json_member_string(json, "HostPort", port->published ? port->published : "");
        json_object_close(json);
    }
    json_array_close(json);
}

static void write_port_bindings(struct json_writer *json, const struct spec_service *service)
{
    struct arena *arena;
    struct strings done = {0};

    if (service->ports.count == 0)
        return;
    arena = arena_create();
    json_key(json, "PortBindings");
    json_object_open(json);
    for (size_t i = 0; i < service->ports.count; i++) {
        const struct spec_port *port = service->ports.items[i];
        const char *key = port_key(arena, port->target, port->protocol);

        if (strings_contain(&done, key))
            continue;
        strings_add(&done, arena, key);
        write_bindings_of(json, arena, service, key);
    }
    json_object_close(json);
    arena_destroy(arena);
}

static void write_restart_policy(struct json_writer *json, const struct spec_service *service)
{
    static const char *const renamed[][2] = {{"none", "no"}, {"any", "always"}};
    const struct spec_restart_policy *policy =
        service->deploy ? service->deploy->restart_policy : NULL;
    char *name = NULL;
    int64_t attempts = 0;

    if (policy) {
        name = xstrdup(policy->condition ? policy->condition : "");
        attempts = policy->max_attempts.value;
    } else if (service->restart && *service->restart) {
        const char *count = service->restart + strcspn(service->restart, ":");
        char *digits;

        name = xstrndup(service->restart, (size_t)(count - service->restart));
        count += *count == ':';
        digits = xstrndup(count, strcspn(count, ":")); /* the reference ignores a third part */
        if (!number_parse_int64(digits, &attempts))
            attempts = 0; /* and reads what is no number as 0 */
        free(digits);
    } else {
        return;
    }
    json_key(json, "RestartPolicy");
    json_object_open(json);
    for (size_t i = 0; i < COUNT_OF(renamed); i++)
        if (strcmp(name, renamed[i][0]) == 0) {
            free(name);
            name = xstrdup(renamed[i][1]);
        }
    json_member_string(json, "Name", name);
    translate_member_int(json, "MaximumRetryCount", attempts);
    json_object_close(json);
    free(name);
}

static void write_capabilities(struct json_writer *json, const char *key,
                               const struct strings *names)
{
    struct arena *arena = arena_create();
    struct strings list = {0};

    for (size_t i = 0; i < names->count; i++) {
        char *upper = arena_strdup(arena, names->items[i]);
        const char *full;

        for (char *c = upper; *c; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 'a' + 'A');
        full = strcmp(upper, "ALL") == 0 || text_starts_with(upper, "CAP_")
                   ? upper
                   : arena_printf(arena, "CAP_%s", upper);
        if (!strings_contain(&list, full))
            strings_add(&list, arena, full);
    }
    strings_sort(&list);
    translate_strings(json, key, &list);
    arena_destroy(arena);
}

static void write_extra_hosts(struct json_writer *json, const struct spec_hosts *hosts)
{
    struct arena *arena = arena_create();
    struct strings list = {0};

    for (size_t i = 0; i < hosts->count; i++)
        for (size_t j = 0; j < hosts->items[i].addresses.count; j++)
            strings_add(&list, arena,
                        arena_printf(arena, "%s:%s", hosts->items[i].name,
                                     hosts->items[i].addresses.items[j]));
    translate_strings(json, "ExtraHosts", &list);
    arena_destroy(arena);
}

static void write_logging(struct json_writer *json, const struct spec_service *service)
{
    if (!service->logging)
        return;
    json_key(json, "LogConfig");
    json_object_open(json);
    json_member_string(json, "Type", service->logging->driver ? service->logging->driver : "");
    translate_map(json, "Config", &service->logging->options);
    json_object_close(json);
}

static void write_tmpfs(struct json_writer *json, const struct strings *list)
{
    if (list->count == 0)
        return;
    json_key(json, "Tmpfs");
    json_object_open(json);
    for (size_t i = 0; i < list->count; i++) {
        const char *colon = strchr(list->items[i], ':');
        char *path = colon ? xstrndup(list->items[i], (size_t)(colon - list->items[i]))
                           : xstrdup(list->items[i]);

        json_member_string(json, path, colon ? colon + 1 : "");
        free(path);
    }
    json_object_close(json);
}

static bool write_name_servers(struct json_writer *json, const struct spec_service *service,
                               struct error *err)
{
    struct arena *arena = arena_create();
    struct strings list = {0};
    bool good = true;

    for (size_t i = 0; good && i < service->dns.count; i++) {
        const char *address = translate_address(arena, service->dns.items[i]);

        if (address)
            strings_add(&list, arena, address);
        else
            good = error_set_at(err, ERROR_INPUT, spec_node_place(service->node),
                                "invalid DNS address: %s", service->dns.items[i]);
    }
    if (good)
        translate_strings(json, "Dns", &list);
    arena_destroy(arena);
    return good;
}

/* Members that are texts and switches in the order of the API's documentation. */
static void write_host_plain(struct json_writer *json, const struct translate_container *in)
{
    const struct spec_service *service = in->service;

    translate_member_true(json, "AutoRemove", in->auto_remove);
    translate_map(json, "Annotations", &service->annotations);
    write_capabilities(json, "CapAdd", &service->cap_add);
    write_capabilities(json, "CapDrop", &service->cap_drop);
    json_member_string(json, "NetworkMode", translate_network_mode(in));
    if (service->init.set)
        json_member_bool(json, "Init", service->init.value);
    translate_member(json, "IpcMode", service->ipc);
    translate_member(json, "CgroupnsMode", service->cgroup);
    translate_member_true(json, "ReadonlyRootfs", service->read_only);
    translate_member_int(json, "ShmSize", service->shm_size);
    translate_map(json, "Sysctls", &service->sysctls);
    translate_strings(json, "VolumesFrom", &service->volumes_from);
    translate_strings(json, "DnsSearch", &service->dns_search);
    translate_strings(json, "DnsOptions", &service->dns_opt);
    write_extra_hosts(json, &service->extra_hosts);
    translate_map(json, "StorageOpt", &service->storage_opt);
    translate_member(json, "UsernsMode", service->userns_mode);
    translate_member(json, "UTSMode", service->uts);
    translate_member_true(json, "Privileged", service->privileged);
    translate_member(json, "PidMode", service->pid);
    translate_member(json, "Isolation", service->isolation);
    translate_member(json, "Runtime", service->runtime);
    translate_strings(json, "GroupAdd", &service->group_add);
    translate_strings(json, "Links", &in->links);
    translate_member_int(json, "OomScoreAdj", service->oom_score_adj);
}

static bool write_host_config(struct json_writer *json, const struct translate_container *in,
                              struct warnings *warnings, struct error *err)
{
    json_key(json, "HostConfig");
    json_object_open(json);
    write_host_plain(json, in);
    write_tmpfs(json, &in->service->tmpfs);
    write_logging(json, in->service);
    write_restart_policy(json, in->service);
    write_port_bindings(json, in->service);
    translate_resources(json, in->service);
    if (!write_name_servers(json, in->service, err) || !translate_security(json, in, err) ||
        !translate_mounts(json, in, warnings, err))
        return false;
    json_object_close(json);
    return true;
}

static void write_config_plain(struct json_writer *json, const struct translate_container *in)
{
    const struct spec_service *service = in->service;

    translate_member(json, "Hostname", service->hostname);
    translate_member(json, "Domainname", service->domainname);
    translate_member(json, "User", service->user);
    json_member_bool(json, "AttachStdin", in->attach_stdin);
    json_member_bool(json, "AttachStdout", true);
    json_member_bool(json, "AttachStderr", true);
    write_exposed_ports(json, service);
    translate_member_true(json, "Tty", service->tty);
    translate_member_true(json, "OpenStdin", service->stdin_open);
    translate_member_true(json, "StdinOnce", in->attach_stdin && service->stdin_open);
    write_environment(json, in);
    write_command(json, "Cmd", &service->command);
    write_command(json, "Entrypoint", &service->entrypoint);
    json_member_string(json, "Image", spec_service_image(in->project, service));
    translate_member(json, "WorkingDir", service->working_dir);
    translate_member_true(json, "NetworkDisabled",
                          service->network_mode && strcmp(service->network_mode, "disabled") == 0);
    translate_member(json, "StopSignal", service->stop_signal);
    if (service->stop_grace_period.set)
        json_member_int(json, "StopTimeout", service->stop_grace_period.value / NS_PER_SECOND);
    else if (in->podman)
        json_member_int(json, "StopTimeout", STOP_TIMEOUT_S); /* Podman 4.3 would kill at once */
}

bool translate_container_body(struct text *out, const struct translate_container *in,
                              struct warnings *warnings, struct error *err)
{
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    write_config_plain(&json, in);
    if (!write_healthcheck(&json, in->service, err))
        return error_wrap(err, "services.%s", in->service->name);
    translate_labels(&json, in);
    if (!write_host_config(&json, in, warnings, err) ||
        !translate_endpoints(&json, in, warnings, err))
        return false;
    json_object_close(&json);
    return true;
}
