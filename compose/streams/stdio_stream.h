/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own stdin, stdout and stderr connected to a process in a container, through one duplex request (attach, exec).
 *
 *     options = (struct stdio_stream_options){.path = path, .tty = true, .input = true, .on_end = on_end, .owner = x};
 *     stream = stdio_stream_start(session, client, &options);
 *     ... session_run() ...         (on_end has been called; the stream is gone)
 *
 * Input is read only when the engine has accepted and takes it, and its end closes the process's stdin alone. Output
 * that our reader does not take stops the source. Any of the three may be a terminal, a pipe, a file or closed; their
 * flags stay as they are. With a TTY our terminal is in raw mode from the answer of the engine to the end, follows
 * resizes, and typing the detach keys ends the stream while the process goes on.
 *
 * The end of the output is the end: input that the process has not read is dropped. An engine that closes the whole
 * connection of a process which has ended, while our input is on its way, breaks it: STDIO_STREAM_CUT.
 *
 * Promises: on_open at most once, on_end exactly once, both on a later turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/streams/detach_keys.h"
#include "spec/base/error.h"
#include "spec/base/span.h"

struct engine_client;
struct session;
struct stdio_stream;

/* For exec and run, which choose whether the process gets a TTY. */
#define STDIO_STREAM_TTY_HINT "Give -T for a process without a terminal"

enum stdio_stream_end {
    STDIO_STREAM_CLOSED,   /* by the far side */
    STDIO_STREAM_DETACHED, /* by the detach keys */
    STDIO_STREAM_CUT,      /* the connection broke: ask whether the process has ended; `failure` */
    STDIO_STREAM_FAILED,   /* `failure` says why */
};

/** Copied; the strings are borrowed for the call, except resize_path, which lives until on_end. */
struct stdio_stream_options {
    const char *path, *query; /* of the POST; query may be NULL */
    struct span body;
    bool tty;                       /* the process has a TTY: its output is raw, not framed */
    bool input;                     /* send our stdin */
    bool keep_input_open;           /* its end is not told: the engine would end the whole stream */
    struct detach_keys detach_keys; /* heeded with `tty` and `input` */
    const char *resize_path;        /* POST here when the size changes; NULL: nobody asks for it */
    bool redraw; /* the process has run for a while: make it draw its screen on ours */
    void (*on_open)(void *owner,
                    struct stdio_stream *stream); /* connected with the process; or NULL */
    void (*on_end)(void *owner, enum stdio_stream_end how, const struct error *failure);
    void *owner;
};

struct stdio_stream *stdio_stream_start(struct session *session, struct engine_client *client,
                                        const struct stdio_stream_options *options);
/**
 * The whole at once: start it and turn the loop until it has ended. `on_end` of the options is not used.
 *
 * Errors: those of the request; ERROR_CANCELED when a signal ended it. STDIO_STREAM_CUT is none: the caller asks the
 * engine how the process ended.
 */
bool stdio_stream_run(struct session *session, struct engine_client *client,
                      const struct stdio_stream_options *options, enum stdio_stream_end *ret_how,
                      struct error *err) WARN_UNUSED;
/** Tell the engine the terminal's size now: once the process runs. */
void stdio_stream_resize(struct stdio_stream *stream);
/** How much output has come. */
uint64_t stdio_stream_received_bytes(const struct stdio_stream *stream);
/** End it; on_end follows with ERROR_CANCELED. */
void stdio_stream_cancel(struct stdio_stream *stream);

/** What stands against a TTY in the container: our stdin is no terminal although it is to be sent. */
bool stdio_stream_check_tty(bool tty, bool input, const char *hint, struct error *err) WARN_UNUSED;
