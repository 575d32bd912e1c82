/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sample of `GET /containers/{id}/stats`. Plain data; figures are sums over networks and block
 * devices.
 *
 * Source: Engine API, operation ContainerStats; formulas as in the docker CLI 28.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct arena;

struct engine_stats {
    const char *name;
    double cpu_percent;          /* 0 when there is no earlier sample to compare with */
    uint64_t memory_bytes;       /* without the page cache that can be dropped */
    uint64_t memory_limit_bytes; /* 0: none */
    double memory_percent;
    uint64_t network_received_bytes, network_sent_bytes;
    uint64_t block_read_bytes, block_written_bytes;
    uint64_t pids;
};

bool engine_stats_decode(struct arena *arena, struct span line, struct engine_stats *ret_stats,
                         struct error *err) WARN_UNUSED;
