/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start waits for besides its own service's conditions: the stops and removals of the same plan. A container
 * that is stopped or removed releases its ports, addresses, volumes and devices; no container that claims one of them
 * starts before. And a service does not start while old containers of services that depend on it are being stopped or
 * removed: they would see it change.
 */
#pragma once

#include "compose/reconcile/reconcile_claims.h"

struct release {
    const struct observed_container *container;
    struct step *last;  /* its removal, else its stop */
    bool *dependencies; /* by place in `services`: does the container's service depend on it? */
};

/** All that this plan stops or removes; to be called when no more stops are added. */
struct release_list {
    struct release *items;
    size_t count;
    bool **
        awaited; /* by place in `services`, then by item: what a start comes after, itself or by its dependencies */
};

struct release_list reconcile_releases(struct reconcile *r);
/** Those that containers of `service` wait for, but for what the starts of its dependencies wait for already. */
const struct release **reconcile_released_before(struct reconcile *r,
                                                 const struct release_list *releases,
                                                 const struct reconcile_service *service,
                                                 size_t *ret_count);
/** A container gets its name when the existing container of that name has been removed by this plan. */
void reconcile_order_names(struct reconcile *r);
