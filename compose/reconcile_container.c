/* SPDX-License-Identifier: Apache-2.0 */
/* The containers of one service: which stay, which are replaced, made, or go. Source: cli.md 3.3 and 3.4. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compose/labels.h"
#include "compose/names.h"
#include "compose/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/hash.h"
#include "spec/node.h"

static const struct spec_service *model_of(const struct reconcile_service *service)
{
    return service->wanted->service;
}

/* -- Ids of other services' containers -- */

/* First by name among what the service will have; what is replaced or made has no id yet. */
static struct step_value first_id(const struct reconcile_service *service, const char **ret_name)
{
    const struct reconcile_slot *first = NULL;

    for (size_t i = 0; i < service->slot_count; i++)
        if (!first || strcmp(service->slots[i].name, first->name) < 0)
            first = &service->slots[i];
    *ret_name = first ? first->name : NULL;
    return first ? first->id : (struct step_value){0};
}

static const char *sharing(const struct spec_service *service, const char *name)
{
    const struct {
        const char *value, *what;
    } modes[] = {
        {service->network_mode, "share network namespace with"},
        {service->ipc, "share IPC namespace with"},
        {service->pid, "share PID namespace with"},
    };

    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (modes[i].value && text_starts_with(modes[i].value, "service:") &&
            strcmp(modes[i].value + strlen("service:"), name) == 0)
            return modes[i].what;
    return "share volume with";
}

static bool collect_references(struct reconcile *r, struct reconcile_service *service,
                               struct step_reference **ret_references, size_t *ret_count,
                               struct pairs *ret_known, struct error *err)
{
    struct strings names = wanted_references(r->arena, model_of(service));
    struct step_reference *references = arena_alloc(r->arena, names.count * sizeof(*references));

    for (size_t i = 0; i < names.count; i++) {
        struct reconcile_service *other = reconcile_find_service(r, names.items[i]);
        const struct observed_container *there =
            other ? NULL : reconcile_first_container(r->observed, names.items[i]);
        const char *name = NULL;

        references[i].service = names.items[i];
        if (other)
            references[i].container = first_id(other, &name);
        else if (there)
            references[i].container.known = there->id;
        if (!references[i].container.known && !references[i].container.from && !(other && other->deferred))
            return error_set_at(err, ERROR_INPUT, spec_node_place(model_of(service)->node),
                                "cannot %s service %s: container missing",
                                sharing(model_of(service), names.items[i]), names.items[i]);
        if (references[i].container.known)
            pairs_add(ret_known, r->arena, names.items[i], references[i].container.known);
    }
    *ret_references = references;
    *ret_count = names.count;
    return true;
}

/* -- Does a container still fit? -- */

static struct step_reason reason(enum step_reason_kind kind, const char *text)
{
    return (struct step_reason){.kind = kind, .text = text};
}

static const struct engine_container_network *attached(const struct observed_container *container,
                                                       const char *name)
{
    for (size_t i = 0; i < container->entry->network_count; i++)
        if (strcmp(container->entry->networks[i].name, name) == 0)
            return &container->entry->networks[i];
    return NULL;
}

/* By id where the engine tells it: a network of the same name may have been made anew. Podman 4 tells the name. */
static bool is_attached(const struct observed_container *container, const struct reconcile_network *network)
{
    const struct engine_container_network *have = attached(container, network->name);

    if (!have)
        return false;
    if (!network->id)
        return network->ready == NULL;
    return !*have->network_id || strcmp(have->network_id, network->id) == 0 ||
           strcmp(have->network_id, network->name) == 0;
}

static bool fits_networks(struct reconcile *r, const struct spec_service *model,
                          const struct observed_container *container, const char **ret_name)
{
    if (model->network_mode && *model->network_mode)
        return true;
    for (size_t i = 0; i < model->networks.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, model->networks.items[i].key);

        if (!network || network->replaced || is_attached(container, network))
            continue;
        *ret_name = network->name;
        return false;
    }
    return true;
}

static bool has_volume(const struct observed_container *container, const char *name)
{
    for (size_t i = 0; i < container->entry->mount_count; i++)
        if (strcmp(container->entry->mounts[i].name, name) == 0)
            return true;
    return false;
}

