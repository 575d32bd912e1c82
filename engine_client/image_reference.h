/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image references: [domain/]path[:tag][@digest]. Without a domain the default public hub is meant,
 * and a path of one part belongs to its "library".
 *
 * Source: distribution/reference 0.6, grammar in its package documentation.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;

struct image_reference {
    const char *domain; /* "docker.io", "localhost:5000" */
    const char *path;   /* "library/redis" */
    const char *tag;    /* NULL when not given */
    const char *digest; /* "sha256:..." or NULL */
};

/** Errors: ERROR_INPUT "invalid reference format" and what is wrong with it. */
bool image_reference_parse(struct arena *arena, const char *text,
                           struct image_reference *ret_reference, struct error *err) WARN_UNUSED;
/** "docker.io/library/redis:7@sha256:...": tag `latest` when neither tag nor digest was given. */
const char *image_reference_canonical(struct arena *arena, const struct image_reference *reference);
/** As people write it: "redis:7", without default domain and library; with the default tag. */
const char *image_reference_familiar(struct arena *arena, const struct image_reference *reference);
/** The name without tag and digest, familiar: "redis", "host:5000/x". */
const char *image_reference_familiar_name(struct arena *arena,
                                          const struct image_reference *reference);
/** Do two texts mean the same image name? (Podman answers with long names.) Malformed ones: equal
 * bytes. */
bool image_reference_same(const char *a, const char *b);
