/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/log_lines.h"

#include <string.h>

#include "engine_client/instant.h"

enum { PIECE_BYTES = 16384 };

void engine_log_lines_init(struct engine_log_lines *lines, bool tty, bool timestamps,
                           engine_log_piece_fn *on_piece, void *owner)
{
    *lines =
        (struct engine_log_lines){.timestamps = timestamps, .on_piece = on_piece, .owner = owner};
    engine_frames_init(&lines->frames, tty);
    for (size_t i = 0; i < ENGINE_LOG_STREAMS; i++)
        lines->streams[i].expects_time = timestamps;
}

static void emit(struct engine_log_lines *lines, enum engine_stream stream, struct span bytes,
                 bool last)
{
    struct engine_log_line_state *state = &lines->streams[stream];
    struct engine_log_piece piece = {stream, state->time_ns, bytes, !state->in_line, last};

    state->in_line = !last;
    lines->on_piece(lines->owner, &piece);
}

/* What was taken for a timestamp is none: it is output. */
static void give_back_time(struct engine_log_lines *lines, enum engine_stream stream)
{
    struct engine_log_line_state *state = &lines->streams[stream];
    struct span bytes = {state->time_text, state->time_length};

    state->expects_time = false;
    state->time_length = 0;
    if (bytes.length > 0)
        emit(lines, stream, bytes, false);
}

/* Collect "2026-...Z " byte by byte: it may be cut anywhere. Returns the bytes taken. */
static size_t take_time(struct engine_log_lines *lines, enum engine_stream stream,
                        struct span bytes)
{
    struct engine_log_line_state *state = &lines->streams[stream];

    for (size_t i = 0; i < bytes.length; i++) {
        char c = bytes.bytes[i];
        int64_t ns;

        if (c == ' ') {
            struct span text = {state->time_text, state->time_length};

            if (text.length == 0 || instant_parse_prefix(text, &ns) != text.length) {
                give_back_time(lines, stream);
                return i;
            }
            if (!state->in_line)
                state->time_ns = ns;
            state->expects_time = false;
            state->time_length = 0;
            state->piece_bytes = 0;
            return i + 1;
        }
        if (c == '\n' || state->time_length == sizeof(state->time_text)) {
            give_back_time(lines, stream);
            return i;
        }
        state->time_text[state->time_length++] = c;
    }
    return bytes.length;
}

/* Output up to the end of the line or, where the next timestamp is due inside of it, of the piece. */
static size_t take_output(struct engine_log_lines *lines, enum engine_stream stream,
                          struct span bytes)
{
    struct engine_log_line_state *state = &lines->streams[stream];
    bool timed_raw = lines->timestamps && lines->frames.raw;
    size_t room = timed_raw ? PIECE_BYTES - state->piece_bytes : bytes.length;
    size_t length = bytes.length < room ? bytes.length : room;
    const char *end = memchr(bytes.bytes, '\n', length);

    if (end)
        length = (size_t)(end - bytes.bytes) + 1;
    state->piece_bytes += (uint32_t)length;
    emit(lines, stream, (struct span){bytes.bytes, length}, end != NULL);
    if (end || (timed_raw && state->piece_bytes == PIECE_BYTES)) {
        state->expects_time = lines->timestamps;
        state->piece_bytes = 0;
    }
    return length;
}

static void on_frame(void *owner, const struct engine_frame_piece *piece)
{
    struct engine_log_lines *lines = owner;
    struct engine_log_line_state *state = &lines->streams[piece->stream];
    struct span bytes = piece->bytes;

    if (!lines->frames.raw && piece->first && lines->timestamps) {
        /* Only full pieces are continued: a shorter one was the last output of a process that has ended. */
        if (state->in_line && state->piece_bytes != PIECE_BYTES && !lines->joins_frames)
            emit(lines, piece->stream, (struct span){"", 0}, true);
        state->expects_time = true; /* each frame begins with one, also inside a long line */
        state->time_length = 0;
    }
    while (bytes.length > 0) {
        size_t taken = state->expects_time ? take_time(lines, piece->stream, bytes)
                                           : take_output(lines, piece->stream, bytes);

        bytes.bytes += taken;
        bytes.length -= taken;
    }
}

bool engine_log_lines_feed(struct engine_log_lines *lines, struct span bytes, struct error *err)
{
    return engine_frames_feed(&lines->frames, bytes, on_frame, lines, err);
}

bool engine_log_lines_end(const struct engine_log_lines *lines, struct error *err)
{
    return engine_frames_end(&lines->frames, err);
}
