/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes as the engine describes them. Plain data in the arena given to the decoder; strings are
 * never NULL.
 *
 * Source: Engine API, operation VolumeList.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_volume {
    const char *name, *driver, *mountpoint, *scope;
    struct pairs labels;
    int64_t size_bytes, reference_count; /* -1: not said */
    struct span raw;
};

struct engine_volume_list {
    struct engine_volume *items;
    size_t count;
};

bool engine_volume_list_decode(struct arena *arena, struct span body,
                               struct engine_volume_list *ret_list, struct error *err) WARN_UNUSED;
