/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other plugins of the docker CLI, which we run as programs: buildx, model, and providers of services.
 *
 * Source: docker CLI, `cli-plugins/manager`: cliPluginsExtraDirs, the configuration's own directory, the system's.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/memory.h"
#include "spec/base/strings.h"

struct arena;
struct docker_config;
struct engine_endpoint;

/** The path of `docker-NAME`, or NULL. */
const char *cli_plugin_find(struct arena *arena, const struct docker_config *config,
                            const char *name);
/**
 * What the plugin's environment must say so that it talks to the same engine and does not take itself for us.
 * Plugins do not know our flags: an address given by flag or context is passed on as DOCKER_HOST.
 */
void cli_plugin_environment(struct arena *arena, const struct engine_endpoint *endpoint,
                            struct pairs *environment);

struct cli_plugin_version {
    unsigned major, minor, patch;
};

/** "v0.29.1+ds1" to numbers; false for anything that is no version (a commit id of a private build). */
bool cli_plugin_version_parse(const char *text, struct cli_plugin_version *ret_version) WARN_UNUSED;
bool cli_plugin_version_is_at_least(const struct cli_plugin_version *version, unsigned major,
                                    unsigned minor, unsigned patch);
