/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has a build changed since its image was made? By the modification times of the Dockerfile and of the files that the
 * context sends, so a fresh checkout counts as changed. Build arguments leave no trace that could be compared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct spec_build;
struct strings;

struct build_age {
    bool dockerfile; /* it is newer */
    size_t files;    /* of the context, the Dockerfile apart, that are newer */
    bool more;       /* the context has too many files to look at all of them */
};

/**
 * What is newer than `since_ns` (of the epoch), the files with the paths of `left_out` apart. Nothing for remote contexts
 * and unreadable folders.
 */
struct build_age build_age(struct arena *arena, const struct spec_build *build, int64_t since_ns,
                           const struct strings *left_out);
