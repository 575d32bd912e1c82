/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request to the engine, with one of three bodies: bytes (or none), an upload that is pulled
 * piece by piece, or duplex (attach and exec: after the 101 both sides talk).
 *
 *     struct engine_call call = {
 *         .method = "POST",
 *         .path = engine_path(arena, "/containers/%s/start", id),
 *     };
 *     step->request = engine_request_start(client, &call, on_started, step);
 *
 * Promises: `done` is called exactly once and never inside engine_request_start() or
 * engine_request_cancel(); `failure` is NULL on success; the request is dead when `done` returns.
 * Success is a status below 300, or 304 (look at engine_request_status()), and a whole body. A
 * failed answer becomes ERROR_ENGINE with the engine's words and never reaches on_chunk. A
 * cancelled request ends with ERROR_CANCELED: what it did is unknown.
 *
 * Streams: with `on_chunk` the body is handed out as it comes and is not kept.
 * engine_request_pause() stops the source; nothing is delivered until engine_request_resume().
 * Without on_chunk the body is kept whole, up to the limit of its kind (LIMIT_ENGINE_LIST_BYTES and
 * those beside it), and read in `done` with engine_request_body().
 *
 * A GET whose connection ends before the first byte of the answer is sent once more; nothing else
 * ever is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct arena;
struct engine_client;
struct engine_request;
struct pairs;
struct text;

/** The request has ended; the only place where a caller learns of it. */
typedef void engine_done_fn(void *owner, struct engine_request *req, const struct error *failure);
/** A piece of the answer's body; `bytes` is valid during the call only. */
typedef void engine_chunk_fn(void *owner, struct engine_request *req, struct span bytes);
/** The engine has accepted (status below 400, headers read): the attach is attached, the stream is
 * open. */
typedef void engine_open_fn(void *owner, struct engine_request *req);
/** All bytes given to engine_request_write() have been sent. */
typedef void engine_drained_fn(void *owner, struct engine_request *req);

enum engine_pull {
    ENGINE_PULL_MORE,   /* *ret_length bytes were put into the buffer, at least one */
    ENGINE_PULL_END,    /* that was all */
    ENGINE_PULL_LATER,  /* nothing yet: engine_request_pull_again() will tell */
    ENGINE_PULL_FAILED, /* err is set; the request ends with it */
};

/** Fill `buffer` with the next bytes of an upload. */
typedef enum engine_pull engine_pull_fn(void *owner, char *buffer, size_t size, size_t *ret_length,
                                        struct error *err);

struct engine_call {
    const char *method; /* "GET", "HEAD", "POST", "PUT", "DELETE" */
    const char *path;   /* "/containers/json": escaped (engine_path()), without version and query */
    const char *query;  /* "all=1&..." (query.h) or NULL */
    const char *content_type;      /* NULL: application/json when there is a body */
    struct span body;              /* bytes; copied */
    const char *registry_auth;     /* X-Registry-Auth (registry_auth.h) or NULL */
    const char *registry_config;   /* X-Registry-Config, for builds, or NULL */
    engine_pull_fn *pull;          /* upload: called instead of sending `body` */
    void *pull_owner;              /* its owner, borrowed until `done` returns */
    int64_t upload_bytes;          /* its length when known; 0 or less: chunked */
    bool duplex;                   /* `body` first, then what engine_request_write() is given */
    bool unversioned;              /* no /v1.XX in front of the path (/_ping) */
    engine_open_fn *on_open;       /* or NULL */
    engine_chunk_fn *on_chunk;     /* NULL: keep the body */
    engine_drained_fn *on_drained; /* duplex; or NULL */
    uint64_t timeout_ms;           /* for the whole request; 0: none */
};

/**
 * Start a request. Never fails at once: every failure goes to `done`, on a later turn of the loop.
 *
 * Ownership: everything in `call` is copied; `owner` (given to every callback) is borrowed until
 * `done` returns.
 */
struct engine_request *engine_request_start(struct engine_client *client,
                                            const struct engine_call *call, engine_done_fn *done,
                                            void *owner);

/** Give up; `done` follows on a later turn with ERROR_CANCELED. Nothing else is delivered. */
void engine_request_cancel(struct engine_request *req);

/** Stop and continue delivery to on_chunk; pauses do not nest. May be called inside on_chunk. */
void engine_request_pause(struct engine_request *req);
void engine_request_resume(struct engine_request *req);

/** An upload that said ENGINE_PULL_LATER has bytes now. */
void engine_request_pull_again(struct engine_request *req);

/** Duplex: queue bytes for the far side's stdin (copied). Keep an eye on
 * engine_request_unsent_bytes(). */
void engine_request_write(struct engine_request *req, struct span bytes);
size_t engine_request_unsent_bytes(const struct engine_request *req);
/** Duplex: after what is queued, close the far side's stdin; its output goes on. */
void engine_request_end_input(struct engine_request *req);

/* Inside on_open, on_chunk and done. */
int engine_request_status(const struct engine_request *req); /* 0: no answer */
struct span engine_request_body(const struct engine_request *req);
/** A response header by name (any case), or NULL. */
const char *engine_request_header(const struct engine_request *req, const char *name);
