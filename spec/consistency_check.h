/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks inside one service, apart from what it refers to. Private to the consistency stage.
 */
#pragma once

#include "spec/node.h"
#include "spec/project.h"

/** Where the attribute of the service stands, or the service itself. */
struct place consistency_place(const struct spec_service *service, const char *attribute);

/** scale, cpus and memory against their counterparts below `deploy`. */
bool consistency_check_limits(const struct spec_service *service, struct error *err) WARN_UNUSED;
bool consistency_check_watch(const struct spec_service *service, struct error *err) WARN_UNUSED;
/** No path of the container is mounted twice. */
bool consistency_check_targets(const struct spec_service *service, struct error *err) WARN_UNUSED;
