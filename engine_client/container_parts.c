/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/container_parts.h"

#include <stdlib.h>
#include <string.h>

static int compare_networks(const void *a, const void *b)
{
    const struct engine_container_network *left = a, *right = b;

    return strcmp(left->name, right->name);
}

struct engine_container_network *container_read_networks(struct arena *arena, const cJSON *networks,
                                                         size_t *ret_count)
{
    struct engine_container_network *items;
    const cJSON *entry;
    size_t count = 0;

    *ret_count = 0;
    if (!cJSON_IsObject(networks) || json_read_count(networks) == 0)
        return NULL;
    items = arena_array(arena, json_read_count(networks), sizeof(*items));
    cJSON_ArrayForEach(entry, networks)
    {
        const cJSON *ipam = json_read_member(entry, "IPAMConfig");

        items[count++] = (struct engine_container_network){
            .name = arena_strdup(arena, entry->string),
            .network_id = json_read_text(arena, entry, "NetworkID"),
            .mac_address = json_read_text(arena, entry, "MacAddress"),
            .aliases = json_read_strings(arena, json_read_member(entry, "Aliases")),
            .ipv4_wanted = json_read_text(arena, ipam, "IPv4Address"),
            .ipv6_wanted = json_read_text(arena, ipam, "IPv6Address"),
            .ipv4 = json_read_text(arena, entry, "IPAddress"),
            .ipv6 = json_read_text(arena, entry, "GlobalIPv6Address"),
        };
    }
    qsort(items, count, sizeof(*items), compare_networks);
    *ret_count = count;
    return items;
}

struct engine_mount *container_read_mounts(struct arena *arena, const cJSON *mounts,
                                           size_t *ret_count)
{
    struct engine_mount *items;
    const cJSON *entry;
    size_t count = 0;

    *ret_count = 0;
    if (!cJSON_IsArray(mounts) || json_read_count(mounts) == 0)
        return NULL;
    items = arena_array(arena, json_read_count(mounts), sizeof(*items));
    cJSON_ArrayForEach(entry, mounts) items[count++] = (struct engine_mount){
        .type = json_read_text(arena, entry, "Type"),
        .name = json_read_text(arena, entry, "Name"),
        .source = json_read_text(arena, entry, "Source"),
        .target = json_read_text(arena, entry, "Destination"),
        .driver = json_read_text(arena, entry, "Driver"),
        .writable = json_read_bool(entry, "RW"),
    };
    *ret_count = count;
    return items;
}

uint16_t container_port_of(int64_t number)
{
    return number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
}