static bool fits_volumes(struct reconcile *r, const struct spec_service *model,
                         const struct observed_container *container, struct step_reason *ret_reason)
{
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_volume *volume =
            mount->type && strcmp(mount->type, "volume") == 0 && mount->source
                ? reconcile_find_volume(r, mount->source)
                : NULL;

        if (!volume || (!volume->replaced && has_volume(container, volume->name)))
            continue;
        *ret_reason = reason(REASON_RELATED,
                             arena_printf(r->arena, volume->replaced ? "volume %s is replaced"
                                                                     : "volume %s is not mounted",
                                          volume->name));
        return false;
    }
    return true;
}

/* The digest of an image, the engine's id of it, or what the engine says the container was made of. */
static bool fits_image(const struct reconcile_service *service, const struct observed_container *container)
{
    const struct observed_image *image = service->image ? service->image->there : NULL;
    const char *label = labels_get(&container->entry->labels, LABEL_IMAGE);

    if (!image)
        return true;
    return strcmp(label, image->digest) == 0 || strcmp(label, image->id) == 0 ||
           (!*label && strcmp(container->entry->image_id, image->id) == 0);
}

static const char *image_volumes(struct reconcile *r, const struct spec_service *model)
{
    struct strings list = {0};

    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_image *image =
            mount->type && strcmp(mount->type, "image") == 0 && mount->source
                ? reconcile_find_image(r, mount->source)
                : NULL;

        if (image && image->there)
            strings_add(&list, r->arena,
                        arena_printf(r->arena, "%s=%s", mount->target, image->there->digest));
    }
    strings_sort(&list);
    return list.count > 0 ? strings_join(&list, r->arena, ",") : NULL;
}

static bool parent_replaced(struct reconcile *r, const struct spec_service *model, const char **ret_parent)
{
    struct strings names = wanted_references(r->arena, model);

    for (size_t i = 0; i < names.count; i++) {
        struct reconcile_service *other = reconcile_find_service(r, names.items[i]);

        if (other && other->replaced) {
            *ret_parent = names.items[i];
            return true;
        }
    }
    return false;
}

static bool fits_hash(const struct reconcile_service *service, const struct observed_container *container)
{
    const char *label = labels_get(&container->entry->labels, LABEL_CONFIG_HASH);

    return (service->hash && strcmp(label, service->hash) == 0) ||
           (service->hash_2 && strcmp(label, service->hash_2) == 0);
}

static bool is_current(struct reconcile *r, const struct reconcile_service *service,
                       const struct observed_container *container, struct step_reason *ret_reason)
{
    const struct spec_service *model = model_of(service);
    const char *content = labels_get(&container->entry->labels, LABEL_CONTENT), *name = "";
    const char *mounted = image_volumes(r, model);
    const char *mounted_then = labels_get(&container->entry->labels, LABEL_IMAGE_VOLUMES);

    if (parent_replaced(r, model, &name)) {
        *ret_reason = reason(REASON_RELATED, arena_printf(r->arena, "service %s is recreated", name));
        return false;
    }
    if (!fits_hash(service, container)) {
        *ret_reason = reason(REASON_CHANGED, "configuration changed");
        return false;
    }
    if (!fits_image(service, container)) {
        *ret_reason = reason(REASON_IMAGE, arena_printf(r->arena, "image %s changed", service->image->reference));
        ret_reason->old_value = labels_get(&container->entry->labels, LABEL_IMAGE);
        ret_reason->new_value = service->image->there->digest;
        return false;
    }
    /* Compose 2.x does not write that label: its containers count as unchanged. */
    if (mounted && *mounted_then && strcmp(mounted, mounted_then) != 0) {
        *ret_reason = reason(REASON_IMAGE, "a mounted image changed");
        return false;
    }
    if (*content && strcmp(content, service->wanted->content) != 0) {
        *ret_reason = reason(REASON_CHANGED, "content of a config or secret changed");
        return false;
    }
    if (reconcile_is_up(container) && !fits_networks(r, model, container, &name)) {
        *ret_reason = reason(REASON_RELATED, arena_printf(r->arena, "not attached to network %s", name));
        return false;
    }
    return fits_volumes(r, model, container, ret_reason);
}

