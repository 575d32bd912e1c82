/* SPDX-License-Identifier: Apache-2.0 */
/* Networks and volumes: reuse, create, replace. Source: Docker Compose 5.5.0, `up`. */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/hash.h"
#include "spec/node.h"

struct reconcile_network *reconcile_find_network(struct reconcile *r, const char *key)
{
    for (size_t i = 0; i < r->network_count; i++)
        if (strcmp(r->networks[i].key, key) == 0)
            return &r->networks[i];
    return NULL;
}

struct reconcile_volume *reconcile_find_volume(struct reconcile *r, const char *key)
{
    for (size_t i = 0; i < r->volume_count; i++)
        if (strcmp(r->volumes[i].key, key) == 0)
            return &r->volumes[i];
    return NULL;
}

static bool is_built_in(const char *name)
{
    return strcmp(name, "host") == 0 || strcmp(name, "none") == 0 || strcmp(name, "bridge") == 0;
}

static bool find_external(struct reconcile *r, struct reconcile_network *entry, struct error *err)
{
    size_t named = 0;

    for (size_t i = 0; i < r->observed->networks.count; i++) {
        const struct engine_network *network = &r->observed->networks.items[i];

        if (strcmp(network->name, entry->name) == 0) {
            named++;
            entry->id = network->id;
        }
    }
    for (size_t i = 0; named == 0 && i < r->observed->networks.count; i++)
        if (strcmp(r->observed->networks.items[i].id, entry->name) == 0) {
            entry->id = entry->name;
            named = 1;
        }
    if (named > 1)
        return error_set_at(
            err, ERROR_INPUT, spec_node_place(entry->network->node),
            "multiple networks with name \"%s\" were found. Use network ID as `name` to avoid "
            "ambiguity",
            entry->name);
    if (named == 0 && !r->observed->swarm && !is_built_in(entry->name)) {
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(entry->network->node),
                           "network %s declared as external, but could not be found", entry->name);
        return error_hint(err,
                          "`docker network create %s` makes it; without `external` it is made here",
                          entry->name);
    }
    return true;
}

static bool is_own(const struct reconcile *r, const struct reconcile_network *entry,
                   const struct engine_network *network)
{
    return strcmp(labels_get(&network->labels, LABEL_PROJECT), r->project->name) == 0 &&
           strcmp(labels_get(&network->labels, LABEL_NETWORK), entry->key) == 0;
}

static bool is_used(const struct reconcile *r, const struct engine_network *network)
{
    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct engine_container_entry *container = r->observed->containers[i].entry;

        for (size_t j = 0; j < container->network_count; j++)
            if (strcmp(container->networks[j].network_id, network->id) == 0)
                return true;
    }
    return false;
}

/* Between two of the same name: the one that containers are on, else the older; the id only makes it certain. */
static bool is_better_twin(const struct reconcile *r, const struct engine_network *a,
                           const struct engine_network *b)
{
    bool a_used = is_used(r, a), b_used = is_used(r, b);

    if (a_used != b_used)
        return a_used;
    if (a->created_ns != b->created_ns)
        return a->created_ns < b->created_ns;
    return strcmp(a->id, b->id) < 0;
}

static bool is_better(const struct reconcile *r, const struct reconcile_network *entry,
                      const struct engine_network *a, const struct engine_network *b)
{
    bool a_named = strcmp(a->name, entry->name) == 0, b_named = strcmp(b->name, entry->name) == 0;

    if (a_named && b_named)
        return is_better_twin(r, a, b);
    if (a_named || b_named)
        return a_named;
    return strcmp(a->name, b->name) < 0;
}

/*
 * Older engines make two networks of one name when two requests arrive at the same time, as when a killed run's is
 * still on its way. Nobody can join either by name then, so all but one go before anything starts.
 */
static void remove_twin(struct reconcile *r, struct reconcile_network *entry,
                        const struct engine_network *twin)
{
    struct step *remove =
        plan_add(r->plan, STEP_NETWORK_REMOVE, arena_printf(r->arena, "Network %s", twin->name));

    remove->object.known = twin->id;
    remove->name = twin->name;
    remove->in_use_is_fine = remove->ignore_missing = true;
    plan_reason(r->plan, remove, REASON_LEFTOVER, "there are two of this name");
    plan_after(r->plan, remove, entry->ready);
    entry->ready = remove;
}

/* By a container that this plan does not look after. */
static bool is_used_by_others(const struct reconcile *r, const struct engine_network *network,
                              const struct engine_network *details)
{
    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct observed_container *container = &r->observed->containers[i];

        if (!container->one_off && index_find(&r->wanted->index, container->service) != INDEX_NONE)
            continue;
        for (size_t j = 0; j < container->entry->network_count; j++)
            if (strcmp(container->entry->networks[j].name, network->name) == 0)
                return true;
    }
    for (size_t i = 0; i < details->members.count; i++)
        if (!observed_container(r->observed, details->members.items[i]))
            return true;
    return false;
}

