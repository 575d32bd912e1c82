/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a running watch, shared by watch.c (events, batches) and watch_react.c (what is done about them).
 * Nobody else includes this.
 */
#pragma once

#include <uv.h>

#include "compose/watch/inotify_tree.h"
#include "compose/watch/watch.h"
#include "compose/watch/watch_rules.h"
#include "compose/watch/watch_tree.h"
#include "spec/base/arena.h"
#include "spec/base/index.h"

enum watch_state {
    WATCH_IDLE,      /* waiting for changes, or for silence after them */
    WATCH_SCANNING,  /* the worker takes in what is there */
    WATCH_COMPARING, /* the worker looks at what is dirty */
    WATCH_READY,     /* there is something to do */
    WATCH_REACTING,
};

struct watch {
    struct command_context *context;
    struct watch_settings settings;
    struct arena *arena; /* of the rules */
    struct watch_rules rules;
    struct watch_tree *tree;
    struct inotify_tree *inotify; /* NULL before watch_start() */

    enum watch_state state;
    uv_timer_t silence;
    uv_work_t work;
    bool timer_open, stopping;

    /* What is gathered while the worker is busy. */
    struct arena *dirty_arena;
    struct strings dirty;
    struct index dirty_index;
    bool overflowed, trust, due;

    /* What could not be copied goes along with the next batch. */
    struct arena *owed_arena;
    struct strings owed;

    /* The batch at hand: the worker's, then watch_react()'s. */
    struct arena *batch_arena;
    struct strings batch_dirty;
    unsigned batch_flags;
    struct watch_changes changes;
    struct watch_batch batch;
    bool initial; /* files newer than the images are still to be copied */
};

/** Carry out a batch; failures are warnings. False when interrupted. */
bool watch_carry_out(struct watch *watch, const struct watch_batch *batch,
                     struct error *err) WARN_UNUSED;
/** Copy what is newer than the images that run. */
bool watch_initial_sync(struct watch *watch, struct error *err) WARN_UNUSED;
/** The files of this batch have not arrived. */
void watch_owe(struct watch *watch, const struct watch_batch *batch);
void watch_log(struct watch *watch, const char *format, ...) PRINTF_LIKE(2, 3);
