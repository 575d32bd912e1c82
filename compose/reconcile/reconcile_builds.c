/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/reconcile/reconcile_builds.h"

#include "compose/observe/wanted.h"
#include "compose/reconcile/plan.h"
#include "spec/base/arena.h"

static struct step *add_build(struct plan *plan, const struct wanted_service *service)
{
    struct step *step =
        plan_add(plan, STEP_IMAGE_BUILD, arena_printf(plan->arena, "Image %s", service->image));

    step->object.known = service->image;
    step->name = service->image;
    step->platform = service->platform;
    step->service = service->service;
    step->force = true;
    plan_reason(plan, step, REASON_WANTED, "build");
    return step;
}

static void add_push(struct plan *plan, struct step *built)
{
    struct step *step;

    if (!built->service->image || !*built->service->image)
        return;
    step = plan_add(plan, STEP_IMAGE_PUSH, built->id);
    step->object = built->object;
    step->name = built->name;
    step->service = built->service;
    plan_after(plan, step, built);
}

struct plan *reconcile_builds(const struct wanted *wanted, const struct reconcile_builds *what)
{
    struct plan *plan = plan_create();
    struct step **builds = arena_array(plan->arena, wanted->count, sizeof(*builds));

    for (size_t i = 0; i < wanted->count; i++) {
        const struct wanted_service *service = &wanted->services[i];
        const struct spec_dependency_map *needs = &service->service->depends_on;

        if (!service->service->build || !strings_contain(&what->services, service->service->name))
            continue;
        builds[i] = add_build(plan, service);
        if (what->push)
            add_push(plan, builds[i]);
        for (size_t j = 0; j < service->builds_after.count; j++)
            plan_after(plan, builds[i],
                       builds[index_find(&wanted->index, service->builds_after.items[j])]);
        for (size_t j = 0; what->in_order && j < needs->count; j++) {
            uint32_t at = index_find(&wanted->index, needs->items[j].key);

            if (at != INDEX_NONE && at < i)
                plan_after(plan, builds[i], builds[at]);
        }
    }
    return plan;
}
