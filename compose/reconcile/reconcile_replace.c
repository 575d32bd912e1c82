/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another container in the place of one: create, stop, remove, rename; what an interrupted replacement left is finished or
 * undone. Source: Docker Compose 5.5.0, `up`.
 */
#include <inttypes.h>
#include <string.h>

#include "compose/observe/names.h"
#include "compose/reconcile/deletion.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

static void copy_reason(struct reconcile *r, struct step *step, const struct step_reason *from)
{
    struct step_reason *to = plan_reason(r->plan, step, from->kind, "%s", from->text);

    to->attribute = from->attribute;
    to->old_value = from->old_value;
    to->new_value = from->new_value;
    to->place = from->place;
}

static struct step *add_rename(struct reconcile *r, const char *line, struct step_value id,
                               const char *name, struct step *before)
{
    struct step *rename = plan_add(r->plan, STEP_CONTAINER_RENAME, line);

    rename->object = id;
    rename->name = name;
    rename->done = "Recreated";
    plan_after(r->plan, rename, before);
    return rename;
}

struct step *reconcile_stop_once(struct reconcile *r, const struct reconcile_service *service,
                                 const struct observed_container *container, struct step *before)
{
    struct step *stop =
        reconcile_find_stop(r, container); /* a dependency may need it stopped before */

    if (!stop)
        stop = reconcile_add_stop(r->plan, container, reconcile_model(service),
                                  r->options->has_timeout, r->options->timeout_s, before);
    reconcile_stop_dependents(r, service, stop);
    return stop;
}

/* Stop and remove the old one without progress lines of their own. Who is on a network that is replaced leaves it first. */
static struct step *retire(struct reconcile *r, const struct reconcile_service *service,
                           const struct observed_container *old, struct step *before)
{
    bool is_new = !reconcile_find_stop(r, old);
    struct step *stop = NULL, *remove;

    if (!is_new || reconcile_is_active(old))
        stop = reconcile_stop_once(r, service, old, reconcile_is_displaced(r, old) ? NULL : before);
    if (stop && is_new)
        stop->working = stop->done = "";
    if (before)
        reconcile_leave_replaced(r, old, stop);
    remove = deletion_container(r->plan, old, stop);
    plan_after(r->plan, remove, before);
    remove->working = remove->done = "";
    return remove;
}

/* Also of its connections to further networks. */
static void replace_details(struct reconcile *r, struct step *create,
                            const struct step_create *details)
{
    const struct step_create *plain = create->create;

    for (size_t i = 0; i < r->plan->count; i++)
        if (r->plan->steps[i]->create == plain)
            r->plan->steps[i]->create = details;
}

/* create under a name of its own → stop old → remove old → rename. Interrupted anywhere, the names tell the rest. */
bool reconcile_replace(struct reconcile *r, struct reconcile_service *service,
                       struct reconcile_slot *slot, const struct step_reason *why,
                       struct error *err)
{
    const struct observed_container *old = slot->container;
    const char *line = reconcile_container_id_line(r->arena, old->name);
    struct step *create, *gone, *ready;
    struct step_create *details;

    if (!reconcile_add_create(r, service, slot, names_replacement(r->arena, old->id, slot->name),
                              &create, err))
        return false;
    details = arena_alloc(r->arena, sizeof(*details));
    *details = *create->create;
    details->replace =
        reconcile_model(service)->container_name && *reconcile_model(service)->container_name
            ? reconcile_model(service)->container_name
            : arena_printf(r->arena, "%s%s%" PRId64, reconcile_model(service)->name,
                           names_separator(r->project), slot->number);
    reconcile_carry_volumes(r, reconcile_model(service), old, details);
    replace_details(r, create, details);
    create->id = line;
    create->working = "Recreate";
    create->done = "";
    copy_reason(r, create, why);
    if (why->kind == REASON_CONFIG)
        reconcile_explain(r, service, old, create);
    ready = slot->ready;
    gone = retire(r, service, old, ready);
    plan_reason(r->plan, gone, REASON_RELATED, "replaced");
    slot->ready = add_rename(r, line, slot->id, slot->name, gone);
    slot->runs = false;
    service->replaced = true;
    for (size_t i = 0; i < reconcile_model(service)->volumes.count; i++) {
        const char *source = reconcile_model(service)->volumes.items[i]->source;
        struct reconcile_volume *volume = source ? reconcile_find_volume(r, source) : NULL;

        if (volume && volume->replaced)
            plan_after(r->plan, create, volume->ready);
    }
    return true;
}

