/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One image build through the engine's own builder: BuildKit (`version=2`, without a session) or
 * the classic one. What needs a session (secrets, ssh, additional contexts, log-ins at private
 * registries, exports of cache) is not here: the caller refuses it beforehand.
 *
 *     build = engine_build_start(client, &options, on_message, done, step);
 *
 * `on_message` gets each piece of output, decoded from either builder; `done` comes once, with the
 * id of the image.
 *
 * Source: Engine API, operation ImageBuild; BuildKit's control.proto for the messages of version=2.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine_client/progress.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct engine_build;
struct engine_client;

struct engine_ulimit {
    const char *name;
    int64_t soft, hard;
};

struct engine_build_options {
    bool buildkit;          /* version=2; else the classic builder */
    const char *directory;  /* local context; or */
    const char *remote;     /* URL of a git repository or a tar, fetched by the engine */
    const char *dockerfile; /* as in build_context.h; with `remote`: relative to it */
    const char *dockerfile_inline;
    struct strings tags;                                      /* first the image's own name */
    const char *target, *platform, *network_mode, *isolation; /* or NULL */
    struct pairs arguments; /* value NULL: taken from nowhere, sent as null */
    struct pairs labels;
    struct strings cache_from, extra_hosts; /* hosts as "name:address" */
    bool no_cache, pull;
    int64_t shm_bytes, memory_bytes, memory_swap_bytes; /* 0: not given */
    const struct engine_ulimit *ulimits;
    size_t ulimit_count;
    const char *registry_config; /* registry_auth_build_header(), or NULL */
};

enum engine_build_message_kind {
    ENGINE_BUILD_TEXT,     /* classic: output as it stands, with its line breaks */
    ENGINE_BUILD_STEP,     /* BuildKit: a step began, ended or failed */
    ENGINE_BUILD_LOG,      /* BuildKit: output of a step */
    ENGINE_BUILD_PROGRESS, /* bytes of a step (BuildKit) or of a layer (classic) */
    ENGINE_BUILD_WARNING,  /* BuildKit: a remark about the Dockerfile */
};

struct engine_build_message {
    enum engine_build_message_kind kind;
    const char *step; /* BuildKit: digest that names the step; else "" */
    const char *name; /* its text: "[2/3] RUN make"; of PROGRESS: what is being moved */
    bool started, completed, cached;
    int64_t started_ns, completed_ns; /* 0: not yet */
    const char *error;                /* "" when none */
    int stream;                       /* LOG: 1 stdout, 2 stderr */
    struct span text;                 /* TEXT, LOG, WARNING */
    int64_t current, total;           /* PROGRESS */
};

typedef void engine_build_message_fn(void *owner, const struct engine_build_message *message);
/** `image_id` is "sha256:..." on success, or "" where the builder did not say; NULL on failure. */
typedef void engine_build_done_fn(void *owner, const char *image_id, const struct error *failure);

/**
 * Start a build. `on_message` may be NULL. Options are copied; every failure, a missing directory too, goes to `done` on a
 * later turn.
 */
struct engine_build *engine_build_start(struct engine_client *client,
                                        const struct engine_build_options *options,
                                        engine_build_message_fn *on_message,
                                        engine_build_done_fn *done, void *owner);
/** `done` follows with ERROR_CANCELED; the engine stops building when the connection closes. */
void engine_build_cancel(struct engine_build *build);
