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

struct registry_auth_builds;

/**
 * `header`: X-Registry-Config, "" when there is no log-in; valid during the call. `skipped`: a sentence for each question
 * that a helper did not answer; its log-ins are missing.
 */
typedef void registry_auth_builds_fn(void *owner, const char *header, const struct strings *skipped,
                                     const struct error *failure);

/**
 * Find all log-ins, for builds: those of the file, of the credentials store, and of each registry's helper, the later before
 * the earlier. `done` is called once, on a later turn.
 *
 * Ownership: config and owner are borrowed until done.
 * Source:    docker CLI, GetAllCredentials.
 */
struct registry_auth_builds *registry_auth_builds_start(uv_loop_t *loop,
                                                        const struct docker_config *config,
                                                        registry_auth_builds_fn *done, void *owner);
/** Give up; done follows on a later turn with ERROR_CANCELED. */
void registry_auth_builds_cancel(struct registry_auth_builds *all);
