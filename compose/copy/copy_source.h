/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cp` sends to a container, as the body of an upload: the archive of a path of this machine, made while it is
 * sent, or an archive that comes over stdin.
 *
 *     source = copy_source_of_path(&tree, err);
 *     call.pull = copy_source_pull;
 *     call.pull_owner = source;
 *     copy_source_begin(source, request);      (once the request exists)
 *     ...
 *     copy_source_destroy(source);             (after the request's `done`)
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "engine_client/request.h"
#include "spec/base/error.h"

struct copy_source;

struct copy_tree {
    const char *path; /* absolute */
    const char *name; /* of the root in the archive; "." leaves the root out */
    bool follow;      /* a symbolic link at the end of `path`; others stay links */
};

/** Borrows nothing. Errors: ERROR_SYSTEM. */
struct copy_source *copy_source_of_path(const struct copy_tree *tree,
                                        struct error *err) WARN_UNUSED;
/** Stdin as it comes; for one upload. */
struct copy_source *copy_source_of_stdin(uv_loop_t *loop);
/** A regular file from its begin; `descriptor` is borrowed and shared, its position is not used. */
struct copy_source *copy_source_of_file(int descriptor);
void copy_source_destroy(struct copy_source *source); /* NULL is allowed */

/** Tell which upload it feeds. */
void copy_source_begin(struct copy_source *source, struct engine_request *request);
/** An engine_pull_fn; `owner` is the copy_source. */
enum engine_pull copy_source_pull(void *owner, char *buffer, size_t size, size_t *ret_length,
                                  struct error *err);
