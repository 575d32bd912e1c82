/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a container: what it refers to and what must be there first; the one container of `run`.
 * Source: Docker Compose 5.5.0, `up`.
 */
#include <inttypes.h>
#include <string.h>

#include "compose/observe/names.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/node.h"

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

bool reconcile_references(struct reconcile *r, struct reconcile_service *service,
                          struct step_reference **ret_references, size_t *ret_count,
                          struct pairs *ret_known, struct error *err)
{
    struct strings names = wanted_references(r->arena, reconcile_model(service));
    struct step_reference *references = arena_array(r->arena, names.count, sizeof(*references));

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
        if (!references[i].container.known && !references[i].container.from)
            return error_set_at(err, ERROR_INPUT, spec_node_place(reconcile_model(service)->node),
                                "cannot %s service %s: container missing",
                                sharing(reconcile_model(service), names.items[i]), names.items[i]);
        if (references[i].container.known)
            pairs_add(ret_known, r->arena, names.items[i], references[i].container.known);
    }
    *ret_references = references;
    *ret_count = names.count;
    return true;
}

/* -- Links -- */

/* The containers of a linked service: those it will have, or those that are there when the plan leaves it alone. */
static struct strings linked_containers(struct reconcile *r, const char *name, struct step *create)
{
    struct reconcile_service *other = reconcile_find_service(r, name);
    const struct observed_container **list;
    struct strings names = {0};
    size_t count;

    if (other) {
        for (size_t i = 0; i < other->slot_count; i++) {
            strings_add(&names, r->arena, other->slots[i].name);
            plan_after(r->plan, create, other->slots[i].ready);
        }
        return names;
    }
    count = reconcile_containers_of(r->arena, r->observed, name, false, &list);
    for (size_t i = 0; i < count; i++)
        strings_add(&names, r->arena, list[i]->name);
    return names;
}

void reconcile_links(struct reconcile *r, struct reconcile_service *service, int64_t number,
                     struct step *step, struct strings *links)
{
    const struct spec_service *model = reconcile_model(service);
    const char *separator = names_separator(r->project);

    for (size_t i = 0; i < model->links.count; i++) {
        const char *text = model->links.items[i], *colon = strchr(text, ':');
        const char *name = colon ? arena_strndup(r->arena, text, (size_t)(colon - text)) : text;
        const char *alias = colon ? colon + 1 : text;
        struct strings containers = linked_containers(r, name, step);

        for (size_t j = 0; j < containers.count; j++) {
            const char *container = containers.items[j];

            strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", container, alias));
            strings_add(
                links, r->arena,
                arena_printf(r->arena, "%s:%s%s%" PRId64, container, name, separator, number));
            strings_add(links, r->arena,
                        arena_printf(r->arena, "%s:%s%s%s%s%" PRId64, container, r->project->name,
                                     separator, name, separator, number));
        }
    }
    for (size_t i = 0; i < model->external_links.count; i++) {
        const char *text = model->external_links.items[i], *colon = strchr(text, ':');
        const char *name = colon ? arena_strndup(r->arena, text, (size_t)(colon - text)) : text;
        bool aliased =
            colon && !strchr(colon + 1, ':'); /* of three parts the reference takes the first */

        strings_add(links, r->arena, aliased ? text : arena_printf(r->arena, "%s:%s", name, name));
    }
}

/* -- Create -- */

static void after_resources(struct reconcile *r, struct step *step,
                            const struct spec_service *model)
{
    for (size_t i = 0; i < r->network_count; i++)
        for (size_t j = 0; j < model->networks.count; j++)
            if (strcmp(model->networks.items[j].key, r->networks[i].key) == 0)
                plan_after(r->plan, step, r->networks[i].ready);
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_volume *volume =
            mount->source ? reconcile_find_volume(r, mount->source) : NULL;
        struct reconcile_image *image =
            mount->source ? reconcile_find_image(r, mount->source, "") : NULL;

        if (volume)
            plan_after(r->plan, step, volume->ready);
        else if (image && mount->type && strcmp(mount->type, "image") == 0)
            plan_after(r->plan, step, image->made);
    }
}

