/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacks the archive of one path of a container, as `GET /containers/{id}/archive` sends it: all
 * entries lie below one root, which may get another name here. Reads from a descriptor and blocks:
 * call it outside the loop's thread.
 *
 * Nothing is written outside the directory, whatever the archive says: names with "..", absolute
 * ones and ways through symbolic links of the archive are refused. Owners are not taken over; modes
 * and times are. Files are written as spec/base/file_write.h says: each one appears whole, under its
 * name, once the next entry or the end of the archive has been read.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct tar_extract {
    int descriptor;        /* read to its end */
    int stop;              /* readable once the archive is known to be incomplete; -1: none */
    const char *directory; /* exists; becomes the process's working directory */
    const char *name;      /* of the root below it; "." unpacks the root's contents */
    const char *pipe;      /* where the root's content goes instead, a path; or NULL */
};

/**
 * False: entries that were read before are in place, the last one is not.
 *
 * Errors: ERROR_SYSTEM, ERROR_ENGINE for what is no archive, ERROR_INPUT for what may not be replaced, ERROR_CANCELED
 * after `stop`.
 */
bool tar_extract(const struct tar_extract *how, struct error *err) WARN_UNUSED;
