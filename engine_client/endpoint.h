/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the engine is: resolved once, before the loop runs, from flags, environment, contexts and
 * the usual sockets. Plain data in the arena that was given. `source` tells which setting won, for
 * --debug.
 *
 * Order, as in the docker CLI: --host; --context; DOCKER_HOST; DOCKER_CONTEXT; currentContext of
 * config.json; /var/run/docker.sock; then (only where that does not exist) the sockets of rootless
 * Docker and of Podman.
 *
 *     struct engine_endpoint endpoint;
 *     struct engine_endpoint_options options = {.host = flags.host, .context = flags.context};
 *     if (!engine_endpoint_resolve(arena, &options, &endpoint, err))
 *         return false;
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

struct arena;

enum engine_transport {
    ENGINE_UNIX,
    ENGINE_TCP,
    ENGINE_TLS,
    ENGINE_SSH,
};

struct engine_endpoint {
    enum engine_transport transport;
    const char *url;         /* as it is shown in messages: "unix:///var/run/docker.sock" */
    const char *source;      /* "DOCKER_HOST", "context \"x\"", "default socket", ... */
    const char *socket_path; /* unix: the socket; ssh: the far one, NULL for its default */
    const char *host;        /* tcp, tls, ssh: "example.org", "::1" without brackets */
    const char *user;        /* ssh, or NULL */
    uint16_t port;           /* tcp, tls; ssh: 0 is the default of ssh */
    const char *base_path;   /* "" or "/prefix" in front of every request path */
    const char *ca_file, *certificate_file, *key_file; /* tls; NULL where not given */
    bool verify_peer;    /* tls: refuse a certificate that the CA did not sign for this host */
    const char *proxy;   /* tcp, tls: its URL, or NULL; attach and exec do not use it */
    const char *context; /* name of the context in use; "default" when none is */
};

/** Looks a variable up; NULL when unset. */
typedef const char *engine_variable_fn(void *owner, const char *name);

struct engine_endpoint_options {
    const char *host;             /* --host or NULL */
    const char *context;          /* --context or NULL */
    engine_variable_fn *variable; /* NULL: the environment of the process */
    void *variable_owner;
    const char *config_directory;                      /* NULL: DOCKER_CONFIG, else ~/.docker */
    bool tls, tls_verify;                              /* --tls, --tlsverify */
    const char *ca_file, *certificate_file, *key_file; /* --tlscacert, --tlscert, --tlskey */
};

/**
 * Find the engine. Looks at files and sockets but connects to nothing.
 *
 * Ownership: everything in `*ret_endpoint` lives in `arena`.
 * Errors:    ERROR_USAGE for a malformed or unsupported address (npipe), ERROR_INPUT for a context
 *            that does not exist, in the words of the docker CLI.
 * Source:    docker CLI 28, `cli/context`; contexts on disk as in Docker's contextstore.
 */
bool engine_endpoint_resolve(struct arena *arena, const struct engine_endpoint_options *options,
                             struct engine_endpoint *ret_endpoint, struct error *err) WARN_UNUSED;

/** Take an address apart: unix://, tcp://, http://, https://, ssh://. TLS files are not looked at.
 */
bool engine_endpoint_parse(struct arena *arena, const char *address,
                           struct engine_endpoint *ret_endpoint, struct error *err) WARN_UNUSED;

/**
 * Is the engine on another machine? By its address alone: a socket and the loopback addresses count as here. What is
 * reached through a tunnel from such an address is taken for near.
 */
bool engine_endpoint_is_far(const struct engine_endpoint *endpoint);
