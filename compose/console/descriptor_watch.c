/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/descriptor_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "spec/base/memory.h"

struct descriptor_watch {
    int epoll; /* -1 for a regular file */
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_idle_t idle;
    } uv;
    descriptor_ready_fn *ready;
    void *owner;
};

/* Of the loss of the other end epoll tells unasked. */
static uint32_t epoll_events(enum descriptor_event event)
{
    switch (event) {
    case DESCRIPTOR_READABLE:
        return EPOLLIN;
    case DESCRIPTOR_WRITABLE:
        return EPOLLOUT;
    case DESCRIPTOR_GONE:
        break;
    }
    return 0;
}

bool descriptor_is_ready(int descriptor, enum descriptor_event event, int timeout_ms)
{
    short wanted = event == DESCRIPTOR_READABLE ? POLLIN : POLLOUT;
    struct pollfd entry = {.fd = descriptor, .events = wanted};

    return poll(&entry, 1, timeout_ms) > 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct descriptor_watch *watch = poll->data;

    (void)status;
    (void)events;
    descriptor_watch_stop(watch);
    watch->ready(watch->owner);
}

static void on_idle(uv_idle_t *idle)
{
    struct descriptor_watch *watch = idle->data;

    descriptor_watch_stop(watch);
    watch->ready(watch->owner);
}

struct descriptor_watch *descriptor_watch_create(uv_loop_t *loop, int descriptor,
                                                 enum descriptor_event event,
                                                 descriptor_ready_fn *ready, void *owner)
{
    struct epoll_event wanted = {.events = epoll_events(event)};
    struct descriptor_watch *watch;
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0)
        fatal("cannot create an epoll set");
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &wanted) != 0) {
        int reason = errno;

        (void)close(epoll);
        epoll = -1;
        if (reason != EPERM || event == DESCRIPTOR_GONE)
            return NULL; /* closed, or a file: that goes nowhere */
    }
    watch = xcalloc(1, sizeof(*watch));
    *watch = (struct descriptor_watch){.epoll = epoll, .ready = ready, .owner = owner};
    if (epoll < 0)
        (void)uv_idle_init(loop, &watch->uv.idle);
    else if (uv_poll_init(loop, &watch->uv.poll, epoll) != 0)
        fatal("cannot poll an epoll set");
    watch->uv.handle.data = watch;
    if (event == DESCRIPTOR_GONE)
        uv_unref(&watch->uv.handle);
    return watch;
}

void descriptor_watch_start(struct descriptor_watch *watch)
{
    if (watch->epoll < 0)
        (void)uv_idle_start(&watch->uv.idle, on_idle);
    else
        (void)uv_poll_start(&watch->uv.poll, UV_READABLE, on_poll);
}

void descriptor_watch_stop(struct descriptor_watch *watch)
{
    if (watch->epoll < 0)
        (void)uv_idle_stop(&watch->uv.idle);
    else
        (void)uv_poll_stop(&watch->uv.poll);
}

static void on_closed(uv_handle_t *handle)
{
    struct descriptor_watch *watch = handle->data;

    if (watch->epoll >= 0)
        (void)close(watch->epoll);
    free(watch);
}

void descriptor_watch_destroy(struct descriptor_watch *watch)
{
    if (watch)
        uv_close(&watch->uv.handle, on_closed);
}