static bool stays(struct reconcile *r, const struct reconcile_service *service,
                  const struct observed_container *container, struct step_reason *ret_reason)
{
    enum reconcile_recreate policy =
        service->target ? r->options->recreate : r->options->recreate_dependencies;

    if (policy == RECREATE_NEVER)
        return true;
    if (policy == RECREATE_FORCE) {
        *ret_reason = reason(REASON_WANTED, r->options->renew_anonymous ? "anonymous volumes are renewed"
                                                                        : "--force-recreate was given");
        return false;
    }
    return is_current(r, service, container, ret_reason);
}

/* -- Links -- */

static void add_links(struct reconcile *r, struct reconcile_service *service, int64_t number,
                      struct step *create, struct strings *links)
{
    const struct spec_service *model = model_of(service);
    const char *separator = names_separator(r->project);

    for (size_t i = 0; i < model->links.count; i++) {
        const char *text = model->links.items[i], *colon = strchr(text, ':');
        const char *name = colon ? arena_strndup(r->arena, text, (size_t)(colon - text)) : text;
        const char *alias = colon ? colon + 1 : text;
        struct reconcile_service *other = reconcile_find_service(r, name);

        for (size_t j = 0; other && j < other->slot_count; j++) {
            const char *container = other->slots[j].name;

            strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", container, alias));
            strings_add(links, r->arena,
                        arena_printf(r->arena, "%s:%s%s%" PRId64, container, name, separator, number));
            strings_add(links, r->arena,
                        arena_printf(r->arena, "%s:%s%s%s%s%" PRId64, container, r->project->name, separator,
                                     name, separator, number));
            plan_after(r->plan, create, other->slots[j].ready);
        }
    }
    for (size_t i = 0; i < model->external_links.count; i++) {
        const char *text = model->external_links.items[i];

        strings_add(links, r->arena, strchr(text, ':') ? text : arena_printf(r->arena, "%s:%s", text, text));
    }
}

/* -- Create -- */

static void after_resources(struct reconcile *r, struct step *step, const struct spec_service *model)
{
    for (size_t i = 0; i < r->network_count; i++)
        for (size_t j = 0; j < model->networks.count; j++)
            if (strcmp(model->networks.items[j].key, r->networks[i].key) == 0)
                plan_after(r->plan, step, r->networks[i].ready);
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_volume *volume = mount->source ? reconcile_find_volume(r, mount->source) : NULL;
        struct reconcile_image *image = mount->source ? reconcile_find_image(r, mount->source) : NULL;

        if (volume)
            plan_after(r->plan, step, volume->ready);
        else if (image && mount->type && strcmp(mount->type, "image") == 0)
            plan_after(r->plan, step, image->made);
    }
}

/* Older engines take one network at creation; the others are joined before the start. */
static struct step *connect_others(struct reconcile *r, const struct spec_service *model, struct step *create)
{
    struct strings keys = translate_networks_in_order(r->arena, model);
    struct step *last = create;

    for (size_t i = 0; i < keys.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, keys.items[i]);
        struct step *connect;

        if (!network || translate_network_in_body(r->observed->api_minor, i))
            continue;
        connect = plan_add(r->plan, STEP_NETWORK_CONNECT, NULL);
        connect->object.known = network->name;
        connect->name = network->name;
        connect->key = network->key;
        connect->service = model;
        connect->create = create->create;
        connect->container.from = create;
        plan_after(r->plan, connect, last);
        plan_after(r->plan, connect, network->ready);
        last = connect;
    }
    return last;
}

