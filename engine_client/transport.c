/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi_socket interface on a libuv loop: one uv_poll_t a socket, one uv_timer_t for its
 * timeouts.
 */
#include "engine_client/client_private.h"

#include <stdlib.h>

#include "spec/base/descriptor_limit.h"

enum {
    MOST_IDLE_CONNECTIONS = 32,
    OTHER_DESCRIPTORS = 64, /* files, pipes of children, what libraries open */
    FEW_DESCRIPTORS = 256,
    MOST_BY_SSH = 400, /* one process of ssh carries them all, under the usual limit */
};

struct socket_watch {
    uv_poll_t poll;
    struct engine_client *client;
    curl_socket_t socket;
    int events;       /* what is waited for */
    bool duplex_open; /* bytes go both ways on it */
    bool upload;      /* its answer may come before all of it was sent */
};

/*
 * After every action, from the timer too and even when no transfer is left running: otherwise a
 * last timeout is never reported (libcurl 7.88).
 */
static void collect_finished(struct engine_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        struct engine_request *req = NULL;
        CURLcode result = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &req);
        request_transfer_done(req, result);
    }
}

static void act_on_socket(struct engine_client *client, curl_socket_t socket, int events)
{
    int running;

    (void)curl_multi_socket_action(client->multi, socket, events, &running);
    collect_finished(client);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct socket_watch *watch = poll->data;
    int flags = 0;

    if (events & (UV_READABLE | UV_DISCONNECT))
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    /*
     * A broken connection: libuv has stopped the poll. libcurl shall read, for that gives what came before the
     * break and then its reason; it may need several turns.
     */
    if (status < 0)
        flags = CURL_CSELECT_IN | CURL_CSELECT_OUT;
    if (watch->duplex_open && status < 0 && !(watch->events & UV_READABLE))
        return; /* reading is paused; libcurl asks for the socket when it continues */
    /* To send on a connection that the peer has closed ends the transfer: what came is read first. */
    if ((watch->duplex_open || watch->upload) && (flags & CURL_CSELECT_IN))
        flags = CURL_CSELECT_IN;
    act_on_socket(watch->client, watch->socket, flags);
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        (void)uv_poll_start(poll, watch->events, on_poll);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct socket_watch *watch = handle->data;
    struct engine_client *client = watch->client;

    free(watch);
    client_handle_closed(client);
}

static void stop_watch(struct socket_watch *watch)
{
    (void)curl_multi_assign(watch->client->multi, watch->socket, NULL);
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static struct socket_watch *start_watch(struct engine_client *client, curl_socket_t socket)
{
    struct socket_watch *watch = xcalloc(1, sizeof(*watch));

    watch->client = client;
    watch->socket = socket;
    if (uv_poll_init_socket(client->loop, &watch->poll, socket) != 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    client->open_handles++;
    (void)curl_multi_assign(client->multi, socket, watch);
    return watch;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *owner, void *socket_data)
{
    struct engine_client *client = owner;
    struct socket_watch *watch = socket_data;
    struct engine_request *req = NULL;
    int events = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &req);
    if (what == CURL_POLL_REMOVE) {
        if (watch)
            stop_watch(watch);
        if (req) {
            req->watched = false;
            request_socket_removed(req);
        }
        return 0;
    }
    if (req) {
        req->socket = socket;
        req->watched = true;
        if (!(what & CURL_POLL_IN))
            request_socket_sends_only(req);
    }
    if (!watch)
        watch = start_watch(client, socket);
    if (!watch)
        return -1; /* libcurl gives the transfer up */
    watch->duplex_open = req && req->call.duplex && req->final_headers;
    watch->upload = req && req->call.pull;
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    watch->events = events;
    return uv_poll_start(&watch->poll, events, on_poll) == 0 ? 0 : -1;
}

static void on_timer(uv_timer_t *timer)
{
    act_on_socket(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_wanted(CURLM *multi UNUSED, long timeout_ms, void *owner)
{
    struct engine_client *client = owner;

    if (client->handles_closing)
        return 0;
    if (timeout_ms < 0)
        uv_timer_stop(&client->curl_timer);
    else
        uv_timer_start(&client->curl_timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

/* Each request in flight has a connection. */
static size_t most_active(const struct engine_client *client)
{
    size_t limit = descriptor_limit();
    size_t most =
        limit > FEW_DESCRIPTORS ? limit - MOST_IDLE_CONNECTIONS - OTHER_DESCRIPTORS : limit / 2 + 1;

    return client->endpoint.transport == ENGINE_SSH && most > MOST_BY_SSH ? MOST_BY_SSH : most;
}

bool transport_open(struct engine_client *client, struct error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return error_set(err, ERROR_SYSTEM, "libcurl cannot be initialised");
    client->most_active = most_active(client);
    client->multi = curl_multi_init();
    if (!client->multi)
        fatal("out of memory");
    uv_timer_init(client->loop, &client->curl_timer);
    client->curl_timer.data = client;
    client->open_handles++;
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)MOST_IDLE_CONNECTIONS);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return true;
}

static void on_timer_closed(uv_handle_t *handle)
{
    client_handle_closed(handle->data);
}

void transport_close(struct engine_client *client)
{
    curl_multi_cleanup(client->multi);
    client->multi = NULL;
    curl_global_cleanup();
    uv_close((uv_handle_t *)&client->curl_timer, on_timer_closed);
}
