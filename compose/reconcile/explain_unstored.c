/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes that are hashed but not stored in the engine. That one was added is known: without it the hash is the
 * container's. What an attribute was before, or that one was removed, cannot be known.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/explain_internal.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/hash.h"
#include "spec/node.h"

/* Members follow one another in the order of their rows; `name` comes after the last of them. */
static size_t member_size(const struct spec_type *type, size_t at)
{
    size_t end =
        at + 1 < type->count ? type->fields[at + 1].offset : offsetof(struct spec_service, name);

    return end - type->fields[at].offset;
}

static bool has_engine_field(const struct spec_field *field)
{
    if (field->engine)
        return true;
    for (size_t i = 0; field->kind == SPEC_KIND_STRUCT && i < field->sub->count; i++)
        if (has_engine_field(&field->sub->fields[i]))
            return true;
    return false;
}

static bool explains_hash(struct explanation *e, const struct reconcile_service *service, size_t at)
{
    const struct spec_type *type = &spec_type_service;
    const char *label = labels_get(&e->container->entry->labels, LABEL_CONFIG_HASH);
    struct spec_service *copy = spec_service_copy(
        e->arena, wanted_resolve(e->arena, service->wanted->service, &service->references));

    memset((char *)copy + type->fields[at].offset, 0, member_size(type, at));
    return strcmp(spec_service_hash(e->arena, copy, SPEC_HASH_5), label) == 0 ||
           strcmp(spec_service_hash(e->arena, copy, SPEC_HASH_2), label) == 0;
}

void explain_unstored(struct explanation *e, const struct reconcile_service *service)
{
    const struct spec_type *type = &spec_type_service;
    struct strings candidates = {0};

    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const struct spec_node *node = spec_node_get(e->service->node, field->name);
        struct step_reason *reason;

        if (!node || (field->flags & (NOT_HASHED | TREE_ONLY)))
            continue;
        if (explains_hash(e, service, i)) {
            reason = plan_reason(e->r->plan, e->step, REASON_CHANGED, "added");
            reason->attribute = field->name;
            reason->place = spec_node_place(node);
            return;
        }
        if (!has_engine_field(field) || field->kind == SPEC_KIND_STRUCT)
            strings_add(&candidates, e->arena, field->name);
    }
    (void)plan_reason(
        e->r->plan, e->step, REASON_CHANGED,
        candidates.count > 0
            ? "an attribute differs that the engine does not store (one of %s, or one "
              "that was removed)"
            : "an attribute was removed that the engine does not store",
        strings_join(&candidates, e->arena, ", "));
}
