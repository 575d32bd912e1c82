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

struct engine_network {
    const char *id, *name;
    int64_t created_ns;
    struct pairs labels;
    struct strings members; /* ids of containers; inspect only; sorted */
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
