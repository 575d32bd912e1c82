/* SPDX-License-Identifier: Apache-2.0 */
/* Published ports in the docker CLI's notation: "0.0.0.0:8000-8002->8000-8002/tcp, 9000/udp". */
#pragma once

#include <stddef.h>

struct engine_port;
struct text;

/** By container port, address, host port, protocol. */
void ports_text_sort(struct engine_port *ports, size_t count);
/** Append the list; sorts `ports`. Consecutive ports that are published as themselves become ranges. */
void ports_text_add(struct text *out, struct engine_port *ports, size_t count);