/* Older engines take one network at creation; the others are joined before the start. */
static struct step *connect_others(struct reconcile *r, const struct spec_service *model,
                                   struct step *create)
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
        connect->container_name = create->create->final_name;
        plan_after(r->plan, connect, last);
        plan_after(r->plan, connect, network->ready);
        last = connect;
    }
    return last;
}

/* The engine resolves `container:NAME` now: the name must be that of the container that will keep it. */
static void after_named(struct reconcile *r, const struct reconcile_service *service,
                        struct step *create)
{
    for (size_t kind = 0; kind < WANTED_NAMED_KINDS; kind++)
        for (size_t i = 0; i < service->wanted->named[kind].count; i++) {
            const struct reconcile_service *other =
                reconcile_find_service(r, service->wanted->named[kind].items[i]);

            for (size_t j = 0; other && j < other->slot_count; j++)
                plan_after(r->plan, create, other->slots[j].ready);
        }
}

bool reconcile_add_create(struct reconcile *r, struct reconcile_service *service,
                          struct reconcile_slot *slot, const char *created_name,
                          struct step **ret_create, struct error *err)
{
    const struct spec_service *model = reconcile_model(service);
    struct step_create *create = arena_alloc(r->arena, sizeof(*create));
    struct step *step = plan_add(r->plan, STEP_CONTAINER_CREATE,
                                 reconcile_container_id_line(r->arena, created_name));
    struct pairs known = {0};

    create->number = slot->number;
    create->final_name = slot->name;
    create->image_digest = service->image->digest;
    create->mounted_images = reconcile_mounted_images(r, model, &create->mounted_image_count, NULL);
    create->content = reconcile_content_label(r, service);
    /* One that is only created gets its files when it is started. */
    if (r->options->start || r->options->one_off || slot->container)
        reconcile_refuse_missing(r, service, step);
    step->service = model;
    step->platform = service->wanted->platform;
    step->name = created_name;
    step->create = create;
    step->hash = service->hash;
    if (!reconcile_references(r, service, &create->references, &create->reference_count, &known,
                              err))
        return false;
    for (size_t i = 0; i < create->reference_count; i++) {
        struct reconcile_service *other = reconcile_find_service(r, create->references[i].service);

        for (size_t j = 0; other && j < other->slot_count; j++)
            plan_after(r->plan, step, other->slots[j].ready);
    }
    after_named(r, service, step);
    reconcile_links(r, service, slot->number, step, &create->links);
    after_resources(r, step, model);
    plan_after(r->plan, step, service->image->made);
    slot->id = (struct step_value){.from = step};
    slot->ready = connect_others(r, model, step);
    slot->container = NULL;
    *ret_create = step;
    return true;
}

/* -- The container of `run` -- */

/* It reaches the replicas of its own service by their names, too. */
static void link_own_service(struct reconcile *r, const char *service, struct strings *links)
{
    const char *prefix =
        arena_printf(r->arena, "%s%s", r->project->name, names_separator(r->project));
    const struct observed_container **list;
    size_t count = reconcile_containers_of(r->arena, r->observed, service, false, &list);

    for (size_t i = 0; i < count; i++) {
        const char *name = list[i]->name;

        strings_add(links, r->arena, arena_printf(r->arena, "%s:%s", name, service));
        if (text_starts_with(name, prefix))
            strings_add(links, r->arena,
                        arena_printf(r->arena, "%s:%s", name, name + strlen(prefix)));
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

    if (!service)
        return true;
    service->hash = service->wanted->hash;
    if (!reconcile_add_create(r, service, &slot, how->name, &step, err) ||
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
    if (reconcile_model(service)->links.count > 0)
        link_own_service(r, how->service, &create->links);
    for (size_t i = 0; i < r->plan->count; i++)
        if (r->plan->steps[i]->create == plain)
            r->plan->steps[i]->create = create; /* also of its connections to further networks */
    plan_reason(r->plan, step, REASON_WANTED, "run");
    for (size_t i = 0; i < before_count; i++)
        plan_after(r->plan, step, before[i]);
    return true;
}
