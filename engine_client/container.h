/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers as the engine describes them: the rows of `GET /containers/json` and the answer of
 * `GET /containers/{id}/json`. Plain data; everything lives in the arena given to the decoder.
 * Strings are never NULL ("" where the engine said nothing) unless noted; lists keep the engine's
 * order, maps are sorted by key.
 *
 * Source: Engine API, operations ContainerList and ContainerInspect; Podman's differences are
 * evened out where that loses nothing (image names and network modes are left as given).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_port {
    const char *host_ip; /* "" when unpublished */
    uint16_t container_port;
    uint16_t host_port;   /* 0: not published */
    const char *protocol; /* "tcp", "udp", "sctp" */
};

struct engine_mount {
    const char *type;   /* "bind", "volume", "tmpfs", "image", "npipe", "cluster" */
    const char *name;   /* volume */
    const char *source; /* path on the engine's host */
    const char *target; /* "Destination" */
    const char *driver;
    bool writable;
};

struct engine_container_network {
    const char *name;
    const char *network_id;
    const char *mac_address;
    struct strings aliases;
    const char *ipv4_wanted, *ipv6_wanted; /* IPAMConfig: what create asked for */
    const char *ipv4, *ipv6;               /* in use, while the container runs */
};

enum engine_health {
    ENGINE_HEALTH_NONE, /* no health check, or not said */
    ENGINE_HEALTH_STARTING,
    ENGINE_HEALTH_HEALTHY,
    ENGINE_HEALTH_UNHEALTHY,
};

enum engine_state {
    ENGINE_STATE_UNKNOWN,
    ENGINE_STATE_CREATED,
    ENGINE_STATE_RUNNING,
    ENGINE_STATE_PAUSED,
    ENGINE_STATE_RESTARTING,
    ENGINE_STATE_REMOVING,
    ENGINE_STATE_EXITED,
    ENGINE_STATE_DEAD,
};

const char *engine_state_name(enum engine_state state);    /* "running"; "" for unknown */
const char *engine_health_name(enum engine_health health); /* "healthy"; "" for none */
/** Podman's "stopped", "configured", "initialized" are evened out. */
enum engine_state engine_state_parse(const char *name);
enum engine_health engine_health_parse(const char *name);

/* One row of the list. */
struct engine_container_entry {
    const char *id;
    struct strings names; /* without the leading slash; the own name first, then those by links */
    const char *image;    /* as given at creation */
    const char *image_id;
    const char *command;
    int64_t created_ns;
    enum engine_state state;
    const char *state_text;    /* as the engine wrote it */
    const char *status;        /* "Up 2 seconds (healthy)" */
    enum engine_health health; /* read from status; Podman's list does not say */
    bool has_exit_code;
    int exit_code; /* read from status, "Exited (3) ..." */
    struct pairs labels;
    const char *network_mode; /* "host", "container:ID", a network; "" when not listed */
    struct engine_port *ports;
    size_t port_count;
    struct engine_mount *mounts;
    size_t mount_count;
    struct engine_container_network *networks;
    size_t network_count;
    int64_t size_rw_bytes, size_root_bytes; /* with size=1, else 0 */
};

struct engine_container_list {
    struct engine_container_entry *items;
    size_t count;
};

struct engine_health_probe {
    int64_t ended_ns;
    int exit_code;
    const char *output;
};

struct engine_container {
    const char *id, *name; /* name without the leading slash */
    const char *image_id;  /* "sha256:..." */

    enum engine_state state;
    bool running, paused, restarting, oom_killed;
    int exit_code;
    int64_t started_ns, finished_ns;
    enum engine_health health;
    int64_t failing_streak;
    struct engine_health_probe *probes;
    size_t probe_count;

    bool tty;
    struct strings env;     /* "K=V" or "K" */
    struct strings volumes; /* Config.Volumes: targets of anonymous volumes */

    struct engine_port *ports; /* NetworkSettings.Ports: what is */
    size_t port_count;
    struct engine_container_network *networks;
    size_t network_count;

    struct span raw; /* the whole answer, for engine_json_find() */
};

/** Decode the list. Errors: ERROR_ENGINE when the answer is not what the API promises. */
bool engine_container_list_decode(struct arena *arena, struct span body,
                                  struct engine_container_list *ret_list,
                                  struct error *err) WARN_UNUSED;
bool engine_container_decode(struct arena *arena, struct span body,
                             struct engine_container *ret_container, struct error *err) WARN_UNUSED;

/* The answer of `POST /containers/create`. */
struct engine_created {
    const char *id;
    struct strings warnings;
};

/** For the creation of containers, networks and exec instances ("Id" or "ID"; warnings as a list or
 * one text). */
bool engine_created_decode(struct arena *arena, struct span body,
                           struct engine_created *ret_created, struct error *err) WARN_UNUSED;

/* The answer of `POST /containers/{id}/wait`. */
struct engine_wait_result {
    int64_t status_code;
    const char *error; /* "" when none */
};

bool engine_wait_decode(struct arena *arena, struct span body,
                        struct engine_wait_result *ret_result, struct error *err) WARN_UNUSED;

/* The answer of `GET /exec/{id}/json`. */
struct engine_exec {
    bool running;
    int exit_code; /* 0 while it runs */
};

bool engine_exec_decode(struct span body, struct engine_exec *ret_exec,
                        struct error *err) WARN_UNUSED;

/* The answer of `GET /containers/{id}/top`. */
struct engine_top {
    struct strings titles;
    struct strings *rows;
    size_t row_count;
};

bool engine_top_decode(struct arena *arena, struct span body, struct engine_top *ret_top,
                       struct error *err) WARN_UNUSED;

/* The header X-Docker-Container-Path-Stat of HEAD, GET /containers/{id}/archive. */
struct engine_path_stat {
    const char *link_target;
    uint32_t mode; /* as Go's FileMode: the permission bits, and the two below */
    bool is_directory, is_symlink;
};

bool engine_path_stat_decode(struct arena *arena, const char *header,
                             struct engine_path_stat *ret_stat, struct error *err) WARN_UNUSED;
