/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/image_stream.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/client.h"
#include "engine_client/image_reference.h"
#include "engine_client/json_lines.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"

struct engine_image_stream {
    struct engine_request *request;
    engine_progress_fn *on_progress;
    engine_image_done_fn *done;
    void *owner;
    struct engine_json_lines lines;
    struct error
        failure; /* of the stream: an error line, a malformed message, a malformed reference */
};

static bool on_line(void *owner, struct span line, struct error *err)
{
    struct engine_image_stream *stream = owner;
    struct arena *arena = arena_create();
    struct engine_progress progress;
    bool good = engine_progress_decode(arena, line, &progress, err) &&
                (!*progress.error || engine_progress_failure(&progress, err));

    if (good && stream->on_progress)
        stream->on_progress(stream->owner, &progress);
    arena_destroy(arena);
    return good;
}

static void on_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct engine_image_stream *stream = owner;

    if (!engine_json_lines_feed(&stream->lines, bytes, on_line, stream, &stream->failure))
        engine_request_cancel(req);
}

static void on_done(void *owner, struct engine_request *req UNUSED, const struct error *failure)
{
    struct engine_image_stream *stream = owner;

    if ((!failure && !error_is_set(&stream->failure) &&
         !engine_json_lines_end(&stream->lines, on_line, stream, &stream->failure)) ||
        error_is_set(&stream->failure))
        failure = &stream->failure;
    stream->done(stream->owner, failure);
    engine_json_lines_finish(&stream->lines);
    error_finish(&stream->failure);
    free(stream);
}

static struct engine_image_stream *start(struct engine_client *client, struct engine_call *call,
                                         struct engine_image_stream *stream)
{
    call->method = "POST";
    call->on_chunk = on_chunk;
    stream->request = engine_request_start(client, call, on_done, stream);
    if (error_is_set(&stream->failure))
        engine_request_cancel(
            stream->request); /* it ends before it was sent; the reason goes to done */
    return stream;
}

static struct engine_image_stream *create(engine_progress_fn *on_progress,
                                          engine_image_done_fn *done, void *owner)
{
    struct engine_image_stream *stream = xcalloc(1, sizeof(*stream));

    stream->on_progress = on_progress;
    stream->done = done;
    stream->owner = owner;
    engine_json_lines_init(&stream->lines);
    error_init(&stream->failure);
    return stream;
}

struct engine_image_stream *engine_image_pull(struct engine_client *client,
                                              const struct engine_image_stream_options *options,
                                              engine_progress_fn *on_progress,
                                              engine_image_done_fn *done, void *owner)
{
    struct engine_image_stream *stream = create(on_progress, done, owner);
    struct engine_call call = {.path = "/images/create", .registry_auth = options->registry_auth};
    struct arena *arena = arena_create();
    struct image_reference reference;
    struct text query;

    text_init(&query, 0);
    if (image_reference_parse(arena, options->reference, &reference, &stream->failure)) {
        const char *tail = reference.digest ? reference.digest
                           : reference.tag  ? reference.tag
                                            : "latest";

        engine_query_add(&query, "fromImage", image_reference_familiar_name(arena, &reference));
        engine_query_add(&query, "tag", tail);
        if (options->platform && *options->platform)
            engine_query_add(&query, "platform", options->platform);
    }
    call.query = query.bytes;
    stream = start(client, &call, stream);
    text_finish(&query);
    arena_destroy(arena);
    return stream;
}

struct engine_image_stream *engine_image_push(struct engine_client *client,
                                              const struct engine_image_stream_options *options,
                                              engine_progress_fn *on_progress,
                                              engine_image_done_fn *done, void *owner)
{
    struct engine_image_stream *stream = create(on_progress, done, owner);
    struct engine_call call = {.path = "/images/invalid/push",
                               .registry_auth = options->registry_auth};
    struct arena *arena = arena_create();
    struct image_reference reference;
    struct text query;

    text_init(&query, 0);
    if (!call.registry_auth || !*call.registry_auth)
        call.registry_auth = "e30="; /* {}: the engine refuses a push without the header */
    if (image_reference_parse(arena, options->reference, &reference, &stream->failure)) {
        call.path =
            engine_path(arena, "/images/%s/push", image_reference_familiar_name(arena, &reference));
        engine_query_add(&query, "tag", reference.tag ? reference.tag : "latest");
    }
    call.query = query.bytes;
    stream = start(client, &call, stream);
    text_finish(&query);
    arena_destroy(arena);
    return stream;
}

void engine_image_stream_cancel(struct engine_image_stream *stream)
{
    engine_request_cancel(stream->request);
}
