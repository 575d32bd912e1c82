/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small answers about containers: created, waited for, exec instances, processes, files.
 */
#include <string.h>

#include "engine_client/base64.h"
#include "engine_client/container_parts.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

/* Bits of Go's FileMode, in which the engine describes files. */
#define GO_MODE_DIRECTORY 0x80000000u
#define GO_MODE_SYMLINK   0x08000000u

bool engine_created_decode(struct arena *arena, struct span body,
                           struct engine_created *ret_created, struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "answer to a creation", err);
    const cJSON *warnings;
    const char *id;

    if (!tree)
        return false;
    id = json_read_text(arena, tree, "Id");
    if (!*id)
        id = json_read_text(arena, tree, "ID");
    if (!*id)
        return error_set(err, ERROR_ENGINE, "the engine's answer to a creation holds no id");
    warnings = json_read_member(tree, "Warnings");
    if (!warnings)
        warnings = json_read_member(tree, "Warning");
    ret_created->id = id;
    ret_created->warnings = (struct strings){0};
    if (!cJSON_IsString(warnings) || *warnings->valuestring)
        ret_created->warnings = json_read_strings(arena, warnings);
    return true;
}

bool engine_wait_decode(struct arena *arena, struct span body,
                        struct engine_wait_result *ret_result, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, false, "answer to a wait", err);

    if (!tree)
        return false;
    ret_result->status_code = json_read_int(tree, "StatusCode");
    ret_result->error = json_read_text(arena, json_read_member(tree, "Error"), "Message");
    return true;
}

bool engine_exec_decode(struct span body, struct engine_exec *ret_exec, struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "description of an exec", err);

    if (!tree)
        return false;
    ret_exec->running = json_read_bool(tree, "Running");
    ret_exec->exit_code = (int)json_read_int(tree, "ExitCode");
    return true;
}

bool engine_top_decode(struct arena *arena, struct span body, struct engine_top *ret_top,
                       struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, false, "list of processes", err);
    const cJSON *rows = tree ? json_read_member(tree, "Processes") : NULL, *row;
    struct engine_top top = {0};

    if (!tree)
        return false;
    top.titles = json_read_strings(arena, json_read_member(tree, "Titles"));
    top.rows = arena_array(arena, json_read_count(rows), sizeof(*top.rows));
    cJSON_ArrayForEach(row, rows) top.rows[top.row_count++] = json_read_strings(arena, row);
    *ret_top = top;
    return true;
}

bool engine_path_stat_decode(struct arena *arena, const char *header,
                             struct engine_path_stat *ret_stat, struct error *err)
{
    CLEANUP(text_finish) struct text json;
    cJSON *tree;
    int64_t mode;

    text_init(&json, LIMIT_MESSAGE_BYTES);
    if (!base64_decode(&json, span_of(header)) || json.overflowed)
        return error_set(err, ERROR_ENGINE, "the engine's description of a file is not base64");
    tree = json_read_tree(text_span(&json), false, "description of a file", err);
    if (!tree)
        return false;
    mode = json_read_int(tree, "mode");
    *ret_stat = (struct engine_path_stat){
        .link_target = json_read_text(arena, tree, "linkTarget"),
        .mode = (uint32_t)mode,
        .is_directory = ((uint32_t)mode & GO_MODE_DIRECTORY) != 0,
        .is_symlink = ((uint32_t)mode & GO_MODE_SYMLINK) != 0,
    };
    cJSON_Delete(tree);
    return true;
}
