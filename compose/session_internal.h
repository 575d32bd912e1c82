/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a session, shared by session.c (loop, engine, signals), session_fetch.c, session_events.c and
 * session_project.c. Nobody else includes this.
 */
#pragma once

#include "compose/session.h"
#include "engine_client/endpoint.h"
#include "spec/base/warnings.h"

enum { SESSION_SIGNALS = 3 };

struct event_stream;

struct session {
    uv_loop_t loop;
    struct root_options *root;
    struct arena *arena;
    struct console *console;

    struct engine_endpoint endpoint;
    struct engine_client *client;

    uv_signal_t signals[SESSION_SIGNALS];
    uv_signal_t stop_signal, continue_signal;
    void (*on_continue)(void *owner);
    void *continue_owner;
    session_signal_fn *on_signal;
    void *signal_owner;
    int ended_by;
    bool stopping; /* session_stop() was called */

    struct event_stream *events;
    struct spec_project *project;
    struct warnings warnings;
};

/** Give up all listeners and the stream; part of session_destroy(). */
void session_events_close(struct session *session);
