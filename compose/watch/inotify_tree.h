/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches whole directory trees through one inotify instance under uv_poll. It says which paths are dirty: made,
 * written, given other rights, moved or removed; what really changed is for the owner to find out. Directories made or
 * moved in later are watched too, those moved out no longer. When the kernel's queue overflowed, anything may be dirty.
 *
 *     tree = inotify_tree_create(loop, &handlers, owner, err);
 *     if (!tree || !inotify_tree_add(tree, "/app/src", err))
 *         return false;
 *
 * uv_fs_event would hide the overflow. Nothing runs between two events.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "spec/base/error.h"

struct inotify_tree;

struct inotify_tree_handlers {
    /* Is something in this directory or below of interest? Asked for sub-directories only. */
    bool (*wants)(void *owner, const char *directory);
    /* Valid during the call. A dirty directory stands for all that is in it. */
    void (*on_dirty)(void *owner, const char *path);
    /* Events were lost: everything is dirty. Directories made meanwhile are watched again already. */
    void (*on_overflow)(void *owner);
    /* A directory made later could not be watched (err as for inotify_tree_add()). */
    void (*on_blind)(void *owner, const struct error *failure);
};

/** Errors: ERROR_SYSTEM; where a limit of the kernel is the cause, its sysctl is named. */
struct inotify_tree *inotify_tree_create(uv_loop_t *loop,
                                         const struct inotify_tree_handlers *handlers, void *owner,
                                         struct error *err) WARN_UNUSED;
/** Stops; memory goes on a later turn. NULL is allowed. */
void inotify_tree_destroy(struct inotify_tree *tree);
/**
 * Watch an absolute directory and all wanted ones below it. Unreadable and vanished ones are passed over.
 *
 * Errors: ERROR_SYSTEM, "fs.inotify.max_user_watches" named when it is exhausted.
 */
bool inotify_tree_add(struct inotify_tree *tree, const char *directory,
                      struct error *err) WARN_UNUSED;
/** How many directories are watched. */
size_t inotify_tree_count(const struct inotify_tree *tree);
