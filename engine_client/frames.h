/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Container output without a TTY comes in frames: one byte stream (1 stdout, 2 stderr), three zero
 * bytes, four bytes length (big endian), payload. With a TTY it comes raw. This decoder takes the
 * bytes as they arrive, cut anywhere, holds at most the eight bytes of a header, and hands the
 * payload on without copying it.
 *
 * Source: Engine API, operation ContainerAttach, "Stream format".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

enum engine_stream {
    ENGINE_STDIN = 0, /* frames of it are output too */
    ENGINE_STDOUT = 1,
    ENGINE_STDERR = 2,
};

/** A piece of one frame's payload; `first` and `last` tell whether it holds the frame's begin and
 * end. */
struct engine_frame_piece {
    enum engine_stream stream;
    struct span bytes;
    bool first, last;
};

typedef void engine_frame_fn(void *owner, const struct engine_frame_piece *piece);

struct engine_frames {
    bool raw; /* a TTY: everything is stdout, each chunk a piece; first and last are always true */
    unsigned char header[8];
    unsigned header_length;
    uint32_t remaining;
    enum engine_stream stream;
    bool in_frame, begun;
};

void engine_frames_init(struct engine_frames *frames, bool raw);
/** Decode `bytes`. False: these are no frames (ERROR_ENGINE); pieces before the fault were
 * delivered. */
bool engine_frames_feed(struct engine_frames *frames, struct span bytes, engine_frame_fn *on_piece,
                        void *owner, struct error *err) WARN_UNUSED;
/** Is nothing half read? Ask at the end of the stream. */
bool engine_frames_at_boundary(const struct engine_frames *frames);
