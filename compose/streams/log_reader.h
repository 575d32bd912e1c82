/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the log of one container into its stream of a log_merge, and knows where it was left: opening it again
 * continues behind the last byte that was seen (log_cursor.h), whatever ended it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"

struct arena;
struct engine_client;
struct log_reader;
struct log_stream;

/** The request has ended; `failure` NULL: the container's log has. Its lines may still wait to be printed. */
typedef void log_reader_closed_fn(void *owner, const struct error *failure);

struct log_reader *log_reader_create(struct engine_client *client, const char *container_id,
                                     bool tty, log_reader_closed_fn *closed, void *owner);
/** Not while it is open. NULL is allowed. */
void log_reader_destroy(struct log_reader *reader);
/** Where the lines go; before the first log_reader_open(). */
void log_reader_set_stream(struct log_reader *reader, struct log_stream *stream);

/**
 * From now on read what the container writes, not what the engine has kept: its log cannot be read back. Opening it is
 * attaching to it, also before it is started; nothing older is seen, and `opened` is called once the engine listens.
 */
void log_reader_attach(struct log_reader *reader, void (*opened)(void *owner));
bool log_reader_attaches(const struct log_reader *reader);

struct log_reader_query {
    bool follow;
    const char *tail;           /* NULL: all; only for the first time */
    int64_t since_ns, until_ns; /* 0: open; since: only for the first time */
};

/** Ask the engine; `closed` follows on a later turn. */
void log_reader_open(struct log_reader *reader, const struct log_reader_query *query);
bool log_reader_is_open(const struct log_reader *reader);
/** Has it told anything new since it was opened? Whether opening it again after a failure is worth a request. */
bool log_reader_has_progressed(const struct log_reader *reader);
/**
 * Find out where the log ends now, without showing it: opening it then begins behind that. `closed` follows. The last
 * words of a process are logged after its recorded end, so no instant that the engine tells would do.
 */
void log_reader_pass_over(struct log_reader *reader);
/** Nothing has been seen yet: when it is opened next, begin at this instant. */
void log_reader_begin_at(struct log_reader *reader, int64_t since_ns);
/** `closed` follows on a later turn. */
void log_reader_cancel(struct log_reader *reader);
/** The stream has been printed: more may come. */
void log_reader_go_on(struct log_reader *reader);
