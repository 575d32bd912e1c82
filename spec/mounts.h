/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short form of a volume, [SOURCE:]TARGET[:OPTIONS].
 * Source: Compose Specification, volumes; corner cases observed with Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct arena;

/** Plain data; texts live in the arena. NULL members are absent. */
struct spec_short_mount {
    const char *source, *target;
    bool is_bind, read_only, nocopy;
    bool bare; /* so short (one or two bytes) that nothing but the target is known */
    const char *propagation, *selinux;
};

/** Errors: ERROR_INPUT without a place: `invalid spec: a::b: empty section between colons` and the like. */
bool spec_short_mount_parse(struct arena *arena, const char *text,
                            struct spec_short_mount *ret_mount, struct error *err) WARN_UNUSED;