static bool add_create(struct reconcile *r, struct reconcile_service *service, struct reconcile_slot *slot,
                       const char *created_name, struct step **ret_create, struct error *err)
{
    const struct spec_service *model = model_of(service);
    struct step_create *create = arena_alloc(r->arena, sizeof(*create));
    struct step *step = plan_add(r->plan, STEP_CONTAINER_CREATE,
                                 reconcile_container_id_line(r->arena, created_name));
    struct pairs known = {0};

    create->number = slot->number;
    create->final_name = slot->name;
    create->image_digest = service->image->digest;
    create->image_volumes = image_volumes(r, model);
    create->content = service->wanted->content;
    step->service = model;
    step->platform = service->wanted->platform;
    step->name = created_name;
    step->create = create;
    step->hash = service->hash;
    if (!collect_references(r, service, &create->references, &create->reference_count, &known, err))
        return false;
    for (size_t i = 0; i < create->reference_count; i++) {
        struct reconcile_service *other = reconcile_find_service(r, create->references[i].service);

        for (size_t j = 0; other && j < other->slot_count; j++)
            plan_after(r->plan, step, other->slots[j].ready);
    }
    add_links(r, service, slot->number, step, &create->links);
    after_resources(r, step, model);
    plan_after(r->plan, step, service->image->made);
    slot->id = (struct step_value){.from = step};
    slot->ready = connect_others(r, model, step);
    slot->container = NULL;
    *ret_create = step;
    return true;
}

/* -- Replace -- */

static bool is_declared_anonymous(const struct spec_service *model, const char *target)
{
    for (size_t i = 0; i < model->volumes.count; i++)
        if (model->volumes.items[i]->target && strcmp(model->volumes.items[i]->target, target) == 0)
            return !model->volumes.items[i]->source || !*model->volumes.items[i]->source;
    return false;
}

static bool is_declared(const struct spec_service *model, const char *target)
{
    for (size_t i = 0; i < model->volumes.count; i++)
        if (model->volumes.items[i]->target && strcmp(model->volumes.items[i]->target, target) == 0)
            return true;
    return false;
}

/* Anonymous volumes of the old container go to the new one: those of the image and those without a source. */
static void carry_volumes(struct reconcile *r, const struct spec_service *model,
                          const struct observed_container *old, struct step_create *create)
{
    const struct engine_container_entry *entry = old->entry;

    if (r->options->renew_anonymous)
        return;
    create->carried = arena_alloc(r->arena, entry->mount_count * sizeof(*create->carried));
    for (size_t i = 0; i < entry->mount_count; i++) {
        const struct engine_mount *mount = &entry->mounts[i];
        bool anonymous = is_declared_anonymous(model, mount->target);

        if (strcmp(mount->type, "volume") != 0 || !*mount->name)
            continue;
        if (!anonymous && is_declared(model, mount->target))
            continue;
        if (!anonymous && !old->details) {
            plan_need(r->plan, NEED_CONTAINER, old->id, NULL); /* is it the image's? */
            continue;
        }
        if (anonymous || strings_contain(&old->details->volumes, mount->target))
            create->carried[create->carried_count++] = (struct translate_carried){
                .volume = mount->name, .target = mount->target, .read_only = !mount->writable};
    }
}

/* Services that asked to be restarted with this one are stopped before its container goes. */
static void stop_dependents(struct reconcile *r, const struct reconcile_service *service, struct step *before_this)
{
    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *dependent = &r->services[i];
        const struct spec_dependency_map *map = &model_of(dependent)->depends_on;
        bool restarts = false;

        for (size_t j = 0; j < map->count; j++)
            if (strcmp(map->items[j].key, model_of(service)->name) == 0 && map->items[j].value->restart)
                restarts = true;
        for (size_t j = 0; restarts && j < r->observed->container_count; j++) {
            const struct observed_container *container = &r->observed->containers[j];
            struct step *stop = NULL;

            if (container->one_off || strcmp(container->service, model_of(dependent)->name) != 0 ||
                !reconcile_is_up(container))
                continue;
            for (size_t k = 0; k < r->plan->count; k++)
                if (r->plan->steps[k]->kind == STEP_CONTAINER_STOP && r->plan->steps[k]->object.known &&
                    strcmp(r->plan->steps[k]->object.known, container->id) == 0)
                    stop = r->plan->steps[k];
            if (!stop) {
                stop = reconcile_add_stop(r->plan, container, model_of(dependent), r->options->has_timeout,
                                          r->options->timeout_s, NULL);
                plan_reason(r->plan, stop, REASON_RELATED, "restarts with service %s", model_of(service)->name);
            }
            plan_after(r->plan, before_this, stop);
        }
    }
}

