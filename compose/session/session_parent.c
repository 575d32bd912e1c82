/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The docker CLI that has started us as its plugin: it listens on a socket for as long as we may run. Where no terminal
 * sends signals to both of us, its closing is the only word we get. Source: docker CLI 25 to 28.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compose/session/session_internal.h"
#include "spec/base/memory.h"

struct session_parent {
    uv_poll_t poll;
    int descriptor;
    void (*on_gone)(void *owner);
    void *owner;
};

/* "@name" is an abstract socket. */
static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    int descriptor;

    if (length == 0 || length >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    length += offsetof(struct sockaddr_un, sun_path) + (name[0] != '@');
    if (connect(descriptor, (const struct sockaddr *)&address, (socklen_t)length) == 0)
        return descriptor;
    (void)close(descriptor);
    return -1;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct session_parent *parent = poll->data;
    char byte;

    (void)events;
    if (status == 0 && read(parent->descriptor, &byte, 1) > 0)
        return; /* it says nothing that is known */
    (void)uv_poll_stop(poll);
    parent->on_gone(parent->owner);
}

struct session_parent *session_parent_create(uv_loop_t *loop, void (*on_gone)(void *owner),
                                             void *owner)
{
    const char *name = getenv("DOCKER_CLI_PLUGIN_SOCKET");
    int descriptor = name ? connect_to(name) : -1;
    struct session_parent *parent;

    if (descriptor < 0)
        return NULL;
    parent = xcalloc(1, sizeof(*parent));
    parent->descriptor = descriptor;
    parent->on_gone = on_gone;
    parent->owner = owner;
    (void)uv_poll_init(loop, &parent->poll, descriptor);
    parent->poll.data = parent;
    (void)uv_poll_start(&parent->poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&parent->poll);
    return parent;
}

static void on_closed(uv_handle_t *handle)
{
    struct session_parent *parent = handle->data;

    (void)close(parent->descriptor);
    free(parent);
}

void session_parent_destroy(struct session_parent *parent)
{
    if (parent)
        uv_close((uv_handle_t *)&parent->poll, on_closed);
}
