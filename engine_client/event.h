/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event of the engine. Plain data in the arena given to the decoder; strings are never NULL.
 *
 * Source: Engine API, operation SystemEvents. Podman's differences are evened out: its
 * `health_status` carries the state in an attribute of ours, "stop" and "died" forms get Docker's
 * names, image names stay as given.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine_client/container.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_event {
    const char *type; /* "container", "network", "volume", "image", ... */
    const char
        *action; /* "start", "die", "health_status", "exec_start": without what follows a colon */
    const char *detail;      /* what follows ": ": "healthy", a command line; "" when nothing */
    const char *id;          /* Actor.ID */
    struct pairs attributes; /* sorted by key */
    int64_t time_ns;
    enum engine_health health; /* of a health_status event */
    bool has_exit_code;
    int exit_code; /* of a die event */
};

bool engine_event_decode(struct arena *arena, struct span line, struct engine_event *ret_event,
                         struct error *err) WARN_UNUSED;
/** An attribute, or "". */
const char *engine_event_attribute(const struct engine_event *event, const char *key);
