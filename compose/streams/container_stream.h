/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our stdio connected to a container's main process until it ends: what attach and run have in common. Signals that
 * we get go to the container; its exit code comes back.
 *
 *     options = (struct container_stream_options){.id = id, .tty = tty, .input = true, .start = start};
 *     if (!container_stream_run(session, client, arena, &options, &result, err))
 *         return false;
 *     return result.detached || result.exit_code == 0 || error_set_exit(err, result.exit_code);
 *
 * The order is: attach, wait for the end, start; so nothing of a short process is missed.
 */
#pragma once

#include <stdbool.h>

#include "compose/session/session.h"
#include "compose/streams/detach_keys.h"
#include "spec/base/error.h"

struct arena;
struct engine_client;

/** Borrowed for the call. */
struct container_stream_options {
    const char *id;
    bool tty;             /* of the container */
    bool input;           /* send our stdin */
    bool keep_input_open; /* several may attach one after the other: our end is not the process's */
    bool auto_remove;     /* the engine removes it: wait for that, too */
    bool forward_signals; /* instead of ending, but for who asks to end a third time */
    const char *detach_keys; /* "" for the usual ones */
    /**
     * Start it, now that nothing of it can be missed; may turn the loop, with this answer to signals. NULL: it runs.
     */
    bool (*start)(void *owner, session_signal_fn *on_signal, void *signal_owner, struct error *err);
    void *owner;
};

struct container_stream_result {
    bool detached; /* by its keys; the process goes on */
    int exit_code;
};

/**
 * Errors: those of attach, start and wait; ERROR_CANCELED when a signal that is not forwarded ended it.
 */
bool container_stream_run(struct session *session, struct engine_client *client,
                          struct arena *arena, const struct container_stream_options *options,
                          struct container_stream_result *ret_result,
                          struct error *err) WARN_UNUSED;