/* A name that the network had before: a change of its name was interrupted, or somebody was still on it. */
static void leave_former(struct reconcile *r, struct reconcile_network *entry,
                         const struct engine_network *former)
{
    const struct engine_network *details = observed_network_details(r->observed, former->id);

    if (!details)
        plan_need(r->plan, NEED_NETWORK, former->id, NULL);
    else if (is_used_by_others(r, former, details))
        warnings_add(&r->plan->warnings, (struct place){0},
                     "network %s also belongs to \"%s\" of this project and is left alone",
                     former->name, entry->key);
    else
        strings_add(&entry->left, r->arena, former->id);
}

/* Ours by labels: the one of that name, else the smallest name. */
static const struct engine_network *find_own(struct reconcile *r, struct reconcile_network *entry)
{
    const struct engine_network *best = NULL;

    for (size_t i = 0; i < r->observed->networks.count; i++) {
        const struct engine_network *network = &r->observed->networks.items[i];

        if (is_own(r, entry, network) && (!best || is_better(r, entry, network, best)))
            best = network;
    }
    for (size_t i = 0; best && i < r->observed->networks.count; i++) {
        const struct engine_network *network = &r->observed->networks.items[i];

        if (network == best || !is_own(r, entry, network))
            continue;
        if (strcmp(network->name, best->name) == 0)
            remove_twin(r, entry, network);
        else
            leave_former(r, entry, network);
    }
    return best;
}

static struct step *add_network_create(struct reconcile *r, struct reconcile_network *entry,
                                       const char *hash)
{
    struct step *step =
        plan_add(r->plan, STEP_NETWORK_CREATE, arena_printf(r->arena, "Network %s", entry->name));

    step->name = entry->name;
    step->key = entry->key;
    step->network = entry->network;
    step->hash = hash;
    plan_after(r->plan, step, entry->ready); /* a twin's removal */
    entry->ready = step;
    entry->id = NULL;
    return step;
}

/* Who is on it leaves before: see the rules for containers, and reconcile_free_replaced(). */
static void replace_network(struct reconcile *r, struct reconcile_network *entry,
                            const struct engine_network *old, const char *hash)
{
    struct step *create;

    if (!observed_network_details(r->observed, old->id)) {
        plan_need(r->plan, NEED_NETWORK, old->id, NULL);
        return;
    }
    entry->replaced = true;
    entry->old_id = old->id;
    entry->removed =
        plan_add(r->plan, STEP_NETWORK_REMOVE, arena_printf(r->arena, "Network %s", entry->name));
    entry->removed->object.known = old->id;
    entry->removed->name = entry->name;
    plan_reason(r->plan, entry->removed, REASON_CHANGED, "its definition changed")->place =
        spec_node_place(entry->network->node);
    reconcile_explain_network(r, entry, old, hash, entry->removed);
    create = add_network_create(r, entry, hash);
    plan_after(r->plan, create, entry->removed);
    plan_reason(r->plan, create, REASON_CHANGED, "its definition changed");
}

static void warn_foreign_network(struct reconcile *r, const struct reconcile_network *entry,
                                 const struct engine_network *network)
{
    const char *owner = labels_get(&network->labels, LABEL_PROJECT);
    struct place place = spec_node_place(entry->network->node);

    if (!*owner)
        warnings_add(
            &r->plan->warnings, place,
            "a network with name %s exists but was not created by compose.\nSet `external: true` to use "
            "an existing network",
            entry->name);
    else if (strcmp(owner, r->project->name) != 0)
        warnings_add(
            &r->plan->warnings, place,
            "a network with name %s exists but was not created for project \"%s\".\nSet `external: true` "
            "to use an existing network",
            entry->name, r->project->name);
}

static bool decide_network(struct reconcile *r, struct reconcile_network *entry, struct error *err)
{
    const char *hash = spec_network_hash(r->arena, entry->network, SPEC_HASH_5);
    const struct engine_network *found;
    const char *have;

    if (entry->network->external)
        return find_external(r, entry, err);
    found = find_own(r, entry);
    if (!found || strcmp(found->name, entry->name) != 0) {
        const struct engine_network *renamed = found;

        found = observed_network_named(r->observed, entry->name);
        if (!found) {
            plan_reason(r->plan, add_network_create(r, entry, hash), REASON_MISSING,
                        renamed ? "it is now called so" : "not there");
            if (renamed)
                strings_add(&entry->left, r->arena, renamed->id);
            return true;
        }
        warn_foreign_network(r, entry, found);
        entry->id = found->id;
        return true;
    }
    entry->id = found->id;
    have = labels_get(&found->labels, LABEL_CONFIG_HASH);
    if (!*have || strcmp(have, hash) == 0 ||
        strcmp(have, spec_network_hash(r->arena, entry->network, SPEC_HASH_2)) == 0)
        return true;
    replace_network(r, entry, found, hash);
    return true;
}

bool reconcile_networks(struct reconcile *r, struct error *err)
{
    const struct spec_network_map *map = &r->project->networks;

    r->networks = arena_array(r->arena, map->count, sizeof(*r->networks));
    for (size_t i = 0; i < map->count; i++) {
        struct reconcile_network *entry;

        if (!map->items[i].value)
            continue;
        entry = &r->networks[r->network_count++];
        *entry =
            (struct reconcile_network){.key = map->items[i].key, .network = map->items[i].value};
        entry->name =
            entry->network->name && *entry->network->name ? entry->network->name : entry->key;
        if (!decide_network(r, entry, err))
            return false;
    }
    return true;
}

