/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that restart because another one does: those of services that ask for it (`restart: true`) and those that
 * share a namespace with it, and so on from these. Docker Compose 5.5.0 stops the direct dependents only.
 */
#include <string.h>

#include "compose/observe/wanted_names.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

struct step *reconcile_find_stop(struct reconcile *r, const struct observed_container *container)
{
    return reconcile_find_step(r, STEP_CONTAINER_STOP, container->id);
}

/* Stop those of a dependent before `before_this`, with what restarts with them in turn. */
static void stop_containers(struct reconcile *r, struct reconcile_service *dependent,
                            struct step *before_this, const char *reason)
{
    const struct spec_service *model = reconcile_model(dependent);

    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct observed_container *container = &r->observed->containers[i];
        struct step *stop;

        if (container->one_off || strcmp(container->service, model->name) != 0 ||
            !reconcile_is_up(container))
            continue;
        stop = reconcile_find_stop(r, container);
        if (!stop) {
            stop = reconcile_add_stop(r->plan, container, model, r->options->has_timeout,
                                      r->options->timeout_s, NULL);
            plan_reason(r->plan, stop, REASON_RELATED, "%s", reason);
            reconcile_stop_dependents(r, dependent, stop);
        }
        if (before_this)
            plan_after(r->plan, before_this, stop);
    }
}

void reconcile_stop_dependents(struct reconcile *r, const struct reconcile_service *service,
                               struct step *before_this)
{
    const char *name = reconcile_model(service)->name;

    for (size_t i = 0; i < r->service_count; i++)
        if (wanted_restarts_with(r->services[i].wanted, name))
            stop_containers(r, &r->services[i], before_this,
                            arena_printf(r->arena, "restarts with service %s", name));
}

static bool starts_again(const struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++)
        if (service->slots[i].container && !service->slots[i].runs &&
            service->slots[i].container->entry->state != ENGINE_STATE_PAUSED)
            return true;
    return false;
}

void reconcile_restart_joined(struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++) {
        const char *name = reconcile_model(&r->services[i])->name;

        for (size_t j = i + 1; starts_again(&r->services[i]) && j < r->service_count; j++)
            if (wanted_joins_network(r->services[j].wanted, name))
                stop_containers(r, &r->services[j], NULL,
                                arena_printf(r->arena,
                                             "service %s, whose network it joins, starts again",
                                             name));
    }
}
