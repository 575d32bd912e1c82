/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/wanted_names.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/text.h"

static struct wanted_service *find_named(struct wanted *wanted, const char *container_name)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = wanted->services[i].service->container_name;

        if (name && *name && strcmp(name, container_name) == 0)
            return &wanted->services[i];
    }
    return NULL;
}

static bool has_names(const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->services[i].service->container_name &&
            *wanted->services[i].service->container_name)
            return true;
    return false;
}

const char *wanted_predecessor(const struct wanted_service *service, size_t number)
{
    const struct spec_dependency_map *map = &service->service->depends_on;

    if (number < map->count)
        return map->items[number].key;
    number -= map->count;
    for (size_t i = 0; i < WANTED_NAMED_KINDS; i++) {
        if (number < service->named[i].count)
            return service->named[i].items[number];
        number -= service->named[i].count;
    }
    return NULL;
}

static bool names_service(const char *mode, const char *name)
{
    return mode && text_starts_with(mode, "service:") &&
           strcmp(mode + strlen("service:"), name) == 0;
}

bool wanted_joins_network(const struct wanted_service *service, const char *other)
{
    return names_service(service->service->network_mode, other) ||
           strings_contain(&service->named[WANTED_NAMED_NETWORK], other);
}

bool wanted_restarts_with(const struct wanted_service *service, const char *other)
{
    const struct spec_service *model = service->service;

    for (size_t i = 0; i < model->depends_on.count; i++)
        if (model->depends_on.items[i].value->restart &&
            strcmp(model->depends_on.items[i].key, other) == 0)
            return true;
    return wanted_joins_network(service, other) || names_service(model->ipc, other) ||
           names_service(model->pid, other) ||
           strings_contain(&service->named[WANTED_NAMED_SHARED], other);
}

/* Does `from` come after `to`, directly or through others? */
static bool reaches(const struct wanted *wanted, const char *from, const char *to)
{
    bool *seen = arena_array(wanted->arena, wanted->count, sizeof(*seen));
    uint32_t *queue = arena_array(wanted->arena, wanted->count, sizeof(*queue));
    size_t count = 0;
    uint32_t target = index_find(&wanted->index, to);

    queue[count++] = index_find(&wanted->index, from);
    seen[queue[0]] = true;
    for (size_t i = 0; i < count && !seen[target]; i++) {
        const char *name;

        for (size_t j = 0; (name = wanted_predecessor(&wanted->services[queue[i]], j)) != NULL;
             j++) {
            uint32_t at = index_find(&wanted->index, name);

            if (at == INDEX_NONE || seen[at])
                continue;
            seen[at] = true;
            queue[count++] = at;
        }
    }
    return seen[target];
}

static void add_reference(struct wanted *wanted, struct wanted_service *service,
                          struct strings *list, const char *container_name)
{
    const struct wanted_service *other = find_named(wanted, container_name);

    if (!other || other == service || strings_contain(list, other->service->name))
        return;
    if (!reaches(wanted, other->service->name, service->service->name))
        strings_add(list, wanted->arena, other->service->name);
}

/* NAME of "NAME" or "NAME:REST". */
static const char *before_colon(struct wanted *wanted, const char *text)
{
    return arena_strndup(wanted->arena, text, strcspn(text, ":"));
}

static void add_references(struct wanted *wanted, struct wanted_service *service)
{
    static const char prefix[] = "container:";
    const struct spec_service *model = service->service;
    const char *const modes[] = {model->network_mode, model->ipc, model->pid};
    static const enum wanted_named kinds[] = {WANTED_NAMED_NETWORK, WANTED_NAMED_SHARED,
                                              WANTED_NAMED_SHARED};

    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (modes[i] && text_starts_with(modes[i], prefix))
            add_reference(wanted, service, &service->named[kinds[i]], modes[i] + strlen(prefix));
    for (size_t i = 0; i < model->volumes_from.count; i++)
        if (text_starts_with(model->volumes_from.items[i], prefix))
            add_reference(wanted, service, &service->named[WANTED_NAMED_VOLUMES],
                          before_colon(wanted, model->volumes_from.items[i] + strlen(prefix)));
    for (size_t i = 0; i < model->external_links.count; i++)
        add_reference(wanted, service, &service->named[WANTED_NAMED_LINK],
                      before_colon(wanted, model->external_links.items[i]));
}

/* -- Order -- */

struct frame {
    uint32_t service;
    size_t next; /* predecessor to look at */
};

struct sort {
    const struct wanted *wanted;
    bool *entered;
    struct frame *stack; /* chains may be as long as the project */
    size_t depth;
    struct wanted_service *items;
    size_t count;
};

static void enter_service(struct sort *sort, uint32_t at)
{
    if (at == INDEX_NONE || sort->entered[at])
        return;
    sort->entered[at] = true;
    sort->stack[sort->depth++] = (struct frame){.service = at};
}

static void sort_from(struct sort *sort, uint32_t at)
{
    enter_service(sort, at);
    while (sort->depth > 0) {
        struct frame *top = &sort->stack[sort->depth - 1];
        const struct wanted_service *service = &sort->wanted->services[top->service];
        const char *name = wanted_predecessor(service, top->next++);

        if (name) {
            enter_service(sort, index_find(&sort->wanted->index, name));
            continue;
        }
        sort->items[sort->count++] = *service;
        sort->depth--;
    }
}

static void sort_services(struct wanted *wanted)
{
    struct sort sort = {.wanted = wanted};

    sort.entered = arena_array(wanted->arena, wanted->count, sizeof(*sort.entered));
    sort.stack = arena_array(wanted->arena, wanted->count, sizeof(*sort.stack));
    sort.items = arena_array(wanted->arena, wanted->count, sizeof(*sort.items));
    for (size_t i = 0; i < wanted->count; i++)
        sort_from(&sort, (uint32_t)i);
    wanted->services = sort.items;
    for (size_t i = 0; i < wanted->count; i++)
        index_put(&wanted->index, wanted->arena, wanted->services[i].service->name, i);
}

void wanted_names_resolve(struct wanted *wanted)
{
    bool found = false;

    if (!has_names(wanted))
        return;
    for (size_t i = 0; i < wanted->count; i++) {
        struct wanted_service *service = &wanted->services[i];

        add_references(wanted, service);
        for (size_t j = 0; j < WANTED_NAMED_KINDS; j++)
            found = found || service->named[j].count > 0;
    }
    if (found)
        sort_services(wanted);
}
