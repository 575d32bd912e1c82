/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mark of a `run` whose container is to go with it: the container until it has been started, and with --rm until it
 * has ended. A file in the folder of lock_directory.h that the run keeps locked; when the run is killed, the engine
 * keeps the container, the kernel drops the lock, and the next `down` finds the mark and removes the container.
 *
 *     mark = run_mark_create(url, project, "p-web-run-0123456789ab", true);
 *     … create, start, attach …
 *     run_mark_destroy(mark, true);
 */
#pragma once

#include <stdbool.h>

#include "spec/base/strings.h"

struct arena;
struct run_mark;

/** `removes`: with --rm. NULL where no file can be made: nothing will be removed for it. */
struct run_mark *run_mark_create(const char *engine_url, const char *project, const char *container,
                                 bool removes);
/** `settled`: the container is gone, or stays on purpose. Otherwise the mark stays for `down`. NULL is allowed. */
void run_mark_destroy(struct run_mark *mark, bool settled);

/** Names of containers whose run is gone. Plain data in the arena given. */
struct run_marks {
    struct strings removes;   /* of `run --rm` */
    struct strings unstarted; /* of others, if they were not started */
};

void run_marks_list(struct arena *arena, const char *engine_url, const char *project,
                    struct run_marks *ret_marks);
/** Drop the marks of these containers. */
void run_marks_drop(const char *engine_url, const char *project, const struct run_marks *marks);
