/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One `watch` a project: a file with the holder's process id, which other tools of this family look at too.
 * Source: Docker Compose 5.5.0, `watch`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;
struct watch_lock;

/**
 * Take it. A file left behind by a process that is gone is taken over.
 *
 * Ownership: lives in `arena`; watch_lock_release() removes the file.
 * Errors:    ERROR_INPUT when another process holds it; ERROR_SYSTEM when the file cannot be written.
 */
bool watch_lock_take(struct arena *arena, const char *project, struct watch_lock **ret_lock,
                     struct error *err) WARN_UNUSED;
void watch_lock_release(struct watch_lock *lock); /* NULL is allowed */
