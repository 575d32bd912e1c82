/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/build.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/build_context.h"
#include "engine_client/build_trace.h"
#include "engine_client/client.h"
#include "engine_client/json_lines.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "engine_client/tar_stream.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/text.h"

#define TRACE_ID "moby.buildkit.trace"

struct engine_build {
    struct engine_request *request;
    struct build_context *context; /* NULL with a remote one */
    engine_build_message_fn *on_message;
    engine_build_done_fn *done;
    void *owner;
    struct engine_json_lines lines;
    struct error failure;
    char *image_id;
};

static void tell(void *owner, const struct engine_build_message *message)
{
    struct engine_build *build = owner;

    if (build->on_message)
        build->on_message(build->owner, message);
}

static void tell_text(struct engine_build *build, const struct engine_progress *progress)
{
    struct engine_build_message message = {.kind = ENGINE_BUILD_TEXT,
                                           .step = "",
                                           .name = "",
                                           .error = "",
                                           .text = span_of(progress->stream)};

    tell(build, &message);
}

static void tell_progress(struct engine_build *build, const struct engine_progress *progress)
{
    struct engine_build_message message = {
        .kind = ENGINE_BUILD_PROGRESS,
        .step = progress->id,
        .name = progress->status,
        .error = "",
        .current = progress->current,
        .total = progress->total,
    };

    tell(build, &message);
}

static bool take_message(struct engine_build *build, const struct engine_progress *progress,
                         struct error *err)
{
    if (*progress->error)
        return engine_progress_failure(progress, err);
    if (strcmp(progress->id, TRACE_ID) == 0)
        return build_trace_decode(progress->aux_text ? progress->aux_text : "", tell, build, err);
    if (*progress->image_id) {
        free(build->image_id);
        build->image_id = xstrdup(progress->image_id);
    }
    if (*progress->stream)
        tell_text(build, progress);
    else if (*progress->status)
        tell_progress(build, progress);
    return true;
}

static bool on_line(void *owner, struct span line, struct error *err)
{
    struct engine_build *build = owner;
    struct arena *arena = arena_create();
    struct engine_progress progress;
    bool good =
        engine_progress_decode(arena, line, &progress, err) && take_message(build, &progress, err);

    arena_destroy(arena);
    return good;
}

static void on_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct engine_build *build = owner;

    if (error_is_set(&build->failure))
        return;
    if (!engine_json_lines_feed(&build->lines, bytes, on_line, build, &build->failure))
        engine_request_cancel(req);
}

static void on_done(void *owner, struct engine_request *req UNUSED, const struct error *failure)
{
    struct engine_build *build = owner;

    if ((!failure && !error_is_set(&build->failure) &&
         !engine_json_lines_end(&build->lines, on_line, build, &build->failure)) ||
        error_is_set(&build->failure))
        failure = &build->failure;
    build->done(build->owner, failure ? NULL : build->image_id ? build->image_id : "", failure);
    engine_json_lines_finish(&build->lines);
    error_finish(&build->failure);
    build_context_close(build->context);
    free(build->image_id);
    free(build);
}

static void add_ulimits(struct text *query, const struct engine_build_options *options)
{
    struct json_writer json;
    struct text value;

    if (options->ulimit_count == 0)
        return;
    text_init(&value, 0);
    json_begin(&json, &value, 0);
    json_array_open(&json);
    for (size_t i = 0; i < options->ulimit_count; i++) {
        json_object_open(&json);
        json_member_string(&json, "Name", options->ulimits[i].name);
        json_member_int(&json, "Hard", options->ulimits[i].hard);
        json_member_int(&json, "Soft", options->ulimits[i].soft);
        json_object_close(&json);
    }
    json_array_close(&json);
    engine_query_add(query, "ulimits", value.bytes);
    text_finish(&value);
}

static void add_size(struct text *query, const char *key, int64_t bytes)
{
    if (bytes != 0)
        engine_query_int(query, key, bytes);
}

static void write_query(struct text *query, const struct engine_build_options *options,
                        const char *dockerfile)
{
    if (options->buildkit)
        engine_query_add(query, "version", "2");
    for (size_t i = 0; i < options->tags.count; i++)
        engine_query_add(query, "t", options->tags.items[i]);
    engine_query_add(query, "remote", options->remote);
    engine_query_add(query, "dockerfile", dockerfile);
    engine_query_add(query, "target", options->target);
    engine_query_add(query, "platform", options->platform);
    engine_query_add(query, "networkmode", options->network_mode);
    engine_query_add(query, "isolation", options->isolation);
    engine_query_object(query, "buildargs", &options->arguments);
    engine_query_object(query, "labels", &options->labels);
    engine_query_list(query, "cachefrom", &options->cache_from);
    for (size_t i = 0; i < options->extra_hosts.count; i++)
        engine_query_add(query, "extrahosts", options->extra_hosts.items[i]);
    engine_query_bool(query, "nocache", options->no_cache);
    engine_query_bool(query, "pull", options->pull);
    engine_query_bool(query, "rm", true);
    engine_query_bool(query, "forcerm",
                      true); /* a failed classic build leaves its container otherwise */
    add_size(query, "shmsize", options->shm_bytes);
    add_size(query, "memory", options->memory_bytes);
    add_size(query, "memswap", options->memory_swap_bytes);
    add_ulimits(query, options);
}

static void open_context(struct engine_build *build, const struct engine_build_options *options)
{
    struct build_context_options wanted = {
        .directory = options->directory,
        .dockerfile = options->dockerfile,
        .dockerfile_inline = options->dockerfile_inline,
        .buildkit = options->buildkit,
    };

    build->context = build_context_open(&wanted, &build->failure);
}

struct engine_build *engine_build_start(struct engine_client *client,
                                        const struct engine_build_options *options,
                                        engine_build_message_fn *on_message,
                                        engine_build_done_fn *done, void *owner)
{
    struct engine_build *build = xcalloc(1, sizeof(*build));
    struct engine_call call = {
        .method = "POST",
        .path = "/build",
        .content_type = "application/x-tar",
        .registry_config = options->registry_config,
        .on_chunk = on_chunk,
    };
    const char *dockerfile = options->dockerfile;
    struct text query;

    build->on_message = on_message;
    build->done = done;
    build->owner = owner;
    engine_json_lines_init(&build->lines);
    error_init(&build->failure);
    text_init(&query, 0);
    if (!options->remote)
        open_context(build, options);
    if (build->context) {
        call.pull = tar_stream_pull;
        call.pull_owner = build_context_tar(build->context);
        dockerfile = build_context_dockerfile(build->context);
    }
    write_query(&query, options, dockerfile);
    call.query = query.bytes;
    build->request = engine_request_start(client, &call, on_done, build);
    if (error_is_set(&build->failure))
        engine_request_cancel(
            build->request); /* it ends before it was sent; the reason goes to done */
    text_finish(&query);
    return build;
}

void engine_build_cancel(struct engine_build *build)
{
    engine_request_cancel(build->request);
}
