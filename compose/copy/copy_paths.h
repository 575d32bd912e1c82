/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `cp` does with names: which of its arguments is where, and under which name in which directory things land.
 * Pure functions. Source: docker CLI, `docker cp`; Docker Compose 5.5.0, `cp`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;

/** `service` NULL: a path of this machine. */
struct copy_argument {
    const char *service;
    const char *path;
};

/** "web:/etc/x"; a leading dot, an absolute path or no colon make it local. */
struct copy_argument copy_argument_parse(struct arena *arena, const char *text);

/** The path without "//", "/./" and ".."; as Go's filepath.Clean. */
const char *copy_clean_path(struct arena *arena, const char *path);
/** A local path made absolute and clean, but with its "/." or "/" at the end, which mean something. */
const char *copy_absolute_path(struct arena *arena, const char *working_dir, const char *path);
/** The directory part. */
const char *copy_directory_of(struct arena *arena, const char *path);
/** The last name: "." for a path that ends in "/." (the contents are meant) and for the root. */
const char *copy_name_of(struct arena *arena, const char *path);
/** Does it end in "/" or in "/."? Then a symbolic link at its end is followed. */
bool copy_path_is_open(const char *path);

/** Where a symbolic link at `path` leads. */
const char *copy_link_target(struct arena *arena, const char *path, const char *target);

struct copy_destination {
    const char *path;
    bool exists, is_directory;
};

struct copy_place {
    const char *directory; /* unpack the archive there */
    const char *name;      /* of its root; ".": its contents without the root */
};

/**
 * Errors: ERROR_INPUT "cannot copy directory" (onto a file), "no such directory" (a file to "x/").
 */
bool copy_choose_place(struct arena *arena, const char *source, bool source_is_directory,
                       const struct copy_destination *destination, struct copy_place *ret_place,
                       struct error *err) WARN_UNUSED;
