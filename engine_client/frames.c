/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/frames.h"

#include <string.h>

void engine_frames_init(struct engine_frames *frames, bool raw)
{
    *frames = (struct engine_frames){.raw = raw, .stream = ENGINE_STDOUT};
}

static bool read_header(struct engine_frames *frames, struct error *err)
{
    const unsigned char *h = frames->header;

    if (h[0] > ENGINE_STDERR || h[1] || h[2] || h[3])
        return error_set(err, ERROR_ENGINE,
                         "container output is not framed as the API promises: "
                         "a header begins with %02x%02x%02x%02x",
                         h[0], h[1], h[2], h[3]);
    frames->stream = (enum engine_stream)h[0];
    frames->remaining = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
    frames->header_length = 0;
    frames->in_frame = frames->remaining > 0;
    frames->begun = false;
    return true;
}

bool engine_frames_feed(struct engine_frames *frames, struct span bytes, engine_frame_fn *on_piece,
                        void *owner, struct error *err)
{
    if (frames->raw) {
        struct engine_frame_piece piece = {ENGINE_STDOUT, bytes, true, true};

        if (bytes.length > 0)
            on_piece(owner, &piece);
        return true;
    }
    while (bytes.length > 0) {
        struct engine_frame_piece piece;
        size_t take;

        if (!frames->in_frame) {
            frames->header[frames->header_length++] = (unsigned char)*bytes.bytes++;
            bytes.length--;
            if (frames->header_length == sizeof(frames->header) && !read_header(frames, err))
                return false;
            continue;
        }
        take = bytes.length < frames->remaining ? bytes.length : frames->remaining;
        frames->remaining -= (uint32_t)take;
        piece = (struct engine_frame_piece){
            frames->stream, {bytes.bytes, take}, !frames->begun, frames->remaining == 0};
        frames->begun = true;
        frames->in_frame = frames->remaining > 0;
        bytes.bytes += take;
        bytes.length -= take;
        on_piece(owner, &piece);
    }
    return true;
}

bool engine_frames_at_boundary(const struct engine_frames *frames)
{
    return !frames->in_frame && frames->header_length == 0;
}
