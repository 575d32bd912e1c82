/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/progress.h"

#include <string.h>

#include "engine_client/json_read.h"

bool engine_progress_decode(struct arena *arena, struct span line,
                            struct engine_progress *ret_progress, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(line, false, "progress message", err);
    const cJSON *detail, *aux;
    const char *words;
    struct engine_progress progress;

    if (!tree)
        return false;
    detail = json_read_member(tree, "progressDetail");
    aux = json_read_member(tree, "aux");
    words = json_read_text(arena, json_read_member(tree, "errorDetail"), "message");
    progress = (struct engine_progress){
        .id = json_read_text(arena, tree, "id"),
        .status = json_read_text(arena, tree, "status"),
        .stream = json_read_text(arena, tree, "stream"),
        .error = *words ? words : json_read_text(arena, tree, "error"),
        .error_code = (int)json_read_int(json_read_member(tree, "errorDetail"), "code"),
        .has_progress = cJSON_IsObject(detail) && json_read_count(detail) > 0,
        .current = json_read_int(detail, "current"),
        .total = json_read_int(detail, "total"),
        .image_id = json_read_text(arena, aux, "ID"),
        .aux_text = cJSON_IsString(aux) ? arena_strdup(arena, aux->valuestring) : NULL,
    };
    *ret_progress = progress;
    return true;
}

bool engine_progress_failure(const struct engine_progress *progress, struct error *err)
{
    (void)error_set(err, ERROR_ENGINE, "%s", progress->error);
    err->status = progress->error_code;
    err->engine_message = xstrdup(progress->error);
    return false;
}
