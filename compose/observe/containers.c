/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/containers.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

const char *containers_label(const struct engine_container_entry *entry, const char *label)
{
    const struct pair *found = pairs_find(&entry->labels, label);

    return found && found->value ? found->value : "";
}

const char *containers_name(const struct engine_container_entry *entry)
{
    return entry->names.count > 0 ? entry->names.items[0] : "";
}

int64_t containers_number(const struct engine_container_entry *entry)
{
    int64_t number;

    return number_parse_int64(containers_label(entry, LABEL_NUMBER), &number) ? number : 0;
}

static bool is_one_off(const struct engine_container_entry *entry)
{
    return strcmp(containers_label(entry, LABEL_ONEOFF), "True") == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(containers_name(a), containers_name(b));
}

void containers_query(struct text *query, struct arena *arena, const char *project, unsigned flags,
                      const struct strings *services)
{
    struct pairs filters = {0};

    pairs_add(&filters, arena, "label", arena_printf(arena, LABEL_PROJECT "=%s", project));
    if (!(flags & CONTAINERS_UNHASHED))
        pairs_add(&filters, arena, "label", LABEL_CONFIG_HASH);
    if (!(flags & CONTAINERS_ONEOFF))
        pairs_add(&filters, arena, "label", LABEL_ONEOFF "=False");
    if (services && services->count == 1)
        pairs_add(&filters, arena, "label",
                  arena_printf(arena, LABEL_SERVICE "=%s", services->items[0]));
    engine_query_bool(query, "all", flags & CONTAINERS_STOPPED);
    engine_query_filters(query, &filters);
}

bool containers_decode(struct arena *arena, struct span answer, const struct strings *services,
                       struct engine_container_list *ret_list, struct error *err)
{
    struct engine_container_list list;
    size_t kept = 0;

    if (!engine_container_list_decode(arena, answer, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!services || services->count == 0 ||
            strings_contain(services, containers_label(&list.items[i], LABEL_SERVICE)))
            list.items[kept++] = list.items[i];
    list.count = kept;
    if (kept > 0)
        qsort(list.items, kept, sizeof(*list.items), by_name);
    *ret_list = list;
    return true;
}

bool containers_list(struct session *session, struct arena *arena, const char *project,
                     unsigned flags, const struct strings *services,
                     struct engine_container_list *ret_list, struct error *err)
{
    struct span body;
    struct text query;
    bool good;

    text_init(&query, 0);
    containers_query(&query, arena, project, flags, services);
    good = session_fetch(session, arena, NULL, "/containers/json", query.bytes, &body, err) &&
           containers_decode(arena, body, services, ret_list, err);
    text_finish(&query);
    return good;
}

/* Is `a` the better choice? */
static bool is_better(const struct engine_container_entry *a,
                      const struct engine_container_entry *b)
{
    if (is_one_off(a) != is_one_off(b))
        return !is_one_off(a);
    return containers_number(a) < containers_number(b);
}

bool containers_pick(struct session *session, struct arena *arena, const char *project,
                     const char *service, int64_t index,
                     const struct engine_container_entry **ret_entry, struct error *err)
{
    struct strings services = {0};
    struct engine_container_list list;
    const struct engine_container_entry *best = NULL;

    strings_add(&services, arena, service);
    if (!containers_list(session, arena, project, CONTAINERS_ONEOFF, &services, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct engine_container_entry *entry = &list.items[i];

        if (index > 0 && containers_number(entry) != index)
            continue;
        if (!best || is_better(entry, best))
            best = entry;
    }
    if (best) {
        *ret_entry = best;
        return true;
    }
    if (index > 0)
        return error_set(err, ERROR_INPUT, "service \"%s\" is not running container #%lld", service,
                         (long long)index);
    return error_set(err, ERROR_INPUT, "service \"%s\" is not running", service);
}
