/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits until an inherited descriptor (stdin, stdout, stderr) can be read or written, or has lost its other end, without
 * changing it.
 *
 * uv_poll would set O_NONBLOCK, and with it on every other process that shares the terminal or pipe. So each watch
 * has an epoll set of its own, and libuv polls that. Regular files, which cannot be polled, count as always ready.
 * A watch fires once for each descriptor_watch_start(): start it again for the next time.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

struct descriptor_watch;

enum descriptor_event {
    DESCRIPTOR_READABLE,
    DESCRIPTOR_WRITABLE,
    DESCRIPTOR_GONE, /* the other end was closed; such a watch does not keep the loop going */
};

typedef void descriptor_ready_fn(void *owner);

/** NULL when the descriptor is closed, and for files when it is their end that is waited for. `owner` is borrowed until the watch is destroyed. */
struct descriptor_watch *descriptor_watch_create(uv_loop_t *loop, int descriptor,
                                                 enum descriptor_event event,
                                                 descriptor_ready_fn *ready, void *owner);
/** Stops it; its memory goes on a later turn. NULL is allowed. */
void descriptor_watch_destroy(struct descriptor_watch *watch);
void descriptor_watch_start(struct descriptor_watch *watch);
void descriptor_watch_stop(struct descriptor_watch *watch);

/** Can `descriptor` be written (read) at this moment without waiting? `timeout_ms` as for poll(). */
bool descriptor_is_ready(int descriptor, enum descriptor_event event, int timeout_ms);
