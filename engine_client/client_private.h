/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What client.c, transport.c, request.c and failure.c share; nobody else includes it.
 *
 * A request is WAITING (for the API version or the relay), ACTIVE (its easy handle is in the multi
 * handle) or ENDED (its completion is due). Calls of the public functions only set flags and ask
 * for a turn; everything that may call back happens in client_turn() or in libcurl's callbacks,
 * never on the stack of a caller.
 */
#pragma once

#include <curl/curl.h>
#include <uv.h>

#include "engine_client/client.h"
#include "engine_client/endpoint.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/strings.h"
#include "spec/base/text.h"

enum request_state {
    REQUEST_WAITING,
    REQUEST_ACTIVE,
    REQUEST_ENDED,
};

struct engine_request {
    struct engine_client *client;
    struct engine_request *previous, *next; /* all requests of the client, oldest first */
    struct arena *arena;
    struct engine_call call; /* strings in the arena */
    engine_done_fn *done;
    void *owner;
    enum request_state state;
    bool is_ping;

    CURL *easy;
    struct curl_slist *headers_out;
    char curl_error[CURL_ERROR_SIZE];
    uint64_t started_ms;

    uint64_t queue_full_ms; /* since when its connection is refused so, or 0 */
    int socket_errno;       /* why no socket could be opened, or 0 */
    int status;
    bool final_headers; /* status and headers of the real answer are read, not of a 100 */
    bool retried;
    bool watched; /* libcurl wants to hear of its socket */
    struct pairs headers_in;
    size_t header_bytes;
    struct text body;
    size_t kept_bytes; /* of the body, as counted for all requests */

    size_t body_sent;     /* duplex: of call.body */
    struct text outgoing; /* duplex: not yet taken by libcurl */
    bool drain_due;       /* on_drained has not been told of the newest bytes */
    bool end_input, input_ended;
    bool pull_again;      /* upload: the source has bytes again */
    bool far_closed;      /* duplex: the far side has gone; end our side too */
    bool output_ended;    /* duplex: the peer closed its sending side; unsent input is dropped */
    curl_socket_t socket; /* duplex: to shut its sending side */
    int spare;            /* a duplicate of it: -1, or usable after libcurl has closed its own */

    bool pause_wanted, receive_paused, send_paused;
    bool wake; /* look at the flags in the next turn */
    bool canceled;
    struct error failure; /* of our own callbacks: pull failed, body too large */
};

enum negotiation {
    NEGOTIATION_NONE,
    NEGOTIATION_ASKED,
    NEGOTIATION_DONE,
};

struct ready_waiter {
    engine_ready_fn *ready;
    void *owner;
    struct ready_waiter *next;
};

struct ssh_relay;

struct engine_client {
    uv_loop_t *loop;
    struct arena *arena;
    struct engine_endpoint endpoint;
    struct engine_client_options options;
    struct strings headers;
    CURLM *multi;
    uv_timer_t curl_timer;
    uv_timer_t connect_later;
    uv_idle_t turn;
    unsigned open_handles; /* not yet closed: the timers, turn, one a socket */

    struct engine_request *first, *last;
    struct ready_waiter *waiters;

    enum negotiation negotiation;
    unsigned pinned_minor; /* 0: negotiate */
    struct engine_facts facts;
    int64_t date_ns; /* newest Date header, and when it was read */
    uint64_t date_read_ns;

    struct ssh_relay *relay;    /* ssh only; NULL until the first request, and after ssh has gone */
    bool connect_paused;        /* the engine's queue of connections is full */
    size_t active, most_active; /* requests that have a transfer; others wait */
    size_t kept_bytes;          /* bodies of requests that are not yet completed */
    const char *socket_path;    /* what libcurl connects to; NULL: TCP */
    bool closing, handles_closing;
};

/* client.c */
void client_want_turn(struct engine_client *client);
/* A request was put back that no other one's end will wake. */
void client_want_connect_later(struct engine_client *client);
void client_handle_closed(struct engine_client *client);
void client_read_date(struct engine_client *client, const char *http_date);

/* transport.c */
bool transport_open(struct engine_client *client, struct error *err) WARN_UNUSED;
void transport_close(struct engine_client *client);

/* request.c */
struct engine_request *request_create(struct engine_client *client, const struct engine_call *call,
                                      engine_done_fn *done, void *owner);
void request_activate(struct engine_request *req); /* WAITING -> ACTIVE or ENDED */
void request_wake(struct engine_request *req);
void request_transfer_done(struct engine_request *req, CURLcode result);
bool request_met_full_queue(const struct engine_request *req, CURLcode result);
void request_socket_removed(struct engine_request *req);
void request_socket_sends_only(struct engine_request *req);
void request_end(struct engine_request *req);      /* -> ENDED */
void request_complete(struct engine_request *req); /* calls done and frees */
/* Until it is cancelled, or something else happens: streams that follow, waits. */
bool request_is_lasting(const struct engine_request *req);

/* request_duplex.c */
void request_shut_input(struct engine_request *req); /* after what was sent; once */
/* To send would end the transfer with an error, and what the peer wrote before could not be read any more. */
bool request_peer_has_closed(const struct engine_request *req);
bool request_output_is_at_end(const struct engine_request *req);
/* libcurl gives up when it cannot send; what the peer wrote before it closed has still arrived: hand it out. */
void request_deliver_rest(struct engine_request *req);
void request_keep_spare(struct engine_request *req);
void request_close_spare(struct engine_request *req);

/* request_setup.c */
bool request_setup(struct engine_request *req, struct error *err) WARN_UNUSED;
bool request_is_safe(const struct engine_request *req); /* changes nothing: GET, HEAD */

/* The path for a trace: values that may be secret are left out. Lives in the request's arena. */
const char *request_trace_path(const struct engine_request *req);

/* failure.c */
void failure_of_transfer(struct engine_request *req, CURLcode result, struct error *err);
void failure_of_answer(const struct engine_request *req, struct error *err);