static void copy_reason(struct reconcile *r, struct step *step, const struct step_reason *from)
{
    struct step_reason *to = plan_reason(r->plan, step, from->kind, "%s", from->text);

    to->attribute = from->attribute;
    to->old_value = from->old_value;
    to->new_value = from->new_value;
    to->place = from->place;
}

static struct step *add_rename(struct reconcile *r, const char *line, struct step_value id, const char *name,
                               struct step *before)
{
    struct step *rename = plan_add(r->plan, STEP_CONTAINER_RENAME, line);

    rename->object = id;
    rename->name = name;
    rename->done = "Recreated";
    plan_after(r->plan, rename, before);
    return rename;
}

/* Stop and remove the old one without progress lines of their own. */
static struct step *retire(struct reconcile *r, const struct reconcile_service *service,
                           const struct observed_container *old, struct step *before)
{
    struct step *stop = NULL, *remove;

    if (reconcile_is_up(old) || old->entry->state == ENGINE_STATE_PAUSED) {
        stop = reconcile_add_stop(r->plan, old, model_of(service), r->options->has_timeout, r->options->timeout_s,
                                  before);
        stop->working = stop->done = "";
        stop_dependents(r, service, stop);
    }
    remove = reconcile_add_remove(r->plan, old, r->options->renew_anonymous, stop ? stop : before);
    remove->working = remove->done = "";
    if (r->options->renew_anonymous)
        reconcile_add_anonymous_removals(r->plan, old, remove);
    return remove;
}

/* create under a name of its own → stop old → remove old → rename. Interrupted anywhere, the names tell the rest. */
static bool replace(struct reconcile *r, struct reconcile_service *service, struct reconcile_slot *slot,
                    const struct step_reason *why, struct error *err)
{
    const struct observed_container *old = slot->container;
    const char *line = reconcile_container_id_line(r->arena, old->name);
    struct step *create, *gone, *ready;
    struct step_create *details;

    if (!add_create(r, service, slot, names_replacement(r->arena, old->id, slot->name), &create, err))
        return false;
    details = arena_alloc(r->arena, sizeof(*details));
    *details = *create->create;
    details->replace = model_of(service)->container_name && *model_of(service)->container_name
                           ? model_of(service)->container_name
                           : arena_printf(r->arena, "%s%s%" PRId64, model_of(service)->name,
                                          names_separator(r->project), slot->number);
    carry_volumes(r, model_of(service), old, details);
    create->create = details;
    create->id = line;
    create->working = "Recreate";
    create->done = "";
    copy_reason(r, create, why);
    if (why->kind == REASON_CHANGED)
        reconcile_explain(r, service, old, create);
    ready = slot->ready;
    gone = retire(r, service, old, ready);
    slot->ready = add_rename(r, line, slot->id, slot->name, gone);
    slot->replaced = true;
    slot->runs = false;
    service->replaced = true;
    for (size_t i = 0; i < model_of(service)->volumes.count; i++) {
        const char *source = model_of(service)->volumes.items[i]->source;
        struct reconcile_volume *volume = source ? reconcile_find_volume(r, source) : NULL;

        if (volume && volume->replaced)
            plan_after(r->plan, create, volume->ready);
    }
    return true;
}

/* A volume that is made anew must be let go by everybody first, so the old container cannot wait for the new one. */
static bool replace_with_volume(struct reconcile *r, struct reconcile_service *service,
                                struct reconcile_slot *slot, const struct step_reason *why, struct error *err)
{
    const struct observed_container *old = slot->container;
    struct step *gone = retire(r, service, old, NULL), *create;

    gone->id = reconcile_container_id_line(r->arena, old->name);
    for (size_t i = 0; i < r->volume_count; i++)
        if (r->volumes[i].replaced)
            plan_after(r->plan, r->volumes[i].removed, gone);
    if (!add_create(r, service, slot, slot->name, &create, err))
        return false;
    plan_after(r->plan, create, gone);
    create->working = "Recreate";
    create->done = "Recreated";
    copy_reason(r, create, why);
    slot->replaced = true;
    slot->runs = false;
    service->replaced = true;
    return true;
}

