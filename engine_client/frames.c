/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/frames.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "engine_client/json_read.h"

enum { STATUS_SERVER_ERROR = 500 };

void engine_frames_init(struct engine_frames *frames, bool raw)
{
    *frames = (struct engine_frames){.raw = raw, .stream = ENGINE_STDOUT};
}

static bool read_header(struct engine_frames *frames, struct error *err)
{
    const unsigned char *h = frames->header;

    if (h[0] == '{' && h[1] == '"') {
        memcpy(frames->message, h, sizeof(frames->header));
        frames->message_length = sizeof(frames->header);
        frames->in_json = true;
        return true;
    }
    if (h[0] > ENGINE_SYSTEM_ERROR || h[1] || h[2] || h[3])
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

static void keep_message(struct engine_frames *frames, struct span bytes)
{
    size_t room = sizeof(frames->message) - frames->message_length;
    size_t length = bytes.length < room ? bytes.length : room;

    memcpy(frames->message + frames->message_length, bytes.bytes, length);
    frames->message_length += length;
}

/* Docker's text as it is; Podman's {"cause","message","response"}. */
static bool fail_with_message(const struct engine_frames *frames, struct error *err)
{
    cJSON *tree = cJSON_ParseWithLength(frames->message, frames->message_length);
    const char *message = json_peek_text(tree, "message");
    int64_t status = json_read_int(tree, "response");
    CLEANUP(cleanup_free) char *text = NULL;
    size_t length = frames->message_length;

    if (!message || !*message)
        message = json_peek_text(tree, "cause");
    while (length > 0 && strchr("\r\n ", frames->message[length - 1]))
        length--;
    text = message && *message ? xstrdup(message) : xstrndup(frames->message, length);
    cJSON_Delete(tree);
    return error_set_engine(err, status > 0 && status < 1000 ? (int)status : STATUS_SERVER_ERROR,
                            text);
}

static bool json_is_whole(const struct engine_frames *frames)
{
    cJSON *tree = cJSON_ParseWithLength(frames->message, frames->message_length);
    bool whole = tree != NULL || frames->message_length == sizeof(frames->message);

    cJSON_Delete(tree);
    return whole;
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
    while (bytes.length > 0 && !frames->failed) {
        struct engine_frame_piece piece;
        size_t take;

        if (frames->in_json) {
            keep_message(frames, bytes);
            frames->failed = json_is_whole(frames);
            return !frames->failed || fail_with_message(frames, err);
        }
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
        if (frames->stream == ENGINE_SYSTEM_ERROR) {
            keep_message(frames, piece.bytes);
            frames->failed = piece.last;
            if (frames->failed)
                return fail_with_message(frames, err);
            continue;
        }
        on_piece(owner, &piece);
    }
    return true;
}

bool engine_frames_end(const struct engine_frames *frames, struct error *err)
{
    if (frames->raw || frames->failed)
        return true;
    if (frames->message_length > 0)
        return fail_with_message(frames, err);
    return (!frames->in_frame && frames->header_length == 0) ||
           error_set(err, ERROR_ENGINE, "container output ends inside of a frame");
}