static struct step *add_volume_create(struct reconcile *r, struct reconcile_volume *entry,
                                      const char *hash)
{
    struct step *step =
        plan_add(r->plan, STEP_VOLUME_CREATE, arena_printf(r->arena, "Volume %s", entry->name));

    step->name = entry->name;
    step->key = entry->key;
    step->volume = entry->volume;
    step->hash = hash;
    entry->ready = step;
    return step;
}

static void warn_foreign_volume(struct reconcile *r, const struct reconcile_volume *entry,
                                const struct engine_volume *volume)
{
    const char *owner = labels_get(&volume->labels, LABEL_PROJECT);
    struct place place = spec_node_place(entry->volume->node);

    if (!*owner)
        warnings_add(
            &r->plan->warnings, place,
            "volume \"%s\" already exists but was not created by Docker Compose. Use `external: true` to "
            "use an existing volume",
            entry->name);
    else if (strcmp(owner, r->project->name) != 0)
        warnings_add(
            &r->plan->warnings, place,
            "volume \"%s\" already exists but was created for project \"%s\" (expected \"%s\"). Use "
            "`external: true` to use an existing volume",
            entry->name, owner, r->project->name);
}

/* Data would be lost: only after a yes. */
static void replace_volume(struct reconcile *r, struct reconcile_volume *entry,
                           const struct engine_volume *old, const char *hash)
{
    const char *subject = arena_printf(r->arena, "volume %s", entry->name);
    const char *answer = labels_get(&r->options->answers, subject);
    struct step *create;

    if (!*answer) {
        plan_need(
            r->plan, NEED_ANSWER, subject,
            arena_printf(
                r->arena,
                "Volume \"%s\" exists but doesn't match configuration in compose file. Recreate "
                "(data will be lost)?",
                entry->name));
        return;
    }
    if (strcmp(answer, RECONCILE_ANSWER_NO) == 0) {
        warnings_add(&r->plan->warnings, spec_node_place(entry->volume->node),
                     "volume \"%s\" keeps its data and its old definition; `up --yes` recreates it",
                     entry->name);
        return;
    }
    entry->replaced = true;
    entry->removed =
        plan_add(r->plan, STEP_VOLUME_REMOVE, arena_printf(r->arena, "Volume %s", entry->name));
    entry->removed->object.known = entry->name;
    entry->removed->name = entry->name;
    plan_reason(r->plan, entry->removed, REASON_CHANGED, "its definition changed")->place =
        spec_node_place(entry->volume->node);
    reconcile_explain_volume(r, entry, old, hash, entry->removed);
    plan_reason(
        r->plan, entry->removed, REASON_WANTED,
        strcmp(answer, RECONCILE_ANSWER_YES) == 0
            ? "ALL DATA in it is lost (--yes)"
            : "ALL DATA in it is lost: `up` asks first, and keeps it unless the answer is yes "
              "(or --yes is given)");
    create = add_volume_create(r, entry, hash);
    plan_after(r->plan, create, entry->removed);
    plan_reason(r->plan, create, REASON_CHANGED, "its definition changed");
}

static bool decide_volume(struct reconcile *r, struct reconcile_volume *entry, struct error *err)
{
    const struct engine_volume *found = observed_volume_named(r->observed, entry->name);
    const char *hash = spec_volume_hash(r->arena, entry->volume);
    const char *have;

    if (entry->volume->external) {
        if (found)
            return true;
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(entry->volume->node),
                           "external volume \"%s\" not found", entry->name);
        return error_hint(err,
                          "`docker volume create %s` makes it; without `external` it is made here",
                          entry->name);
    }
    if (!found) {
        plan_reason(r->plan, add_volume_create(r, entry, hash), REASON_MISSING, "not there");
        return true;
    }
    have = labels_get(&found->labels, LABEL_CONFIG_HASH);
    warn_foreign_volume(r, entry, found);
    if (*have && strcmp(have, hash) != 0 &&
        strcmp(labels_get(&found->labels, LABEL_PROJECT), r->project->name) == 0)
        replace_volume(r, entry, found, hash);
    return true;
}

bool reconcile_volumes(struct reconcile *r, struct error *err)
{
    const struct spec_volume_map *map = &r->project->volumes;

    r->volumes = arena_array(r->arena, map->count, sizeof(*r->volumes));
    for (size_t i = 0; i < map->count; i++) {
        struct reconcile_volume *entry;

        if (!map->items[i].value)
            continue;
        entry = &r->volumes[r->volume_count++];
        *entry = (struct reconcile_volume){.key = map->items[i].key, .volume = map->items[i].value};
        entry->name =
            entry->volume->name && *entry->volume->name ? entry->volume->name : entry->key;
        if (!decide_volume(r, entry, err))
            return false;
    }
    return true;
}