static bool uses_replaced_volume(struct reconcile *r, const struct observed_container *container)
{
    for (size_t i = 0; i < r->volume_count; i++)
        if (r->volumes[i].replaced && has_volume(container, r->volumes[i].name))
            return true;
    return false;
}

/* -- What an interrupted run left -- */

static const struct observed_container *replaced_by(const struct observed_container **list, size_t count,
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

static void drop(const struct observed_container **list, size_t *count, const struct observed_container *item)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++)
        if (list[i] != item)
            list[kept++] = list[i];
    *count = kept;
}

/* Two containers for one place: the replacement wins when it fits, and the old one goes; else the replacement goes. */
static struct step *settle_replacements(struct reconcile *r, struct reconcile_service *service,
                                        const struct observed_container **list, size_t *count,
                                        const struct observed_container **ret_winner)
{
    for (size_t i = 0; i < *count; i++) {
        const struct observed_container *replacement = list[i], *old = replaced_by(list, *count, replacement);
        struct step_reason why;
        struct step *gone;

        if (!old)
            continue;
        if (is_current(r, service, replacement, &why)) {
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

static void finish_name(struct reconcile *r, struct reconcile_slot *slot, struct step *gone)
{
    char old[NAMES_OLD_ID_DIGITS + 1];

    if (!names_is_replacement(slot->container->name, old) || strcmp(slot->container->name, slot->name) == 0)
        return;
    slot->ready = add_rename(r, reconcile_container_id_line(r->arena, slot->name), slot->id, slot->name, gone);
    plan_reason(r->plan, slot->ready, REASON_LEFTOVER, "an interrupted run left it under another name");
}

/* -- Networks of containers that stay -- */

static void join(struct reconcile *r, const struct spec_service *model, struct reconcile_slot *slot,
                 struct reconcile_network *network, struct step *leave, struct step **before)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_CONNECT, NULL);
    struct step_create *create = arena_alloc(r->arena, sizeof(*create));

    create->final_name = slot->name;
    create->number = slot->number;
    step->object.known = network->name;
    step->name = network->name;
    step->key = network->key;
    step->service = model;
    step->create = create;
    step->container.known = slot->container->id;
    plan_after(r->plan, step, network->ready);
    plan_after(r->plan, step, leave);
    plan_after(r->plan, step, *before);
    *before = step;
}

static struct step *leave(struct reconcile *r, const struct reconcile_slot *slot, const char *network_id,
                          const char *name, struct step *before)
{
    struct step *step = plan_add(r->plan, STEP_NETWORK_DISCONNECT, NULL);

    step->object.known = network_id;
    step->name = name;
    step->container.known = slot->container->id;
    step->ignore_missing = true;
    plan_after(r->plan, step, before);
    return step;
}

/* A network that is made anew, or that went away while the container was stopped: leave the old, join the new. */
static void rejoin_networks(struct reconcile *r, struct reconcile_service *service, struct reconcile_slot *slot)
{
    const struct spec_service *model = model_of(service);
    struct strings keys = translate_networks_in_order(r->arena, model);

    for (size_t i = 0; i < keys.count; i++) {
        struct reconcile_network *network = reconcile_find_network(r, keys.items[i]);
        const struct engine_container_network *have;
        struct step *stop = NULL, *left = NULL;

        if (!network || (!network->replaced && is_attached(slot->container, network)))
            continue;
        have = attached(slot->container, network->name);
        if (network->replaced && reconcile_is_up(slot->container) && slot->runs) {
            stop = reconcile_add_stop(r->plan, slot->container, model, r->options->has_timeout,
                                      r->options->timeout_s, NULL);
            plan_reason(r->plan, stop, REASON_RELATED, "network %s is replaced", network->name);
            slot->runs = false;
            slot->stopped = stop;
        }
        if (have)
            left = leave(r, slot, network->replaced ? network->old_id : network->name, network->name,
                         slot->stopped);
        if (network->replaced)
            plan_after(r->plan, network->removed, left ? left : slot->stopped);
        else if (left)
            plan_after(r->plan, left, network->ready);
        join(r, model, slot, network, left, &slot->ready);
    }
}

/* -- The whole service -- */

static bool check_scale(const struct reconcile_service *service, struct error *err)
{
    const struct spec_service *model = model_of(service);

    if (service->wanted->scale <= 1 || !model->container_name || !*model->container_name)
        return true;
    return error_set_at(err, ERROR_INPUT, spec_node_place(model->node),
                        "WARNING: The \"%s\" service is using the custom container name \"%s\". Docker requires each "
                        "container to have a unique name. Remove the custom name to scale the service",
                        model->name, model->container_name);
}

struct candidate {
    const struct observed_container *container;
    bool stays;
    struct step_reason why;
};

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->stays != b->stays)
        return a->stays ? -1 : 1;
    if (a->container->number != b->container->number)
        return a->container->number < b->container->number ? -1 : 1;
    return strcmp(a->container->name, b->container->name);
}

