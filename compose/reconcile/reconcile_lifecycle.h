/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the lifecycle commands' plans share. Included by reconcile_lifecycle.c and reconcile_down.c only. */
#pragma once

#include "compose/reconcile/deletion.h"
#include "compose/reconcile/reconcile_internal.h"

struct lifecycle_plan {
    struct plan *plan;
    struct arena *arena;
    const struct wanted *wanted;
    const struct observed *observed;
    const struct reconcile_containers *options;
    const struct spec_project *project;
};

/** Steps for one container; the first of them comes after `before`. Returns the last. */
typedef struct step *lifecycle_container_fn(struct lifecycle_plan *p,
                                            const struct observed_container *container,
                                            const struct spec_service *service,
                                            struct step *const *before, size_t count);

/** What the command may delete. */
struct deletion lifecycle_deletion(const struct lifecycle_plan *p);
/** Does the command act on this service? */
bool lifecycle_covers(const struct lifecycle_plan *p, const char *service);
/** Every container of the services covered, dependents before what they depend on. */
void lifecycle_walk_back(struct lifecycle_plan *p, lifecycle_container_fn *each);
/** A lifecycle_container_fn: the stop with its hooks. */
struct step *lifecycle_add_stop(struct lifecycle_plan *p,
                                const struct observed_container *container,
                                const struct spec_service *service, struct step *const *before,
                                size_t count);
bool lifecycle_down(struct lifecycle_plan *p, struct error *err) WARN_UNUSED;
