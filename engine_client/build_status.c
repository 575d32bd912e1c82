/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/build_status.h"

#include "engine_client/base64.h"
#include "engine_client/json_read.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

struct status {
    struct arena *arena;
    struct text bytes; /* of the log or warning at hand */
    engine_build_message_fn *on_message;
    void *owner;
};

static void on_vertex(struct status *status, const cJSON *vertex)
{
    struct engine_build_message message = {
        .kind = ENGINE_BUILD_STEP,
        .step = json_read_text(status->arena, vertex, "digest"),
        .name = json_read_text(status->arena, vertex, "name"),
        .started_ns = json_read_instant(vertex, "started"),
        .completed_ns = json_read_instant(vertex, "completed"),
        .cached = json_read_bool(vertex, "cached"),
        .error = json_read_text(status->arena, vertex, "error"),
    };

    message.started = message.started_ns != 0;
    message.completed = message.completed_ns != 0;
    status->on_message(status->owner, &message);
}

static void on_status(struct status *status, const cJSON *part)
{
    struct engine_build_message message = {
        .kind = ENGINE_BUILD_PROGRESS,
        .step = json_read_text(status->arena, part, "vertex"),
        .name = json_read_text(status->arena, part, "id"),
        .error = "",
        .started_ns = json_read_instant(part, "started"),
        .completed_ns = json_read_instant(part, "completed"),
        .current = json_read_int(part, "current"),
        .total = json_read_int(part, "total"),
    };

    message.started = message.started_ns != 0;
    message.completed = message.completed_ns != 0;
    status->on_message(status->owner, &message);
}

/* Logs and warnings carry their bytes as base64. */
static void on_bytes(struct status *status, const cJSON *part, enum engine_build_message_kind kind,
                     const char *member)
{
    const char *coded = json_peek_text(part, member);
    struct engine_build_message message = {
        .kind = kind,
        .step = json_read_text(status->arena, part, "vertex"),
        .name = "",
        .error = "",
        .stream = (int)json_read_int(part, "stream"),
    };

    text_clear(&status->bytes);
    if (!coded || !base64_decode(&status->bytes, span_of(coded)))
        return;
    message.text = text_span(&status->bytes);
    status->on_message(status->owner, &message);
}

bool build_status_decode(struct span line, engine_build_message_fn *on_message, void *owner,
                         struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(line, false, "build progress", err);
    struct status status = {.on_message = on_message, .owner = owner};
    const cJSON *part;

    if (!tree)
        return false;
    status.arena = arena_create();
    text_init(&status.bytes, LIMIT_JSON_LINE_BYTES);
    cJSON_ArrayForEach(part, json_read_member(tree, "vertexes")) on_vertex(&status, part);
    cJSON_ArrayForEach(part, json_read_member(tree, "statuses")) on_status(&status, part);
    cJSON_ArrayForEach(part, json_read_member(tree, "logs"))
        on_bytes(&status, part, ENGINE_BUILD_LOG, "data");
    cJSON_ArrayForEach(part, json_read_member(tree, "warnings"))
        on_bytes(&status, part, ENGINE_BUILD_WARNING, "short");
    text_finish(&status.bytes);
    arena_destroy(status.arena);
    return true;
}
