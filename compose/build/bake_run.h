/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which builder there is, and a bake file carried out by `buildx bake`: one child process for all images.
 *
 *     if (!builder_find(session, arena, &builder, err))
 *         return false;
 *     if (builder.kind == BUILDER_BAKE)
 *         bake_start(loop, &run, on_message, on_line, done, step);
 *
 * Source: Docker Compose 5.5.0, `build`.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "compose/build/bake.h"
#include "engine_client/build.h"
#include "spec/base/span.h"

struct bake_run;
struct console;
struct session;

enum builder_kind {
    BUILDER_BAKE,     /* the buildx plugin: everything a Dockerfile can ask for */
    BUILDER_BUILDKIT, /* the engine's own BuildKit, without a session */
    BUILDER_CLASSIC,  /* DOCKER_BUILDKIT=0, Podman */
};

struct builder {
    enum builder_kind kind;
    const char *buildx;       /* BAKE: its path */
    const char *why_not_bake; /* others: what is missing, in words for the user */
    struct pairs environment; /* BAKE: for the plugin */
    struct pairs proxies;     /* build arguments by the docker configuration */
};

/** Asks the plugin for its version, so it turns the loop; not from callbacks. */
bool builder_find(struct session *session, struct arena *arena, struct builder *ret_builder,
                  struct error *err) WARN_UNUSED;
/** What a service asks for that only buildx can do: an attribute's name, or NULL. Source: Engine API, ImageBuild. */
const char *builder_missing_feature(enum builder_kind kind, const struct spec_service *service);

struct bake_end {
    const struct error *failure; /* or NULL */
    const char *failed_service;  /* whose build failed; NULL: none in particular */
    const char *summary;         /* the line of the failure that sums it up, or NULL */
    struct pairs digests; /* service -> "sha256:...", of the group's targets; none for --check */
    struct span output;   /* what the plugin says on stdout: the findings of --check */
};

typedef void bake_done_fn(void *owner, const struct bake_end *end);
/** The raw line behind the messages, for --progress json. */
typedef void bake_line_fn(void *owner, struct span line);

/**
 * Run it. Never fails at once; `done` is called once, on a later turn.
 *
 * Ownership: `file` and `builder` are borrowed until `done` returns; what `end` holds is valid during the call.
 * Errors:    ERROR_INPUT in buildx's own words.
 */
struct bake_run *bake_start(uv_loop_t *loop, const struct builder *builder,
                            const struct bake_file *file, engine_build_message_fn *on_message,
                            bake_line_fn *on_line, bake_done_fn *done, void *owner);
/** Interrupt it; `done` follows with ERROR_CANCELED. */
void bake_cancel(struct bake_run *run);
