/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A context of the docker CLI, as it lies in the configuration directory:
 * contexts/meta/SHA256(name)/meta.json and contexts/tls/SHA256(name)/docker/{ca,cert,key}.pem.
 *
 * Source: docker CLI 28, `cli/context/store`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;

struct docker_context {
    const char *host;
    bool skip_verify;
    bool has_tls;                                      /* at least one of the files is there */
    const char *ca_file, *certificate_file, *key_file; /* NULL where missing */
};

/** Errors: ERROR_INPUT `context "x": context not found: ...`, or when it holds no docker endpoint. */
bool docker_context_load(struct arena *arena, const char *config_directory, const char *name,
                         struct docker_context *ret_context, struct error *err) WARN_UNUSED;
