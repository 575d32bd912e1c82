/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/log_cursor.h"

#include "engine_client/instant.h"

/* How far behind the newest line one of the other stream may be written: far more than a copier is ever late. */
static const int64_t late_ns = NS_PER_SECOND;

void log_cursor_begin_at(struct log_cursor *cursor, int64_t since_ns)
{
    for (size_t i = 0; i < ENGINE_LOG_STREAMS; i++)
        if (cursor->streams[i].newest_ns != 0)
            return;
    cursor->floor_ns = since_ns;
}

int64_t log_cursor_reopen(struct log_cursor *cursor)
{
    int64_t newest_ns = 0, since_ns = 0;

    for (size_t i = 0; i < ENGINE_LOG_STREAMS; i++) {
        struct log_cursor_stream *stream = &cursor->streams[i];

        stream->seen_ns = stream->newest_ns;
        stream->seen_lines = stream->lines_at_newest;
        stream->seen_bytes = stream->in_line ? stream->line_bytes : 0;
        stream->leaving_out = false;
        if (stream->newest_ns > newest_ns)
            newest_ns = stream->newest_ns;
    }
    if (newest_ns == 0)
        return cursor->floor_ns;
    since_ns = newest_ns - late_ns;
    for (size_t i = 0; i < ENGINE_LOG_STREAMS; i++) {
        int64_t seen_ns = cursor->streams[i].newest_ns;

        /* A line that is open may have begun long ago. */
        if (cursor->streams[i].in_line && seen_ns < since_ns)
            since_ns = seen_ns;
    }
    return since_ns > cursor->floor_ns ? since_ns : cursor->floor_ns;
}

/* Has this line, or the begin of it, been seen before the log was opened again? */
static bool is_new_line(struct log_cursor *cursor, struct log_cursor_stream *stream,
                        struct engine_log_piece *piece)
{
    if (piece->time_ns < stream->seen_ns || piece->time_ns < cursor->floor_ns)
        return false;
    if (piece->time_ns == stream->seen_ns && stream->seen_lines > 0) {
        stream->seen_lines--;
        return false;
    }
    if (piece->time_ns == stream->seen_ns && stream->seen_bytes > 0) {
        piece->first = false; /* its begin stands on the screen */
        return true;
    }
    stream->seen_bytes = 0;
    if (piece->time_ns > stream->newest_ns) {
        stream->newest_ns = piece->time_ns;
        stream->lines_at_newest = 0;
    }
    stream->line_bytes = 0;
    stream->in_line = true;
    if (cursor->floor_ns == 0)
        cursor->floor_ns = piece->time_ns;
    return true;
}

bool log_cursor_take(struct log_cursor *cursor, struct engine_log_piece *piece)
{
    struct log_cursor_stream *stream = &cursor->streams[piece->stream];
    size_t seen = piece->bytes.length;

    if (piece->first)
        stream->leaving_out = !is_new_line(cursor, stream, piece);
    if (stream->leaving_out)
        return false;
    if (stream->seen_bytes < seen)
        seen = (size_t)stream->seen_bytes;
    piece->bytes.bytes += seen;
    piece->bytes.length -= seen;
    stream->seen_bytes -= seen;
    stream->line_bytes += piece->bytes.length;
    if (piece->last) {
        stream->in_line = false;
        stream->seen_bytes = 0;
        if (piece->time_ns == stream->newest_ns)
            stream->lines_at_newest++;
    }
    return piece->bytes.length > 0 || piece->last;
}

void log_cursor_end(struct log_cursor *cursor)
{
    for (size_t i = 0; i < ENGINE_LOG_STREAMS; i++) {
        struct log_cursor_stream *stream = &cursor->streams[i];

        if (stream->in_line)
            stream->lines_at_newest++;
        stream->in_line = false;
    }
}
