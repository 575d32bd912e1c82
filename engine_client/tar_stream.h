/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar archive (GNU format) produced while it is being sent, with bounded memory. A source
 * is asked for the next entry whenever what was produced has been taken; contents of files are read
 * piece by piece.
 *
 *     tar = tar_stream_create(next_entry, walk);
 *     call.pull = tar_stream_pull;
 *     call.pull_owner = tar;
 *
 * For few small files in memory (secrets and configs for a container) tar_of_files() makes the
 * whole at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "engine_client/request.h"
#include "spec/base/error.h"
#include "spec/base/span.h"

struct tar_stream;
struct text;

struct tar_entry {
    const char *path; /* inside the archive, without a leading slash */
    uint32_t mode;    /* permission bits */
    int64_t uid, gid;
    int64_t modified_ns; /* written in whole seconds; 0: 1970 */
};

enum tar_next {
    TAR_NEXT_ENTRY, /* one entry was put */
    TAR_NEXT_END,
    TAR_NEXT_FAILED, /* err is set */
};

/** Put exactly one entry with one of the functions below, or say that there is none. */
typedef enum tar_next tar_source_fn(void *owner, struct tar_stream *tar, struct error *err);

struct tar_stream *tar_stream_create(tar_source_fn *next, void *owner);
void tar_stream_destroy(struct tar_stream *tar); /* NULL is allowed */
/** An engine_pull_fn; `owner` is the tar_stream. */
enum engine_pull tar_stream_pull(void *owner, char *buffer, size_t size, size_t *ret_length,
                                 struct error *err);

/** For the source: a regular file of these bytes, which are copied. */
bool tar_stream_put_bytes(struct tar_stream *tar, const struct tar_entry *entry,
                          struct span content, struct error *err) WARN_UNUSED;
/**
 * For the source: the thing at `source_path` as `lstat` saw it: file, directory, symbolic link,
 * fifo, device. Its mode, owner and time come from `entry`. A file that turns out shorter than its
 * size fails the archive; of one that grows the bytes that it had at first are sent.
 */
bool tar_stream_put_path(struct tar_stream *tar, const struct tar_entry *entry,
                         const char *source_path, const struct stat *status,
                         struct error *err) WARN_UNUSED;
/** For the source: a second name of a file that was put before. */
bool tar_stream_put_hard_link(struct tar_stream *tar, const struct tar_entry *entry,
                              const char *target, struct error *err) WARN_UNUSED;

/** Append a whole archive of files in memory to `out`. Parent directories are not added. */
bool tar_of_files(const struct tar_entry *entries, const struct span *contents, size_t count,
                  struct text *out, struct error *err) WARN_UNUSED;
