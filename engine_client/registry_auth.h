/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials of a registry, as the headers that the engine wants. A helper program may have to be
 * asked (docker-credential-NAME get), so the answer comes on a later turn of the loop.
 *
 *     registry_auth_lookup(loop, config, "docker.io/library/redis:7", on_auth, step);
 *
 * The value is a secret: it never goes into a trace or an error.
 *
 * Source: docker CLI, `cli/config/credentials`; Engine API, "Authentication".
 */
#pragma once

#include <uv.h>

#include "engine_client/docker_config.h"

struct registry_auth_lookup;

/** `header`: X-Registry-Auth, "" when nothing is known for that registry; valid during the call. */
typedef void registry_auth_fn(void *owner, const char *header, const struct error *failure);

/**
 * Find the credentials for an image. `done` is called once, on a later turn. A helper that says
 * "credentials not found" is no failure.
 *
 * Ownership: config and owner are borrowed until done.
 * Errors:    ERROR_SYSTEM when the helper cannot be run, ERROR_INPUT with its words when it fails,
 *            for a malformed reference too.
 */
struct registry_auth_lookup *registry_auth_start(uv_loop_t *loop,
                                                 const struct docker_config *config,
                                                 const char *image, registry_auth_fn *done,
                                                 void *owner);
/** Give up; done follows on a later turn with ERROR_CANCELED. */
void registry_auth_cancel(struct registry_auth_lookup *lookup);

/**
 * X-Registry-Config for builds: every log-in that stands in the file (no helper is asked).
 *
 * Returns "" when there is none.
 */
const char *registry_auth_build_header(struct arena *arena, const struct docker_config *config);
