/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command may delete: the one place that decides, for every command that removes containers, volumes, networks or
 * images. The manual page docker-compose-data(7) has the same rules as a table; each of its rows is a test.
 *
 * - Data is deleted when `-v` asks for it, or after a yes to a volume's recreation; else every volume stays.
 * - A named volume or network is deleted when a service that the command acts on uses it, under its present name in the
 *   model, and it has the project's label. External ones never. Without a file (`by_name`) the labels alone decide; with
 *   services named, only what their containers use.
 * - A volume is anonymous when no file named it. The engine removes those that it named itself with their container. Those
 *   that a replacement took over are named volumes to the engine: the replacement's label LABEL_ANONYMOUS lists them. A
 *   volume that is not listed there, or that the model declares, is never taken for anonymous, whatever its name looks like.
 * - An image is deleted by the name that the file (or, without one, the service's container) gives it, never by another tag.
 * - An orphan is a container of a service that the files do not have at all (inactive profiles and services that were not
 *   selected are in the files), or a one-off that has ended.
 *
 *     struct deletion deletion = {.plan = plan, .wanted = wanted, .observed = observed};
 *     if (deletion_is_orphan(&deletion, container))
 *         remove = deletion_container(plan, container, stop);
 */
#pragma once

#include <stdbool.h>

#include "compose/observe/observed.h"
#include "compose/observe/wanted.h"
#include "compose/reconcile/plan.h"

/** What a command acts on. Plain data, borrowed. */
struct deletion {
    struct plan *plan;
    const struct wanted *wanted;
    const struct observed *observed;
    const struct strings *services; /* named ones; NULL or empty: all active ones */
    const struct strings *known;    /* services of the files that were not selected, or NULL */
    bool by_name;                   /* there is no file: the model was made from labels */
};

/* Ask. */

/** Does the command act on this service? */
bool deletion_covers(const struct deletion *deletion, const char *service);
/** Do the files not have this service at all? */
bool deletion_is_unknown(const struct deletion *deletion, const char *service);
bool deletion_is_orphan(const struct deletion *deletion,
                        const struct observed_container *container);
/** Does the model name this volume, external or not, of whatever service? Then it is not anonymous. */
bool deletion_is_declared(const struct spec_project *project, const char *volume);

/* Remove: steps with their reasons. */

/** The removal of a container, after `before`. All its volumes stay. The caller gives the reason. */
struct step *deletion_container(struct plan *plan, const struct observed_container *container,
                                struct step *before);
/** The same with its anonymous volumes; `command` ("down -v") is the reason of their removals. */
struct step *deletion_container_and_data(const struct deletion *deletion,
                                         const struct observed_container *container,
                                         const char *command, struct step *before);
/** Networks, named volumes and images for `down`; after all removals of containers in the plan. */
void deletion_networks(const struct deletion *deletion);
void deletion_volumes(const struct deletion *deletion);
/** `which`: "local" (built ones and those of services without `image:`) or "all". */
void deletion_images(const struct deletion *deletion, const char *which, bool remove_orphans);