static void scale_down(struct reconcile *r, struct reconcile_service *service, const struct candidate *surplus)
{
    struct step *stop = NULL, *remove;

    if (reconcile_is_up(surplus->container) || surplus->container->entry->state == ENGINE_STATE_PAUSED)
        stop = reconcile_add_stop(r->plan, surplus->container, model_of(service), r->options->has_timeout,
                                  r->options->timeout_s, NULL);
    remove = reconcile_add_remove(r->plan, surplus->container, false, stop);
    plan_reason(r->plan, remove, REASON_LEFTOVER, "scaled down to %" PRId64, service->wanted->scale);
    remove->volumes = true;
    reconcile_add_anonymous_removals(r->plan, surplus->container, remove);
}

static bool keep_or_replace(struct reconcile *r, struct reconcile_service *service, struct reconcile_slot *slot,
                            struct candidate *candidate, struct step *gone, struct error *err)
{
    *slot = (struct reconcile_slot){
        .number = candidate->container->number,
        .container = candidate->container,
        .id = {.known = candidate->container->id},
        .runs = reconcile_is_up(candidate->container),
    };
    slot->name = names_container(r->arena, r->project, model_of(service), slot->number);
    if (candidate->stays) {
        finish_name(r, slot, gone);
        if (!names_is_replacement(candidate->container->name, (char[NAMES_OLD_ID_DIGITS + 1]){0}))
            slot->name = candidate->container->name;
        rejoin_networks(r, service, slot);
        return true;
    }
    if (uses_replaced_volume(r, candidate->container))
        return replace_with_volume(r, service, slot, &candidate->why, err);
    return replace(r, service, slot, &candidate->why, err);
}

/*
 * Numbers go on above the highest that has ever run; gaps below it stay. Above it, what an interrupted run created
 * may have left some out: they are taken first, so that the end is the same.
 */
static int64_t next_number(const struct observed_container **list, size_t count, int64_t number)
{
    bool taken = true;

    while (taken) {
        taken = false;
        number++;
        for (size_t i = 0; i < count; i++)
            taken = taken || list[i]->number == number;
    }
    return number;
}

static int64_t highest_that_ran(const struct observed_container **list, size_t count)
{
    int64_t highest = 0;

    for (size_t i = 0; i < count; i++)
        if (list[i]->entry->state != ENGINE_STATE_CREATED && list[i]->number > highest)
            highest = list[i]->number;
    return highest;
}

static bool add_missing(struct reconcile *r, struct reconcile_service *service,
                        const struct observed_container **list, size_t have, struct error *err)
{
    int64_t number = highest_that_ran(list, have);

    for (size_t i = have; i < (size_t)service->wanted->scale; i++) {
        struct reconcile_slot *slot = &service->slots[i];
        struct step *create;

        slot->number = number = next_number(list, have, number);
        slot->name = names_container(r->arena, r->project, model_of(service), slot->number);
        service->slot_count = i; /* what add_create() may refer to */
        if (!add_create(r, service, slot, slot->name, &create, err))
            return false;
        service->slot_count = i + 1;
        plan_reason(r->plan, create, REASON_MISSING, have > 0 ? "scaled up to %" PRId64 : "not there",
                    service->wanted->scale);
    }
    return true;
}

