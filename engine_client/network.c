/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/network.h"

#include "engine_client/json_read.h"

static struct engine_network read_network(struct arena *arena, const cJSON *tree)
{
    return (struct engine_network){
        .id = json_read_text(arena, tree, "Id"),
        .name = json_read_text(arena, tree, "Name"),
        .created_ns = json_read_instant(tree, "Created"),
        .labels = json_read_pairs(arena, json_read_member(tree, "Labels")),
        .members = json_read_keys(arena, json_read_member(tree, "Containers")),
    };
}

bool engine_network_decode(struct arena *arena, struct span body,
                           struct engine_network *ret_network, struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "description of a network", err);

    if (!tree)
        return false;
    *ret_network = read_network(arena, tree);
    ret_network->raw = json_read_raw(arena, body);
    return true;
}

bool engine_network_list_decode(struct arena *arena, struct span body,
                                struct engine_network_list *ret_list, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, true, "list of networks", err);
    struct engine_network_list list = {0};
    const cJSON *row;

    if (!tree)
        return false;
    list.items = arena_array(arena, json_read_count(tree), sizeof(*list.items));
    cJSON_ArrayForEach(row, tree)
    {
        struct span raw = json_read_element(arena, row);

        list.items[list.count] = read_network(arena, row);
        list.items[list.count++].raw = raw;
    }
    *ret_list = list;
    return true;
}
