/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Container output without a TTY comes in frames: one byte stream (1 stdout, 2 stderr), three zero
 * bytes, four bytes length (big endian), payload. With a TTY it comes raw. This decoder takes the
 * bytes as they arrive, cut anywhere, holds at most the eight bytes of a header, and hands the
 * payload on without copying it.
 *
 * Stream 3 carries no output but an error of the engine, as of a log driver that cannot be read. Podman writes its error
 * as JSON where a header is due. Both end the output with ERROR_ENGINE and the engine's text, as a refused request does.
 *
 * Source: Engine API, operation ContainerAttach, "Stream format"; behaviour of Docker 20.10 to 28.5 and Podman 4.3.
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
    ENGINE_SYSTEM_ERROR = 3, /* never given to engine_frame_fn */
};

/* Of an error of the engine; what is longer is cut. */
enum { ENGINE_FRAMES_MESSAGE_BYTES = 2048 };

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
    bool in_json; /* an error in place of a header */
    bool failed;  /* reported; what follows is dropped */
    char message[ENGINE_FRAMES_MESSAGE_BYTES];
    size_t message_length;
};

void engine_frames_init(struct engine_frames *frames, bool raw);
/**
 * Decode `bytes`. Pieces before a fault were delivered.
 *
 * Errors: ERROR_ENGINE with a status when the engine reports an error of its own, without one when these are no frames.
 */
bool engine_frames_feed(struct engine_frames *frames, struct span bytes, engine_frame_fn *on_piece,
                        void *owner, struct error *err) WARN_UNUSED;
/** The stream has ended. Errors: ERROR_ENGINE, as above, or when it ended inside of a frame. */
bool engine_frames_end(const struct engine_frames *frames, struct error *err) WARN_UNUSED;
