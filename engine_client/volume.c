/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/volume.h"

#include "engine_client/json_read.h"

static struct engine_volume read_volume(struct arena *arena, const cJSON *tree)
{
    const cJSON *usage = json_read_member(tree, "UsageData");

    return (struct engine_volume){
        .name = json_read_text(arena, tree, "Name"),
        .driver = json_read_text(arena, tree, "Driver"),
        .mountpoint = json_read_text(arena, tree, "Mountpoint"),
        .scope = json_read_text(arena, tree, "Scope"),
        .labels = json_read_pairs(arena, json_read_member(tree, "Labels")),
        .size_bytes = cJSON_IsObject(usage) ? json_read_int(usage, "Size") : -1,
        .reference_count = cJSON_IsObject(usage) ? json_read_int(usage, "RefCount") : -1,
    };
}

bool engine_volume_list_decode(struct arena *arena, struct span body,
                               struct engine_volume_list *ret_list, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, false, "list of volumes", err);
    const cJSON *rows = tree ? json_read_member(tree, "Volumes") : NULL, *row;
    struct engine_volume_list list = {0};

    if (!tree)
        return false;
    list.items = arena_array(arena, json_read_count(rows), sizeof(*list.items));
    cJSON_ArrayForEach(row, rows)
    {
        list.items[list.count] = read_volume(arena, row);
        list.items[list.count++].raw = json_read_element(arena, row);
    }
    *ret_list = list;
    return true;
}
