/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that explain a change share: the two documents that are compared, the request that would be sent now
 * and the engine's inspection, and the list of differences. Nobody else includes this.
 */
#pragma once

#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/span.h"

struct spec_node;

/** Differences that the engine may have made by itself. */
struct explain_doubts {
    struct step_reason *items;
    size_t count, capacity;
};

struct explanation {
    struct reconcile *r;
    struct step *step;
    struct arena *arena;
    const struct spec_service *service;
    const struct observed_container *container;
    struct span wanted;  /* body of the create request */
    struct span have;    /* answer of inspect */
    struct span image;   /* inspection of the container's image; bytes NULL: not there any more */
    struct strings done; /* engine fields that were compared */
    size_t found;
    struct explain_doubts set_up, dropped;
};

/** Report a difference; `name` decides whether the values look secret. Empty values read "(none)". */
void explain_add(struct explanation *e, const char *attribute, const char *name,
                 const char *old_value, const char *new_value, struct place place);
/** Place of `services.X.ATTRIBUTE[.KEY]`, or of what is left of that. */
struct place explain_place(const struct explanation *e, const char *attribute, const char *key);

/* Attributes that are not one field of the engine (explain_parts.c). */
void explain_environment(struct explanation *e);
void explain_labels(struct explanation *e);
void explain_mounts(struct explanation *e);
void explain_exposed(struct explanation *e);
void explain_networks(struct explanation *e);