/* A volume that is made anew must be let go by everybody first, so the old container cannot wait for the new one. */
bool reconcile_replace_with_volume(struct reconcile *r, struct reconcile_service *service,
                                   struct reconcile_slot *slot, const struct step_reason *why,
                                   struct error *err)
{
    const struct observed_container *old = slot->container;
    struct step *gone = retire(r, service, old, NULL), *create;
    struct step_create *details;

    gone->id = reconcile_container_id_line(r->arena, old->name);
    plan_reason(r->plan, gone, REASON_RELATED, "replaced");
    for (size_t i = 0; i < r->volume_count; i++)
        if (r->volumes[i].replaced)
            plan_after(r->plan, r->volumes[i].removed, gone);
    if (!reconcile_add_create(r, service, slot, slot->name, &create, err))
        return false;
    plan_after(r->plan, create, gone);
    details = arena_alloc(r->arena, sizeof(*details));
    *details = *create->create;
    reconcile_carry_volumes(r, reconcile_model(service), old, details);
    replace_details(r, create, details);
    create->working = "Recreate";
    create->done = "Recreated";
    copy_reason(r, create, why);
    slot->runs = false;
    service->replaced = true;
    return true;
}

bool reconcile_uses_replaced_volume(struct reconcile *r, const struct observed_container *container)
{
    for (size_t i = 0; i < r->volume_count; i++)
        if (r->volumes[i].replaced && reconcile_has_volume(container, r->volumes[i].name))
            return true;
    return false;
}

/* -- What an interrupted run left -- */

static const struct observed_container *replaced_by(const struct observed_container **list,
                                                    size_t count,
                                                    const struct observed_container *replacement)
{
    char old[NAMES_OLD_ID_DIGITS + 1];

    if (!names_is_replacement(replacement->name, old))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i]->id, old, NAMES_OLD_ID_DIGITS) == 0)
            return list[i];
    return NULL;
}

static void drop(const struct observed_container **list, size_t *count,
                 const struct observed_container *item)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (list[i] != item)
            list[kept++] = list[i];
    *count = kept;
}

bool reconcile_wins_by_model(struct reconcile *r, const struct reconcile_service *service,
                             const struct observed_container *replacement,
                             const struct observed_container *old)
{
    struct step_reason why;

    (void)old;
    return reconcile_is_current(r, service, replacement, &why);
}

bool reconcile_wins_by_state(struct reconcile *r, const struct reconcile_service *service,
                             const struct observed_container *replacement,
                             const struct observed_container *old)
{
    (void)r;
    (void)service;
    return reconcile_is_up(replacement) && !reconcile_is_up(old);
}

/* Two containers for one place: the replacement wins when it fits, and the old one goes; else the replacement goes. */
struct step *reconcile_settle_replacements(struct reconcile *r, struct reconcile_service *service,
                                           const struct observed_container **list, size_t *count,
                                           reconcile_wins_fn *wins,
                                           const struct observed_container **ret_winner)
{
    for (size_t i = 0; i < *count; i++) {
        const struct observed_container *replacement = list[i],
                                        *old = replaced_by(list, *count, replacement);
        struct step *gone;

        if (!old)
            continue;
        if (wins(r, service, replacement, old)) {
            gone = retire(r, service, old, NULL);
            plan_reason(r->plan, gone, REASON_LEFTOVER, "its replacement is ready");
            drop(list, count, old);
            *ret_winner = replacement;
            return gone;
        }
        gone = retire(r, service, replacement, NULL);
        plan_reason(r->plan, gone, REASON_LEFTOVER, "left by an interrupted run");
        drop(list, count, replacement);
        i = (size_t)-1; /* from the start: the list has changed */
    }
    *ret_winner = NULL;
    return NULL;
}

void reconcile_finish_name(struct reconcile *r, struct reconcile_slot *slot, struct step *gone)
{
    char old[NAMES_OLD_ID_DIGITS + 1];

    if (!names_is_replacement(slot->container->name, old) ||
        strcmp(slot->container->name, slot->name) == 0)
        return;
    slot->ready = add_rename(r, reconcile_container_id_line(r->arena, slot->name), slot->id,
                             slot->name, gone);
    plan_reason(r->plan, slot->ready, REASON_LEFTOVER,
                "an interrupted run left it under another name");
}
