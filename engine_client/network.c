/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/network.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/json_read.h"

static void read_pools(struct arena *arena, const cJSON *config, struct engine_network *network)
{
    const cJSON *pool;

    if (!cJSON_IsArray(config) || json_read_count(config) == 0)
        return;
    network->pools = arena_alloc(arena, json_read_count(config) * sizeof(*network->pools));
    cJSON_ArrayForEach(pool, config) network->pools[network->pool_count++] =
        (struct engine_ipam_pool){
            .subnet = json_read_text(arena, pool, "Subnet"),
            .ip_range = json_read_text(arena, pool, "IPRange"),
            .gateway = json_read_text(arena, pool, "Gateway"),
            .aux_addresses = json_read_pairs(arena, json_read_member(pool, "AuxiliaryAddresses")),
        };
}

static int compare_members(const void *a, const void *b)
{
    const struct engine_network_member *left = a, *right = b;

    return strcmp(left->container_id, right->container_id);
}

static void read_members(struct arena *arena, const cJSON *containers,
                         struct engine_network *network)
{
    const cJSON *member;

    if (!cJSON_IsObject(containers) || json_read_count(containers) == 0)
        return;
    network->members = arena_alloc(arena, json_read_count(containers) * sizeof(*network->members));
    cJSON_ArrayForEach(member, containers) network->members[network->member_count++] =
        (struct engine_network_member){
            .container_id = arena_strdup(arena, member->string),
            .name = json_read_text(arena, member, "Name"),
            .endpoint_id = json_read_text(arena, member, "EndpointID"),
            .mac_address = json_read_text(arena, member, "MacAddress"),
            .ipv4 = json_read_text(arena, member, "IPv4Address"),
            .ipv6 = json_read_text(arena, member, "IPv6Address"),
        };
    qsort(network->members, network->member_count, sizeof(*network->members), compare_members);
}

static struct engine_network read_network(struct arena *arena, const cJSON *tree)
{
    const cJSON *ipam = json_read_member(tree, "IPAM");
    struct engine_network network = {
        .id = json_read_text(arena, tree, "Id"),
        .name = json_read_text(arena, tree, "Name"),
        .driver = json_read_text(arena, tree, "Driver"),
        .scope = json_read_text(arena, tree, "Scope"),
        .created_ns = json_read_instant(tree, "Created"),
        .internal = json_read_bool(tree, "Internal"),
        .attachable = json_read_bool(tree, "Attachable"),
        .ingress = json_read_bool(tree, "Ingress"),
        .enable_ipv6 = json_read_bool(tree, "EnableIPv6"),
        .has_enable_ipv4 = json_read_member(tree, "EnableIPv4") != NULL,
        .enable_ipv4 = json_read_bool(tree, "EnableIPv4"),
        .ipam_driver = json_read_text(arena, ipam, "Driver"),
        .ipam_options = json_read_pairs(arena, json_read_member(ipam, "Options")),
        .options = json_read_pairs(arena, json_read_member(tree, "Options")),
        .labels = json_read_pairs(arena, json_read_member(tree, "Labels")),
    };

    read_pools(arena, json_read_member(ipam, "Config"), &network);
    read_members(arena, json_read_member(tree, "Containers"), &network);
    return network;
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
    list.items = arena_alloc(arena, json_read_count(tree) * sizeof(*list.items));
    cJSON_ArrayForEach(row, tree)
    {
        struct span raw = json_read_element(arena, row);

        list.items[list.count] = read_network(arena, row);
        list.items[list.count++].raw = raw;
    }
    *ret_list = list;
    return true;
}
