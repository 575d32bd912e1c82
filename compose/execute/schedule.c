/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/schedule.h"

#include <stdlib.h>

#include "spec/base/memory.h"

enum { SLOTS_PER_PROCESSOR = 4 };

static unsigned flags_of(const struct step *step)
{
    return step_kind_rows[step->kind].flags;
}

void schedule_set_bound(struct schedule *schedule, int64_t parallel, bool given, long processors)
{
    bool positive = parallel > 0;

    schedule->slots = positive ? (size_t)parallel
                               : SLOTS_PER_PROCESSOR * (processors > 0 ? (size_t)processors : 1);
    schedule->batch_limit = positive ? (size_t)parallel : SIZE_MAX;
    schedule->transfers_unlimited = given && !positive;
}

static bool needs_slot(const struct schedule *schedule, const struct step *step)
{
    unsigned flags = flags_of(step);

    if (step->kind == STEP_IMAGE_BUILD && schedule->gathers_builds)
        return false; /* the call of the builder takes one */
    if ((flags & STEP_TRANSFER) && schedule->transfers_unlimited)
        return false;
    return (flags & (STEP_SLOT | STEP_BRIEF)) != 0;
}

bool schedule_is_brief(const struct step *step)
{
    return (flags_of(step) & STEP_BRIEF) != 0;
}

static bool is_ready(const struct step *step, bool *ret_blocked)
{
    *ret_blocked = false;
    for (size_t i = 0; i < step->after_count; i++) {
        enum step_state state = step->after[i]->state;

        if (state == STEP_FAILED || state == STEP_BLOCKED) {
            *ret_blocked = true;
            return false;
        }
        if (state != STEP_DONE)
            return false;
    }
    return true;
}

struct step *schedule_next(struct schedule *schedule, size_t *at)
{
    while (*at < schedule->plan->count) {
        struct step *step = schedule->plan->steps[(*at)++];
        bool blocked;

        if (step->state != STEP_PENDING)
            continue;
        if (schedule->stopping) {
            step->state = STEP_BLOCKED;
            continue;
        }
        if (!is_ready(step, &blocked)) {
            if (blocked) {
                step->state = STEP_BLOCKED;
                schedule->blocked_more = true;
            }
            continue;
        }
        if (!needs_slot(schedule, step) || schedule->slots_used < schedule->slots)
            return step;
    }
    return NULL;
}

void schedule_begin(struct schedule *schedule, struct step *step)
{
    step->state = STEP_RUNNING;
    schedule->in_flight++;
    if (!(flags_of(step) & STEP_PASSIVE))
        schedule->changing++;
    if (needs_slot(schedule, step)) {
        step->holds_slot = true;
        schedule->slots_used++;
    }
}

void schedule_release_slot(struct schedule *schedule, struct step *step)
{
    if (!step->holds_slot)
        return;
    step->holds_slot = false;
    schedule->slots_used--;
}

void schedule_end(struct schedule *schedule, struct step *step, enum step_state state)
{
    step->state = state;
    step->gathered = step->batched = false;
    schedule->in_flight--;
    if (!(flags_of(step) & STEP_PASSIVE))
        schedule->changing--;
    schedule_release_slot(schedule, step);
}

/* -- Builds that share a call of the builder -- */

static bool is_unfinished_build(const struct step *step)
{
    return step->kind == STEP_IMAGE_BUILD && step->state != STEP_DONE;
}

static bool comes_after_build(const struct step *step, const bool *behind)
{
    for (size_t i = 0; i < step->after_count; i++)
        if (is_unfinished_build(step->after[i]) || behind[step->after[i]->number - 1])
            return true;
    return false;
}

/* Mark each step that comes after an unfinished build, over any number of steps between them. */
static void mark_behind_builds(const struct plan *plan, bool *behind)
{
    bool again = true;

    while (again) {
        again = false;
        for (size_t i = 0; i < plan->count; i++)
            if (!behind[i] && comes_after_build(plan->steps[i], behind))
                again = behind[i] = true;
    }
}

/* Can a further build gather without the end of another build? */
static bool awaits_more(const struct plan *plan)
{
    bool *behind = xcalloc(plan->count + 1, sizeof(*behind));
    bool more = false;

    mark_behind_builds(plan, behind);
    for (size_t i = 0; i < plan->count && !more; i++)
        more = plan->steps[i]->state == STEP_PENDING && plan->steps[i]->kind == STEP_IMAGE_BUILD &&
               !behind[i];
    free(behind);
    return more;
}

void schedule_gather(struct schedule *schedule, struct step *step)
{
    (void)schedule;
    step->gathered = true;
}

bool schedule_begin_batch(struct schedule *schedule)
{
    const struct plan *plan = schedule->plan;
    size_t gathered = 0, taken = 0;

    if (schedule->batch_runs || schedule->stopping)
        return false;
    if (!schedule->transfers_unlimited && schedule->slots_used >= schedule->slots)
        return false;
    for (size_t i = 0; i < plan->count; i++)
        gathered += plan->steps[i]->gathered;
    if (gathered == 0 || (gathered < schedule->batch_limit && awaits_more(plan)))
        return false;
    for (size_t i = 0; i < plan->count && taken < schedule->batch_limit; i++) {
        struct step *step = plan->steps[i];

        if (!step->gathered)
            continue;
        step->gathered = false;
        step->batched = true;
        taken++;
    }
    schedule->batch_runs = true;
    schedule->batch_slot = !schedule->transfers_unlimited;
    schedule->slots_used += schedule->batch_slot;
    return true;
}

void schedule_end_batch(struct schedule *schedule)
{
    schedule->slots_used -= schedule->batch_slot;
    schedule->batch_runs = schedule->batch_slot = false;
}
