/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks as the engine describes them. Plain data in the arena given to the decoder; strings are
 * never NULL.
 *
 * Source: Engine API, operations NetworkList and NetworkInspect.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_ipam_pool {
    const char *subnet, *ip_range, *gateway;
    struct pairs aux_addresses;
};

struct engine_network_member {
    const char *container_id, *name, *endpoint_id, *mac_address, *ipv4, *ipv6;
};

struct engine_network {
    const char *id, *name, *driver, *scope;
    int64_t created_ns;
    bool internal, attachable, ingress, enable_ipv6;
    bool has_enable_ipv4, enable_ipv4; /* API 1.47 */
    const char *ipam_driver;
    struct pairs ipam_options;
    struct engine_ipam_pool *pools;
    size_t pool_count;
    struct pairs options, labels;
    struct engine_network_member *members; /* inspect only; sorted by container id */
    size_t member_count;
    struct span raw;
};

struct engine_network_list {
    struct engine_network *items;
    size_t count;
};

bool engine_network_decode(struct arena *arena, struct span body,
                           struct engine_network *ret_network, struct error *err) WARN_UNUSED;
bool engine_network_list_decode(struct arena *arena, struct span body,
                                struct engine_network_list *ret_list,
                                struct error *err) WARN_UNUSED;
