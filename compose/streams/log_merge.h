/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings the lines of many containers into one order without holding more than a little of each.
 *
 * Each stream keeps what has been decoded but not printed. The one whose next line is oldest speaks next and goes on
 * to its newline, whatever the others have. When all history is wanted (`wait_for_all`) nobody speaks while a
 * stream may still have an older line; when following, only streams that have not answered yet are waited for.
 * A full stream says so: its owner pauses the request, and is told when there is room. So is a slow reader of stdout.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct console;
struct engine_log_piece;
struct log_merge;
struct log_printer;
struct log_source;
struct log_stream;

/**
 * A stream has been printed to its last byte and may be filled again (or, when it was ended, is done with); or it was
 * full, and has room again while what is left of it waits for the end of a long line.
 */
typedef void log_stream_empty_fn(void *owner);

/** `batched`: lines may leave many at a time; not where stderr must keep its order with stdout. */
struct log_merge *log_merge_create(uv_loop_t *loop, struct console *console,
                                   struct log_printer *printer, bool wait_for_all, bool batched);
/** What is queued is dropped; print it with log_merge_flush() before. NULL is allowed. */
void log_merge_destroy(struct log_merge *merge);

/** A stream, expected to speak. Lives as long as the merge. `owner` is borrowed as long. */
struct log_stream *log_merge_add(struct log_merge *merge, struct log_source *source,
                                 log_stream_empty_fn *empty, void *owner);

/** The stream has a request on its way: others wait for its first words. */
void log_stream_expect(struct log_stream *stream);
/** The engine has answered: bytes may come or not. */
void log_stream_open(struct log_stream *stream);
/** No more bytes will come for now; `empty` is called once all is printed. */
void log_stream_close(struct log_stream *stream);
/** Queue a piece (copied). */
void log_stream_push(struct log_stream *stream, const struct engine_log_piece *piece);
/** Queue a line about the container, behind what it has said. */
void log_stream_status(struct log_stream *stream, const char *message);
/** Stop the source until `empty`. */
bool log_stream_is_full(const struct log_stream *stream);
bool log_stream_is_empty(const struct log_stream *stream);

/** Is nothing left to print? */
bool log_merge_is_empty(const struct log_merge *merge);
/** Print all that is queued, whether the reader keeps up or not. */
void log_merge_flush(struct log_merge *merge);
