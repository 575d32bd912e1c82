/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the user named and the program writes. The rules are the same for each command:
 *
 *   - a regular file is written beside its place, without a name where the file system allows it, and renamed: until
 *     file_write_commit() the old file is unchanged, and afterwards the new one is complete;
 *   - a named pipe is written into, once a process reads from it;
 *   - devices, sockets and directories are refused.
 *
 *     if (!file_write_open(&file, path, -1, err))
 *         return false;
 *     good = file_write_bytes(&file, bytes, length, err) && file_write_commit(&file, err);
 *     if (!good)
 *         file_write_abandon(&file);
 *
 * Waiting for the reader of a pipe ends with ERROR_CANCELED when the descriptor `stop` becomes readable (-1: none).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

/** Plain data; `descriptor` may be written to and given a mode and times before the commit. */
struct file_write {
    int descriptor;
    bool is_stream; /* a pipe: bytes arrive at once, and there is nothing to replace */
    int stop;
    int directory;   /* of `name` */
    char *path;      /* for messages */
    char *name;      /* the place, in `directory` */
    char *temporary; /* NULL: no name yet */
};

/** What an output path may lead to: nothing yet, in an existing directory, or no device. Links are followed. */
bool file_write_check(const char *path, struct error *err) WARN_UNUSED;
/** Links are refused; a new file has mode 0600. */
bool file_write_open(struct file_write *file, const char *path, int stop,
                     struct error *err) WARN_UNUSED;
/** The same for a name in an open directory, shown as `path`; an existing link is replaced. */
bool file_write_open_at(struct file_write *file, int directory, const char *name, const char *path,
                        int stop, struct error *err) WARN_UNUSED;
/** The pipe that `path` leads to. */
bool file_write_open_pipe(struct file_write *file, const char *path, int stop,
                          struct error *err) WARN_UNUSED;
bool file_write_bytes(struct file_write *file, const char *bytes, size_t length,
                      struct error *err) WARN_UNUSED;
/** Replace the old file. On failure too the file is to be abandoned. */
bool file_write_commit(struct file_write *file, struct error *err) WARN_UNUSED;
/** Close, and remove what was not committed. No harm after a commit. */
void file_write_abandon(struct file_write *file);
/** A folder that is no link; it is created when it does not exist. Its parent is taken as it is. */
bool file_write_directory(const char *path, mode_t mode);
/** A name for a temporary file; free() it. */
char *file_write_temporary_name(void);

/**
 * Write a file as open(2) with O_TRUNC would: links are followed, mode and owner stay, a new file's mode is 0666 less
 * the umask, and a character device or pipe is written into. A regular file is replaced as above, or overwritten where
 * that cannot be done: a mount point, another user's file, a directory that may not be changed.
 */
bool file_write_text(const char *path, struct span content, struct error *err) WARN_UNUSED;
