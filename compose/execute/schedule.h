/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which steps of a plan may begin now: their predecessors are done and a slot is free. Pure: no loop, no requests, so a
 * test can drive it with random plans. The executor starts the steps and reports how they ended.
 *
 * A step that needs a slot takes it when it begins and returns it when it ends, or earlier when all that follows is
 * waiting. A step never holds a slot while it waits for other steps: builds that gather for one call of the builder
 * hold none, the call as a whole takes one.
 *
 *     struct schedule schedule = {.plan = plan, .gathers_builds = bakes};
 *     schedule_set_bound(&schedule, parallel, given, processors);
 *     do {
 *         schedule.blocked_more = false;
 *         for (size_t at = 0; (step = schedule_next(&schedule, &at)) != NULL;)
 *             schedule_begin(&schedule, step);
 *     } while (schedule.blocked_more);
 *     ... later, for each: schedule_end(&schedule, step, STEP_DONE);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/reconcile/plan.h"

struct schedule {
    struct plan *plan;
    bool gathers_builds; /* one call of the builder takes many of them */
    bool stopping;       /* nothing more begins; what is pending becomes blocked */

    /* Written by schedule_set_bound(). */
    size_t slots;
    size_t batch_limit;       /* builds of one call of the builder */
    bool transfers_unlimited; /* pulls, pushes and builds take no slot */

    /* Inspect. */
    size_t slots_used;
    size_t in_flight, changing;  /* changing: of those in flight, all but waits */
    bool batch_runs, batch_slot; /* a call of the builder is under way; it holds a slot */
    /* Steps became blocked: look again, for their dependents may come earlier in the plan. */
    bool blocked_more;
};

/**
 * The bound of parallel work: `parallel` when positive, else a number of slots for each processor. A bound that was
 * given as not positive lifts it for transfers and builds. Source: Docker Compose 5.5.0, `--parallel`.
 */
void schedule_set_bound(struct schedule *schedule, int64_t parallel, bool given, long processors);

/** The next step that may begin, from index `*at` on; NULL: none. Marks steps that cannot run any more as blocked. */
struct step *schedule_next(struct schedule *schedule, size_t *at);
void schedule_begin(struct schedule *schedule, struct step *step);
/** The step has ended with `state`. */
void schedule_end(struct schedule *schedule, struct step *step, enum step_state state);
/** The step goes on, but only waits; its slot is free for others. */
void schedule_release_slot(struct schedule *schedule, struct step *step);
/** Does it return its slot after a moment, whether it has ended or not? */
bool schedule_is_brief(const struct step *step);

/** The build waits for a call of the builder, together with others. */
void schedule_gather(struct schedule *schedule, struct step *step);
/**
 * Begin a call of the builder: the gathered builds that belong to it are marked `batched`. False when there is none, more
 * builds are about to gather, another call is under way, or no slot is free.
 */
bool schedule_begin_batch(struct schedule *schedule);
/** The call is over; its steps are ended one by one. */
void schedule_end_batch(struct schedule *schedule);
