/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/reconcile/plan.h"

#include <string.h>

#include "spec/base/arena.h"

const struct step_kind_row step_kind_rows[STEP_KINDS] = {
#define STEP(kind, function, flag, noun_text, verb_text, working_text, done_text)                  \
    [STEP_##kind] = {noun_text, verb_text, working_text, done_text, flag},
#include "compose/reconcile/steps.def"
};

const char *step_value_get(struct step_value value)
{
    if (value.known)
        return value.known;
    return value.from ? value.from->result : NULL;
}

const char *step_mounted_images_label(struct arena *arena, const struct step_mounted_image *images,
                                      size_t count)
{
    struct strings list = {0};

    for (size_t i = 0; i < count; i++) {
        const char *digest = step_value_get(images[i].digest);

        if (digest && *digest)
            strings_add(&list, arena, arena_printf(arena, "%s=%s", images[i].target, digest));
    }
    strings_sort(&list);
    return list.count > 0 ? strings_join(&list, arena, ",") : NULL;
}

struct plan *plan_create(void)
{
    struct arena *arena = arena_create();
    struct plan *plan = arena_alloc(arena, sizeof(*plan));

    plan->arena = arena;
    plan->warnings.arena = arena;
    return plan;
}

void plan_destroy(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++)
        error_finish(&plan->steps[i]->failure);
    arena_destroy(plan->arena);
}

struct step *plan_add(struct plan *plan, enum step_kind kind, const char *id)
{
    struct step *step = arena_alloc(plan->arena, sizeof(*step));

    step->kind = kind;
    step->id = id ? arena_strdup(plan->arena, id) : NULL;
    step->number = plan->count + 1;
    error_init(&step->failure);
    plan->steps = arena_grow(plan->arena, plan->steps, &plan->capacity, plan->count + 1,
                             sizeof(struct step *));
    plan->steps[plan->count++] = step;
    return step;
}

void plan_after(struct plan *plan, struct step *step, struct step *before)
{
    if (!before || before == step)
        return;
    for (size_t i = 0; i < step->after_count; i++)
        if (step->after[i] == before)
            return;
    step->after = arena_grow(plan->arena, step->after, &step->after_capacity, step->after_count + 1,
                             sizeof(struct step *));
    step->after[step->after_count++] = before;
}

void plan_after_all(struct plan *plan, struct step *step, struct step *const *before, size_t count)
{
    size_t mark = ++plan->marks;

    step->mark = mark;
    for (size_t i = 0; i < step->after_count; i++)
        step->after[i]->mark = mark;
    for (size_t i = 0; i < count; i++) {
        if (!before[i] || before[i]->mark == mark)
            continue;
        before[i]->mark = mark;
        step->after = arena_grow(plan->arena, step->after, &step->after_capacity,
                                 step->after_count + 1, sizeof(struct step *));
        step->after[step->after_count++] = before[i];
    }
}

static void mark_before(struct step *step, size_t mark)
{
    for (size_t i = 0; i < step->after_count; i++)
        if (step->after[i]->mark != mark) {
            step->after[i]->mark = mark;
            mark_before(step->after[i], mark);
        }
}

size_t plan_mark_before(struct plan *plan, struct step *step)
{
    size_t mark = ++plan->marks;

    mark_before(step, mark);
    return mark;
}

struct step_reason *plan_reason(struct plan *plan, struct step *step, enum step_reason_kind kind,
                                const char *format, ...)
{
    struct step_reason *reason;
    va_list args;

    step->reasons = arena_grow(plan->arena, step->reasons, &step->reason_capacity,
                               step->reason_count + 1, sizeof(*step->reasons));
    reason = &step->reasons[step->reason_count++];
    *reason = (struct step_reason){.kind = kind};
    va_start(args, format);
    reason->text = arena_vprintf(plan->arena, format, args);
    va_end(args);
    return reason;
}

void plan_need(struct plan *plan, enum plan_need_kind kind, const char *subject,
               const char *question)
{
    for (size_t i = 0; i < plan->need_count; i++)
        if (plan->needs[i].kind == kind && strcmp(plan->needs[i].subject, subject) == 0)
            return;
    plan->needs = arena_grow(plan->arena, plan->needs, &plan->need_capacity, plan->need_count + 1,
                             sizeof(*plan->needs));
    plan->needs[plan->need_count++] =
        (struct plan_need){kind, arena_strdup(plan->arena, subject),
                           question ? arena_strdup(plan->arena, question) : NULL};
}

bool plan_is_unfinished(const struct plan *plan)
{
    for (size_t i = 0; i < plan->need_count; i++)
        if (plan->needs[i].kind != NEED_IMAGE)
            return true;
    return false;
}

bool plan_is_empty(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (!(step_kind_rows[plan->steps[i]->kind].flags & STEP_PASSIVE))
            return false;
    return true;
}

void plan_failures(const struct plan *plan, struct error *ret_failures)
{
    struct error copy;

    error_init(&copy);
    error_finish(ret_failures);
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];

        if (step->state != STEP_FAILED || step->failure.kind == ERROR_CANCELED)
            continue;
        error_copy(&copy, &step->failure);
        (void)error_append(ret_failures, &copy);
    }
}

bool plan_has_waits(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_WAIT)
            return true;
    return false;
}
