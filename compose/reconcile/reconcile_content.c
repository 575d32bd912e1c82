/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents of configs and secrets in a plan. What cannot be read now is no reason to replace or stop a container; only
 * a container that must be created or started with it is refused, and the rest of the plan goes on.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

/* All containers of a project share one salt, so that their labels change only with a secret. */
static const char *salt_of(struct reconcile *r)
{
    for (size_t i = 0; !r->salt && i < r->observed->container_count; i++)
        r->salt = contents_salt(
            r->arena, labels_get(&r->observed->containers[i].entry->labels, LABEL_CONTENT));
    if (!r->salt)
        r->salt = r->wanted->new_salt;
    return r->salt;
}

const char *reconcile_content_label(struct reconcile *r, const struct reconcile_service *service)
{
    return contents_label(r->arena, &service->wanted->contents, salt_of(r));
}

bool reconcile_fits_content(struct reconcile *r, const struct reconcile_service *service,
                            const struct observed_container *container,
                            struct step_reason *ret_reason)
{
    const char *label = labels_get(&container->entry->labels, LABEL_CONTENT);
    struct content_list changed = contents_changed(r->arena, &service->wanted->contents, label);
    struct strings names = {0};

    if (changed.count == 0)
        return true;
    for (size_t i = 0; i < changed.count; i++)
        strings_add(&names, r->arena,
                    arena_printf(r->arena, "%s %s",
                                 changed.items[i]->is_secret ? "secret" : "config",
                                 changed.items[i]->name));
    *ret_reason = (struct step_reason){
        .kind = REASON_CHANGED,
        .text =
            arena_printf(r->arena, "content of %s changed", strings_join(&names, r->arena, ", ")),
        .place = changed.items[0]->place,
    };
    return false;
}

void reconcile_warn_of_unknown_content(struct reconcile *r, const struct reconcile_service *service)
{
    const struct content_list *contents = &service->wanted->contents;
    bool keeps = false;

    for (size_t i = 0; i < service->slot_count; i++)
        keeps = keeps || service->slots[i].container;
    for (size_t i = 0; keeps && i < contents->count; i++)
        if (contents->items[i]->problem)
            warnings_add(&r->plan->warnings, contents->items[i]->place,
                         "%s: existing containers are kept, whether %s \"%s\" changed is not known",
                         contents->items[i]->problem,
                         contents->items[i]->is_secret ? "secret" : "config",
                         contents->items[i]->name);
}

void reconcile_refuse_missing(struct reconcile *r, const struct reconcile_service *service,
                              struct step *step)
{
    struct wanted_missing missing = wanted_missing(r->arena, r->wanted, reconcile_model(service));

    step->refusal = missing.text;
    step->refusal_place = missing.place;
}
