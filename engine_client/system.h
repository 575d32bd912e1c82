/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine about itself: `GET /version` and `GET /info`. Plain data in the arena given to the
 * decoder.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_version {
    const char *version, *api_version, *minimum_api_version, *git_commit, *os, *architecture,
        *kernel;
    const char *product; /* "Docker Engine - Community", "Podman Engine": first component, or "" */
};

bool engine_version_decode(struct arena *arena, struct span body,
                           struct engine_version *ret_version, struct error *err) WARN_UNUSED;

struct engine_info {
    const char *id, *name, *server_version, *operating_system, *os_type, *architecture, *kernel;
    const char *driver, *logging_driver, *cgroup_driver, *cgroup_version, *root_directory;
    const char *default_runtime, *swarm_state; /* "active", "inactive", "" */
    struct strings runtimes, security_options, warnings;
    bool swarm_manager;
    bool memory_limit, swap_limit, cpu_quota, pids_limit;
    bool rootless; /* among the security options */
    int64_t cpus, memory_bytes, containers, images;
    struct span raw;
};

bool engine_info_decode(struct arena *arena, struct span body, struct engine_info *ret_info,
                        struct error *err) WARN_UNUSED;
