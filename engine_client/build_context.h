/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory as build context: a tar stream that obeys .dockerignore, in sorted order, owned by
 * root. The Dockerfile may stand in the context, outside of it, or be given as text; where it is
 * not in the context, it travels under a name that cannot clash, which build_context_dockerfile()
 * tells.
 *
 *     context = build_context_open(&options, err);
 *     call.pull = tar_stream_pull;
 *     call.pull_owner = build_context_tar(context);
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct build_context;
struct tar_stream;

struct build_context_options {
    const char *directory; /* absolute */
    const char *
        dockerfile; /* NULL: "Dockerfile" (then "dockerfile"); relative to directory, or absolute */
    const char *dockerfile_inline; /* text, or NULL; wins over dockerfile */
    /* BuildKit: DOCKERFILE.dockerignore goes before .dockerignore, and neither is sent when it is ignored. The
     * classic builder reads .dockerignore once more, to drop what only we put there. */
    bool buildkit;
};

/**
 * Look at the directory and read the ignore file; the walk itself happens while the tar is pulled.
 *
 * Ownership: options are copied. Destroy it after the request is done.
 * Errors:    ERROR_INPUT when directory or Dockerfile are missing, in words that name them.
 */
struct build_context *build_context_open(const struct build_context_options *options,
                                         struct error *err) WARN_UNUSED;
void build_context_close(struct build_context *context); /* NULL is allowed */
struct tar_stream *build_context_tar(struct build_context *context);
/** The `dockerfile` parameter of the build. */
const char *build_context_dockerfile(const struct build_context *context);
