/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of `GET /containers/{id}/logs` (with or without `timestamps=1`, framed or TTY) as
 * pieces of lines, each with stream and instant. Nothing of a line is held back but its timestamp,
 * so memory is bounded for lines of any length; the bytes are unchanged.
 *
 * With timestamps Docker repeats the instant in front of every 16,384-byte piece of a long line: in a frame of its own,
 * and on a TTY inside the raw bytes. The decoder takes these out. A shorter frame without a newline was the last output
 * of a process that has ended.
 *
 * Podman logs what it has read from the process at once, up to 8,192 bytes with many lines in them. What follows the last
 * newline gets a frame, and the rest of that line the next one, with an instant of its own: `joins_frames`. The last
 * output of a process looks the same; a log that is followed ends there.
 *
 * Source: behaviour of Docker 20.10 to 28.5 and Podman.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine_client/frames.h"
#include "spec/base/error.h"
#include "spec/base/span.h"

struct engine_log_piece {
    enum engine_stream stream;
    int64_t time_ns;   /* of the line's first piece; 0 without timestamps */
    struct span bytes; /* with the line break when `last`; may be empty only when `last` */
    bool first;        /* a line begins here */
    bool last;         /* and ends here; the very last line of a log may lack its end */
};

typedef void engine_log_piece_fn(void *owner, const struct engine_log_piece *piece);

enum { ENGINE_LOG_STREAMS = 3, ENGINE_LOG_TIME_BYTES = 40 };

struct engine_log_line_state {
    char time_text[ENGINE_LOG_TIME_BYTES];
    unsigned time_length;
    bool expects_time; /* a timestamp comes next */
    bool in_line;
    int64_t time_ns;
    uint32_t piece_bytes; /* payload of the current 16,384-byte piece */
};

struct engine_log_lines {
    struct engine_frames frames;
    bool timestamps;
    bool
        joins_frames; /* set after init for Podman: a frame without a newline is always continued */
    struct engine_log_line_state streams[ENGINE_LOG_STREAMS];
    engine_log_piece_fn *on_piece;
    void *owner;
};

void engine_log_lines_init(struct engine_log_lines *lines, bool tty, bool timestamps,
                           engine_log_piece_fn *on_piece, void *owner);
bool engine_log_lines_feed(struct engine_log_lines *lines, struct span bytes,
                           struct error *err) WARN_UNUSED;
/** The answer has ended. Errors: ERROR_ENGINE when it did so inside of a frame. */
bool engine_log_lines_end(const struct engine_log_lines *lines, struct error *err) WARN_UNUSED;
