/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of the engine, through every decoder; and as the small texts that come in headers. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/build_trace.h"
#include "engine_client/container.h"
#include "engine_client/event.h"
#include "engine_client/image.h"
#include "engine_client/instant.h"
#include "engine_client/json_find.h"
#include "engine_client/network.h"
#include "engine_client/progress.h"
#include "engine_client/stats.h"
#include "engine_client/volume.h"
#include "spec/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_message(void *owner, const struct engine_build_message *message)
{
    size_t *seen = owner;

    *seen += strlen(message->name) + strlen(message->step) + strlen(message->error) +
             message->text.length;
}

#define TRY(decode, type)                                                                          \
    do {                                                                                           \
        struct type result;                                                                        \
        if (!decode(arena, body, &result, &err) && err.kind != ERROR_ENGINE)                       \
            abort();                                                                               \
        error_finish(&err);                                                                        \
    } while (0)

static void decode_all(struct arena *arena, struct span body)
{
    struct error err = {.kind = ERROR_NONE};
    struct engine_exec exec;

    TRY(engine_container_list_decode, engine_container_list);
    TRY(engine_container_decode, engine_container);
    TRY(engine_created_decode, engine_created);
    TRY(engine_wait_decode, engine_wait_result);
    TRY(engine_top_decode, engine_top);
    TRY(engine_event_decode, engine_event);
    TRY(engine_image_decode, engine_image);
    TRY(engine_image_list_decode, engine_image_list);
    TRY(engine_distribution_decode, engine_distribution);
    TRY(engine_network_decode, engine_network);
    TRY(engine_network_list_decode, engine_network_list);
    TRY(engine_volume_list_decode, engine_volume_list);
    TRY(engine_progress_decode, engine_progress);
    TRY(engine_stats_decode, engine_stats);
    if (!engine_exec_decode(body, &exec, &err) && err.kind != ERROR_ENGINE)
        abort();
    error_finish(&err);
}

static void find(struct arena *arena, struct span body)
{
    static const char *const paths[] = {"", "a", "a.b", "0", "Labels.x", "HostConfig.Memory"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct span value = engine_json_find(body, paths[i]);

        if (value.bytes &&
            (value.bytes < body.bytes || value.bytes + value.length > body.bytes + body.length))
            abort();
        (void)engine_json_text(arena, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span body = {(const char *)data, size};
    struct arena *arena = arena_create();
    struct error err = {.kind = ERROR_NONE};
    struct engine_path_stat stat;
    const char *text = arena_strndup(arena, body.bytes, size);
    size_t seen = 0;
    int64_t ns;

    decode_all(arena, body);
    find(arena, body);
    if (!build_trace_decode_bytes(body, on_message, &seen, &err))
        error_finish(&err);
    if (!engine_path_stat_decode(arena, text, &stat, &err))
        error_finish(&err);
    if (instant_parse_prefix(body, &ns) > size)
        abort();
    arena_destroy(arena);
    return 0;
}
