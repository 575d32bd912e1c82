/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine behind ssh: one ssh process forwards a Unix socket in a private directory to the engine's socket on
 * the far side, for all connections. Inside engine_client only.
 *
 * The far side runs `echo ready; exec cat`: its line tells that the way is open, and it ends when our end of the
 * pipe does, so that no process is left behind even when this program is killed. The process has a session of its
 * own: a Ctrl-C is for this program, which may still need the engine.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "spec/base/error.h"

struct engine_endpoint;
struct ssh_relay;

/** The way is open (failure NULL), or it is not; or, later, it has gone. Never inside ssh_relay_start(). */
typedef void ssh_relay_fn(void *owner, const struct error *failure);

struct ssh_relay_handlers {
    ssh_relay_fn *on_ready; /* once */
    ssh_relay_fn
        *on_gone; /* at most once, after a successful on_ready; failure holds ssh's words */
    void (*on_closed)(void *owner); /* once, after ssh_relay_close(): the memory is gone */
};

/** Start ssh. `endpoint` and `owner` are borrowed until on_closed. */
struct ssh_relay *ssh_relay_start(uv_loop_t *loop, const struct engine_endpoint *endpoint,
                                  const struct ssh_relay_handlers *handlers, void *owner);
/** Where to connect. */
const char *ssh_relay_socket(const struct ssh_relay *relay);
/** End it; on_ready and on_gone are not called any more. */
void ssh_relay_close(struct ssh_relay *relay);
