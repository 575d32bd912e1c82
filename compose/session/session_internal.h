/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a session, shared by session.c (loop, engine, signals), session_fetch.c, session_events.c and
 * session_project.c. Nobody else includes this.
 */
#pragma once

#include "compose/session/session.h"
#include "engine_client/endpoint.h"
#include "spec/base/warnings.h"

enum { SESSION_SIGNALS = 3 };

struct event_stream;
struct session_parent;

struct session {
    uv_loop_t loop;
    struct root_options *root;
    struct arena *arena;
    struct console *console;

    struct engine_endpoint endpoint;
    const struct docker_config *config; /* NULL until it is asked for */
    struct engine_client *client;

    uv_signal_t signals[SESSION_SIGNALS];
    uv_signal_t stop_signal, continue_signal;
    void (*on_continue)(void *owner);
    void *continue_owner;
    session_signal_fn *on_signal;
    void *signal_owner;
    int ended_by;
    struct session_parent *parent; /* the docker CLI, or NULL */
    uint64_t parent_gone_ms;       /* when it told us to end; 0: it did not */
    bool was_signalled;
    bool tolerates_lost_output;
    bool stopping; /* session_stop() was called */

    struct event_stream *events;
    struct spec_project *project;
    struct warnings warnings;
};

/** NULL when no docker CLI has started us. `on_gone` is called once. */
struct session_parent *session_parent_create(uv_loop_t *loop, void (*on_gone)(void *owner),
                                             void *owner);
void session_parent_destroy(struct session_parent *parent); /* NULL is allowed */

/** Give up all listeners and the stream; part of session_destroy(). */
void session_events_close(struct session *session);