static void compute_hashes(struct reconcile *r, struct reconcile_service *service, const struct pairs *known,
                           size_t reference_count)
{
    const struct spec_service *resolved;

    service->hash = service->wanted->hash;
    service->hash_2 = service->wanted->hash_2;
    if (!service->wanted->refers || known->count < reference_count)
        return;
    resolved = wanted_resolve(r->arena, model_of(service), known);
    service->hash = spec_service_hash(r->arena, resolved, SPEC_HASH_5);
    service->hash_2 = spec_service_hash(r->arena, resolved, SPEC_HASH_2);
}

bool reconcile_service_containers(struct reconcile *r, struct reconcile_service *service, struct error *err)
{
    const struct observed_container **list, *winner;
    size_t count = reconcile_containers_of(r->arena, r->observed, model_of(service)->name, false, &list);
    size_t wanted = (size_t)service->wanted->scale, reference_count;
    struct step_reference *references;
    struct candidate *candidates;
    struct pairs known = {0};
    struct step *gone;

    if (!check_scale(service, err) ||
        !collect_references(r, service, &references, &reference_count, &known, err))
        return false;
    compute_hashes(r, service, &known, reference_count);
    gone = settle_replacements(r, service, list, &count, &winner);
    candidates = arena_alloc(r->arena, count * sizeof(*candidates));
    for (size_t i = 0; i < count; i++) {
        candidates[i].container = list[i];
        candidates[i].stays = stays(r, service, list[i], &candidates[i].why);
    }
    if (count > 1)
        qsort(candidates, count, sizeof(*candidates), compare_candidates);
    service->slots = arena_alloc(r->arena, (wanted > count ? wanted : count) * sizeof(*service->slots));
    for (size_t i = wanted; i < count; i++)
        scale_down(r, service, &candidates[i]);
    for (size_t i = 0; i < count && i < wanted; i++) {
        if (!keep_or_replace(r, service, &service->slots[i], &candidates[i],
                             candidates[i].container == winner ? gone : NULL, err))
            return false;
        service->slot_count = i + 1;
    }
    return add_missing(r, service, list, count, err);
}

/* Dependencies are decided in the next turn, when an image has come: so is this. */
static bool is_deferred_by_images(const struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (r->services[i].deferred)
            return true;
    return false;
}

/* It reaches the replicas of its own service by their names, too. */
static void link_own_service(struct reconcile *r, const char *service, struct strings *links)
{
    const char *prefix = arena_printf(r->arena, "%s%s", r->project->name, names_separator(r->project));
    const struct observed_container **list;
    size_t count = reconcile_containers_of(r->arena, r->observed, service, false, &list);

    for (size_t i = 0; i < count; i++) {
        const char *name = list[i]->name;

        strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", name, service));
        if (text_starts_with(name, prefix))
            strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", name, name + strlen(prefix)));
        strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", name, name));
    }
}

bool reconcile_one_off(struct reconcile *r, struct error *err)
{
    const struct reconcile_one_off *how = r->options->one_off;
    struct reconcile_service *service = reconcile_find_service(r, how->service);
    struct reconcile_slot slot = {.name = how->name};
    struct step **before = NULL, *step;
    const struct step_create *plain;
    struct step_create *create;
    size_t before_count = 0;

    if (!service || is_deferred_by_images(r))
        return true;
    service->hash = service->wanted->hash;
    if (!add_create(r, service, &slot, how->name, &step, err) ||
        !reconcile_prerequisites(r, service, &before, &before_count, err))
        return false;
    plain = step->create;
    create = arena_alloc(r->arena, sizeof(*create));
    *create = *plain;
    create->number = 0;
    create->one_off = true;
    create->slug = how->slug;
    create->attach_stdin = how->attach_stdin;
    create->auto_remove = how->auto_remove;
    create->no_service_aliases = how->no_service_aliases;
    if (model_of(service)->links.count > 0)
        link_own_service(r, how->service, &create->links);
    for (size_t i = 0; i < r->plan->count; i++)
        if (r->plan->steps[i]->create == plain)
            r->plan->steps[i]->create = create; /* also of its connections to further networks */
    plan_reason(r->plan, step, REASON_WANTED, "run");
    for (size_t i = 0; i < before_count; i++)
        plan_after(r->plan, step, before[i]);
    return true;
}
