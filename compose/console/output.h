/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One output descriptor of the program. Bytes are written as far as they fit without waiting; the rest is queued and
 * written when the reader has room. Who produces much asks output_is_full() and stops its source until `drained`.
 * The console (console.h) owns stdout and stderr; nobody else writes to them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct output;

typedef void output_fn(void *owner);

struct output *output_create(uv_loop_t *loop, int descriptor);
/** Queued bytes are written first, waiting for the reader if need be. NULL is allowed. */
void output_destroy(struct output *output);

void output_write(struct output *output, const void *bytes, size_t length);
/** Between these two, bytes are only queued: many small writes become few. */
void output_cork(struct output *output);
void output_uncork(struct output *output);
/** More than 64 KiB wait for the reader. */
bool output_is_full(const struct output *output);
size_t output_pending_bytes(const struct output *output);
/** Called whenever the queue has become empty. */
void output_on_drained(struct output *output, output_fn *drained, void *owner);
/** Notice at once when the reader of a pipe has gone, not only when something is written; for what may be silent for long. */
void output_watch_reader(struct output *output);
/** Called once, on a later turn, when nothing can be written any more; what comes afterwards is dropped. */
void output_on_broken(struct output *output, output_fn *broken, void *owner);
/** errno of the write that failed: EPIPE when the reader has gone; 0 while all is well. */
int output_failure(const struct output *output);
/** Wait until everything is written or the reader is gone. */
void output_flush(struct output *output);
/** The same, but not for longer than half a second without progress; what is left stays queued. */
void output_flush_briefly(struct output *output);
/** We were told to end: from now on flushing gives up on a reader that takes nothing for half a second. */
void output_hurry(struct output *output);
