/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a container's description that the list and inspect share. Inside engine_client only.
 */
#pragma once

#include "engine_client/container.h"
#include "engine_client/json_read.h"

/** NetworkSettings.Networks, sorted by name. */
struct engine_container_network *container_read_networks(struct arena *arena, const cJSON *networks,
                                                         size_t *ret_count);
struct engine_mount *container_read_mounts(struct arena *arena, const cJSON *mounts,
                                           size_t *ret_count);
/** A port number of JSON; 0 when out of range. */
uint16_t container_port_of(int64_t number);
