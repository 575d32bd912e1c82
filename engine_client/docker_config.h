/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The docker CLI's config.json, as far as it concerns us. Plain data in the arena given; a file
 * that is missing is an empty configuration.
 *
 * Source: docker CLI, `cli/config/configfile`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;

struct docker_login {
    const char *server; /* the key under "auths" */
    const char *username, *password;
    const char *identity_token, *registry_token; /* "" when none */
};

struct docker_config {
    const char *directory; /* where config.json is looked for */
    const char *file;      /* directory/config.json */
    const char *problem;   /* why the file was left out, or NULL */
    struct docker_login *logins;
    size_t login_count;
    const char *credentials_store;   /* credsStore, "" when none */
    struct pairs credential_helpers; /* credHelpers: registry -> helper */
    const char *current_context;     /* "" when none */
    struct pairs http_headers;       /* sent with each request to the engine */
    struct pairs
        proxies; /* of "default": HTTP_PROXY, http_proxy, ... -> value, in the reference's order */
    const char *detach_keys;           /* "" when none */
    const char *ps_format;             /* psFormat, "" when none */
    struct strings plugin_directories; /* cliPluginsExtraDirs */
};

/** $DOCKER_CONFIG, else $HOME/.docker. */
const char *docker_config_directory(struct arena *arena);
/**
 * Read it; `directory` NULL is docker_config_directory(). `host` picks the entry of "proxies" for this engine address before "default"; NULL:
 * default only.
 *
 * Errors: ERROR_INPUT when it is there but is not JSON; ERROR_SYSTEM when it cannot be read.
 */
bool docker_config_load(struct arena *arena, const char *directory, const char *host,
                        struct docker_config *ret_config, struct error *err) WARN_UNUSED;
/**
 * The same for settings that no command depends on: a file that cannot be read or is not JSON (that of another user after
 * `sudo -u`) is an empty configuration whose `problem` says why.
 */
void docker_config_load_lenient(struct arena *arena, const char *directory, const char *host,
                                struct docker_config *ret_config);
