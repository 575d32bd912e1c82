/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a duplex request does with its socket itself, because libcurl has no function for it: to close one direction, to
 * find out that the peer has closed one or both, to read what came before.
 */
#include "engine_client/client_private.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REST_BYTES = 16 * 1024 };

static SSL *tls_session(const struct engine_request *req)
{
    struct curl_tlssessioninfo *tls = NULL;

    (void)curl_easy_getinfo(req->easy, CURLINFO_TLS_SSL_PTR, &tls);
    return tls && tls->backend == CURLSSLBACKEND_OPENSSL ? tls->internals : NULL;
}

/* The bytes before were sent when libcurl asks for more: only then may the sending side be shut. */
void request_shut_input(struct engine_request *req)
{
    SSL *tls;

    if (req->input_ended)
        return;
    req->input_ended = true;
    /* Either fails only when the far side is gone already; then the transfer ends by itself. */
    tls = tls_session(req);
    if (tls)
        (void)SSL_shutdown(tls);
    else if (req->socket != CURL_SOCKET_BAD)
        (void)shutdown(req->socket, SHUT_WR);
}

bool request_peer_has_closed(const struct engine_request *req)
{
    struct pollfd look = {.fd = req->socket};

    return req->socket != CURL_SOCKET_BAD && poll(&look, 1, 0) == 1;
}

bool request_output_is_at_end(const struct engine_request *req)
{
    SSL *tls = tls_session(req);
    char byte;

    if (tls)
        return (SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) != 0;
    return req->socket != CURL_SOCKET_BAD &&
           recv(req->socket, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}

void request_keep_spare(struct engine_request *req)
{
    if (req->spare < 0 && req->final_headers && req->socket != CURL_SOCKET_BAD && !tls_session(req))
        req->spare = fcntl(req->socket, F_DUPFD_CLOEXEC, 0);
}

void request_close_spare(struct engine_request *req)
{
    if (req->spare >= 0)
        (void)close(req->spare);
    req->spare = -1;
}

void request_deliver_rest(struct engine_request *req)
{
    char bytes[REST_BYTES];
    ssize_t count;

    if (req->spare < 0 || !req->call.on_chunk || req->receive_paused)
        return;
    while (!req->canceled && (count = recv(req->spare, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        req->call.on_chunk(req->owner, req, (struct span){bytes, (size_t)count});
}
