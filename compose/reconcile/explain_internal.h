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

/** A reason with these values, masked as explain_add() does; its kind and text are the caller's. */
struct step_reason explain_difference(struct reconcile *r, const char *attribute, const char *name,
                                      const char *old_value, const char *new_value,
                                      const struct spec_node *node);
/**
 * Report a difference; secret parts of the values, by `name` and by what they hold, are masked unless they are to be
 * shown. Empty values read "(none)". `node` has the value now, or is the nearest thing to it.
 */
void explain_add(struct explanation *e, const char *attribute, const char *name,
                 const char *old_value, const char *new_value, const struct spec_node *node);
/** The node of `services.X.ATTRIBUTE[.KEY]`, or of what is left of that. A list may have the item `KEY=value`. */
const struct spec_node *explain_node(const struct explanation *e, const char *attribute,
                                     const char *key);
/** The item of a list that is not in the old value, as far as that can be found; else the node itself. */
const struct spec_node *explain_item(struct arena *arena, const struct spec_node *node,
                                     const char *old_value);

/* Attributes that are not one field of the engine (explain_parts.c). */
void explain_environment(struct explanation *e);
void explain_labels(struct explanation *e);
void explain_mounts(struct explanation *e);
void explain_exposed(struct explanation *e);
void explain_networks(struct explanation *e);
/** A `container_name` that was added, changed or removed. */
void explain_name(struct explanation *e, const struct reconcile_service *service);
/* What no engine stores (explain_unstored.c): found with the hash, when one attribute was added. */
void explain_unstored(struct explanation *e, const struct reconcile_service *service);
