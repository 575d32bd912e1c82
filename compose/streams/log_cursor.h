/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has been seen of one container's log, so that it can be read again from there without a line twice or missing.
 *
 * The engine is asked for everything since an instant; what was seen is left out. For each of stdout and stderr the
 * newest timestamp is kept, the number of whole lines seen at it, and how much of an open line: within one of the two
 * the timestamps never go back, but between them they do, by the time that the engine's two copiers take to write.
 *
 *     since_ns = log_cursor_reopen(&cursor);             (0: from the begin)
 *     ... GET /containers/{id}/logs?timestamps=1&since=... ; for each piece:
 *     if (log_cursor_take(&cursor, &piece)) ...          (new; a part that was seen is cut off its front)
 *     log_cursor_end(&cursor);                           (the log ended, not just the connection)
 *
 * Zeroed memory is a cursor that has seen nothing. Plain data.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine_client/log_lines.h"

struct log_cursor_stream {
    int64_t newest_ns;      /* 0: nothing was seen */
    size_t lines_at_newest; /* whole ones */
    uint64_t line_bytes;    /* of the open line */
    bool in_line;           /* a line of newest_ns is open */

    /* Since the log was opened again: everything before `seen_ns` is left out, and at it: */
    int64_t seen_ns;
    size_t seen_lines;
    uint64_t seen_bytes;
    bool leaving_out; /* the current line */
};

struct log_cursor {
    int64_t floor_ns; /* what is older was not asked for; 0: nothing was seen yet */
    struct log_cursor_stream streams[ENGINE_LOG_STREAMS];
};

/** Nothing older is wanted. Without effect once something was seen. */
void log_cursor_begin_at(struct log_cursor *cursor, int64_t since_ns);
/** The log is asked for anew; the instant to ask from, or 0. */
int64_t log_cursor_reopen(struct log_cursor *cursor);
/** Is there anything new in the piece? What was seen of it is taken off. */
bool log_cursor_take(struct log_cursor *cursor, struct engine_log_piece *piece);
/** The container has ended: an open line is as whole as it will be. */
void log_cursor_end(struct log_cursor *cursor);
