/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of lock files: one that only this user can write to, and that all runs of this user find again. In order:
 * `docker-compose` in $XDG_RUNTIME_DIR, the same in /run/user/UID (cron and su do not set the variable, or keep that of
 * another user), `docker-compose-UID` in the temporary folder, and `docker-compose-UID-1` … where another user has
 * taken that name. A folder that belongs to another user is never used, and no link is followed.
 *
 *     int directory = lock_directory_open(err);
 *     if (directory < 0)
 *         return false;
 *     file = openat(directory, "name.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
 */
#pragma once

#include "spec/base/error.h"

/**
 * Open the folder, creating it where it is missing.
 *
 * Ownership: the caller closes the descriptor.
 * Errors:    -1 with ERROR_SYSTEM or ERROR_INPUT: no candidate can be used; the text says why the last one cannot.
 */
int lock_directory_open(struct error *err);
