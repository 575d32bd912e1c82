/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One engine, over HTTP, on the libuv loop it is given. Requests are in request.h.
 *
 * The first request makes the client ask `/_ping` for the API version; the others wait for the
 * answer. From then on every path carries the version, and engine_client_facts() tells what was
 * found.
 *
 *     struct engine_client_options options = {.user_agent = "compose/0.1",
 *                                             .api_version = getenv("DOCKER_API_VERSION")};
 *     client = engine_client_create(loop, &endpoint, &options, err);
 *     ... engine_request_start(client, ...) ...
 *     engine_client_destroy(client);      (open requests end with ERROR_CANCELED)
 *     uv_run(loop, UV_RUN_DEFAULT);       (its memory goes when its handles are closed)
 *
 * The program ignores SIGPIPE: neither libcurl nor libuv do it for us.
 *
 * Invariants: one thread; no callback of a request runs inside the call that caused it; the client
 * never prints. Destroying it inside a completion is allowed: it is marked, and goes on the next
 * turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "spec/base/error.h"

struct engine_client;
struct engine_endpoint;

/* API versions as minor numbers: 41 is v1.41. */
enum {
    ENGINE_API_LOWEST = 41,
    ENGINE_API_HIGHEST = 51,
};

enum engine_kind {
    ENGINE_KIND_DOCKER,
    ENGINE_KIND_PODMAN,
};

struct engine_facts {
    bool known; /* the ping was answered */
    enum engine_kind kind;
    unsigned api_minor;        /* negotiated: 41..51, or the pinned one */
    unsigned engine_api_minor; /* highest of the engine */
    char os_type[16];          /* "linux", "windows"; "" when not said */
    bool swarm_active;         /* from the Swarm header (API 1.42); false when not said */
};

/** One finished request, for a trace of one line each. No secret is in it. */
struct engine_trace {
    const char *method;
    const char *path; /* with version and query; values of build arguments are left out */
    int status;       /* 0: no answer came */
    uint64_t elapsed_ms;
    const char *failure; /* NULL, or why no answer came or it broke off */
};

typedef void engine_trace_fn(void *owner, const struct engine_trace *trace);
typedef void engine_ready_fn(void *owner, const struct engine_facts *facts,
                             const struct error *failure);

struct engine_client_options {
    const char *user_agent;
    const char *api_version; /* "1.43": pins it, no negotiation; NULL or "" negotiates */
    engine_trace_fn *trace;  /* or NULL */
    void *trace_owner;
    const char *const
        *headers; /* "Name: value" lines sent with each request, NULL-terminated, or NULL */
    unsigned connect_timeout_ms; /* 0: 30 s */
};

/**
 * Make a client. Connects to nothing yet, except that an ssh endpoint starts its relay with the
 * first request.
 *
 * Ownership: loop, trace_owner are borrowed until the client is gone; endpoint and options are
 *            copied.
 * Errors:    ERROR_USAGE for a malformed pinned version.
 */
struct engine_client *engine_client_create(uv_loop_t *loop, const struct engine_endpoint *endpoint,
                                           const struct engine_client_options *options,
                                           struct error *err) WARN_UNUSED;

/** Give up all requests and go; NULL is allowed. Memory is freed on later turns of the loop. */
void engine_client_destroy(struct engine_client *client);

/** Ask the engine who it is, if that is not known yet; `ready` is called once, on a later turn. */
void engine_client_negotiate(struct engine_client *client, engine_ready_fn *ready, void *owner);

/** What is known of the engine; never NULL, all zero but `known` before the first answer. */
const struct engine_facts *engine_client_facts(const struct engine_client *client);
bool engine_client_is_podman(const struct engine_client *client);

/**
 * The engine's clock now, in ns: the newest Date header plus the time gone by since. It is up to a
 * second behind, never ahead. 0 before the first answer.
 */
int64_t engine_client_clock_ns(const struct engine_client *client);

/** The address as it is shown in messages. */
const char *engine_client_url(const struct engine_client *client);
