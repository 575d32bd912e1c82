/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tiny engine on a Unix socket in a private directory, on the loop of the test: it hands whole requests to a
 * function of the test, which answers at once, later, in pieces, or hangs up. `/_ping` is answered by itself unless
 * `answers_ping` is cleared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct fake_connection;
struct fake_engine;

struct fake_request {
    const char *method, *target; /* "/v1.43/containers/json?all=1" */
    const char *headers;         /* the lines behind the first one */
    const char *body;            /* chunks already joined */
    size_t body_length;
};

typedef void fake_request_fn(struct fake_engine *fake, struct fake_connection *connection,
                             const struct fake_request *request);

struct fake_engine {
    uv_loop_t *loop;
    uv_pipe_t listener;
    char directory[64];
    char path[128];
    fake_request_fn *on_request;
    void *owner;
    const char *api_version;  /* of the ping */
    const char *ping_headers; /* further lines, each ended by CRLF */
    bool answers_ping;
    unsigned pings, requests, connections;
    struct fake_connection *first;
};

void fake_engine_open(struct fake_engine *fake, uv_loop_t *loop, fake_request_fn *on_request,
                      void *owner);
/** Stop listening and close what is open; run the loop afterwards. */
void fake_engine_close(struct fake_engine *fake);

/** Send raw bytes. */
void fake_send(struct fake_connection *connection, const char *bytes, size_t length);
/** Send a whole answer: "200 OK", a body, further header lines (each ended by CRLF) or "". */
void fake_answer(struct fake_connection *connection, const char *status, const char *headers,
                 const char *body);
/** Hang up after what was sent. */
void fake_hang_up(struct fake_connection *connection);
/** What came after the request's body (duplex), so far; the far side has closed its sending side: `*ret_ended`. */
const char *fake_received(const struct fake_connection *connection, size_t *ret_length,
                          bool *ret_ended);
/** Call `function` when more bytes or the end came in. */
void fake_on_bytes(struct fake_connection *connection,
                   void (*function)(struct fake_connection *connection));
struct fake_engine *fake_of(const struct fake_connection *connection);
