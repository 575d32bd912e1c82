/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: steps with their order, the warnings found while planning, and what must be known before planning can be
 * finished (needs). Made by reconcile (pure), printed by plan_text() and plan_json(), carried out by execute.
 * One arena; plan_destroy() ends it with its steps' errors.
 *
 *     struct step *network = plan_add(plan, STEP_NETWORK_CREATE, "Network p_default");
 *     struct step *create = plan_add(plan, STEP_CONTAINER_CREATE, "Container p-web-1");
 *     plan_after(plan, create, network);
 *     plan_reason(plan, create, REASON_MISSING, "not there");
 */
#pragma once

#include "compose/reconcile/step.h"
#include "spec/base/warnings.h"

struct text;

enum plan_need_kind {
    NEED_CONTAINER,     /* inspect of `subject` (an id) */
    NEED_NETWORKS,      /* the list of all networks */
    NEED_NETWORK,       /* inspect of `subject` (an id), for its members */
    NEED_VOLUME_USERS,  /* list of the containers that have the volume `subject` mounted */
    NEED_IMAGE_DETAILS, /* inspect of `subject` (an image's id), for what it fills in */
    NEED_ANSWER,        /* `question` put to the user; `subject` names it */
    NEED_IMAGE,         /* the plan has a step whose result decides: `subject` is the image */
};

struct plan_need {
    enum plan_need_kind kind;
    const char *subject, *question;
};

/** A build whose image exists and is kept by this plan. */
struct plan_built {
    const struct spec_service *service;
    int64_t since_ns; /* when the image was built or tagged last */
};

struct plan {
    struct arena *arena;
    struct step **steps;
    size_t count, capacity;
    struct warnings warnings;
    struct plan_need *needs;
    size_t need_count, need_capacity;
    size_t marks;             /* used so far as `mark` of steps */
    struct strings running;   /* containers that stay as they are: shown as "Running" */
    struct plan_built *built; /* with `explain` only */
    size_t built_count, built_capacity;
    struct strings unknown; /* sentences for `plan`: what depends on a result */
};

struct plan *plan_create(void);
void plan_destroy(struct plan *plan); /* NULL is allowed */

struct step *plan_add(struct plan *plan, enum step_kind kind, const char *id);
/** `step` waits for `before`; NULL and doubles are no harm. */
void plan_after(struct plan *plan, struct step *step, struct step *before);
/** The same for many of them, in a time that grows with their number alone. */
void plan_after_all(struct plan *plan, struct step *step, struct step *const *before, size_t count);
/** Set the `mark` of every step that comes before `step`, directly or through others, to the value returned. */
size_t plan_mark_before(struct plan *plan, struct step *step);
struct step_reason *plan_reason(struct plan *plan, struct step *step, enum step_reason_kind kind,
                                const char *format, ...) PRINTF_LIKE(4, 5);
void plan_need(struct plan *plan, enum plan_need_kind kind, const char *subject,
               const char *question);
/** Must something be found out before anything is executed? (All kinds but NEED_IMAGE.) */
bool plan_is_unfinished(const struct plan *plan);
/** Nothing that changes the engine. */
bool plan_is_empty(const struct plan *plan);
/** Copies of all that failed, in the order of the plan; what was only given up is left out. */
void plan_failures(const struct plan *plan, struct error *ret_failures);
/** Does a step wait for events? */
bool plan_has_waits(const struct plan *plan);

/** One line a step with its reasons; with `edges` also numbers and order, for tests. */
void plan_text(struct text *out, const struct plan *plan, bool edges);
void plan_json(struct text *out, const struct plan *plan);
