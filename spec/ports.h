/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short form of a port, [HOST_IP:][PUBLISHED:]TARGET[/PROTOCOL], with ranges.
 * Source: Compose Specification, ports; order of expansion observed with Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"

struct arena;

/** Plain data; texts live in the arena. */
struct spec_short_port {
    const char *host_ip;   /* NULL when not given */
    const char *published; /* a port, a range, or NULL */
    const char *protocol;  /* tcp, udp or sctp */
    unsigned target;
};

struct spec_short_ports {
    struct spec_short_port *items;
    size_t count;
};

/** Expand a short form: in the order of the text "TARGET/PROTOCOL", so 9-11 gives 10, 11, 9.
 * Errors: ERROR_INPUT without a place, `invalid containerPort: x` and the like. */
bool spec_short_ports_parse(struct arena *arena, const char *text,
                            struct spec_short_ports *ret_ports, struct error *err) WARN_UNUSED;
