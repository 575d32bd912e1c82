/* SPDX-License-Identifier: Apache-2.0 */
/* Which attributes of a network or volume differ from what the engine has: by the rows, like those of a service. */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/explain_internal.h"
#include "compose/reconcile/explain_value.h"
#include "engine_client/instant.h"
#include "engine_client/json_find.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/node.h"

struct comparison {
    struct reconcile *r;
    struct step *step;
    struct span wanted, have; /* body of the create request, inspection */
};

static const char *joined(struct arena *arena, const char *prefix, const char *name)
{
    return prefix ? arena_printf(arena, "%s.%s", prefix, name) : name;
}

static void tell(struct comparison *c, const char *attribute, const char *old_value,
                 const char *new_value, const struct spec_node *node)
{
    struct step_reason *reason = plan_reason(c->r->plan, c->step, REASON_CHANGED, "changed");
    struct step_reason what =
        explain_difference(c->r, attribute, attribute, old_value, new_value, node);
    const char *text = reason->text;

    *reason = what;
    reason->kind = REASON_CHANGED;
    reason->text = text;
}

static bool is_ours(const char *key)
{
    return text_starts_with(key, LABEL_PREFIX) || text_starts_with(key, LABEL_OWN_PREFIX);
}

static void compare_map(struct comparison *c, const char *name, struct span wanted,
                        struct span have, const struct spec_node *node)
{
    struct arena *arena = c->r->arena;
    struct engine_json_member *members = NULL;
    size_t count = engine_json_members(arena, wanted, &members);

    for (size_t i = 0; i < count; i++) {
        const char *const path[] = {members[i].key};
        const struct spec_node *inner = spec_node_get(node, members[i].key);
        const char *new_value = engine_json_text(arena, members[i].value);
        const char *old_value = engine_json_text(arena, engine_json_find_segments(have, path, 1));

        if (!is_ours(members[i].key) && strcmp(new_value, old_value) != 0)
            tell(c, joined(arena, name, members[i].key), old_value, new_value,
                 inner ? inner : node);
    }
    count = engine_json_members(arena, have, &members);
    for (size_t i = 0; i < count; i++) {
        const char *const path[] = {members[i].key};

        if (!is_ours(members[i].key) && !engine_json_find_segments(wanted, path, 1).bytes)
            tell(c, joined(arena, name, members[i].key), engine_json_text(arena, members[i].value),
                 "", node);
    }
}

/* What an engine takes when nothing is asked for. */
static bool is_default(const char *have)
{
    return strcmp(have, "bridge") == 0 || strcmp(have, "local") == 0 ||
           strcmp(have, "default") == 0;
}

/* Pool by pool: what is asked for is there; the engine adds a gateway. */
static bool pools_fit(struct arena *arena, struct span wanted, struct span have)
{
    struct engine_json_member *pools = NULL, *other = NULL, *members = NULL;
    size_t count = engine_json_members(arena, wanted, &pools);

    if (count == 0 || engine_json_members(arena, have, &other) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t member_count = engine_json_members(arena, pools[i].value, &members);

        for (size_t j = 0; j < member_count; j++) {
            const char *const path[] = {members[j].key};
            struct span there = engine_json_find_segments(other[i].value, path, 1);

            if (strcmp(explain_canonical(arena, members[j].value),
                       explain_canonical(arena, there)) != 0)
                return false;
        }
    }
    return true;
}

static void compare_type(struct comparison *c, const struct spec_type *type, const char *prefix,
                         const struct spec_node *parent)
{
    struct arena *arena = c->r->arena;

    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const struct spec_node *child = spec_node_get(parent, field->name),
                               *node = child ? child : parent;
        const char *name = joined(arena, prefix, field->name), *new_value, *old_value,
                   *path = field->engine;
        struct span wanted, have;

        if (field->kind == SPEC_KIND_STRUCT)
            compare_type(c, field->sub, name, node);
        if (!path || field->kind == SPEC_KIND_STRUCT || strstr(path, "[]") ||
            strcmp(path, "Name") == 0)
            continue;
        wanted = engine_json_find(c->wanted, path);
        have = engine_json_find(c->have, strcmp(path, "DriverOpts") == 0 ? "Options" : path);
        if (field->kind == SPEC_KIND_MAPPING || field->kind == SPEC_KIND_OPTIONS) {
            compare_map(c, name, wanted, have, node);
            continue;
        }
        new_value = explain_canonical(arena, wanted);
        old_value = explain_canonical(arena, have);
        /* Pools that nobody asked for are the engine's choice. */
        if (strcmp(new_value, old_value) != 0 &&
            !(strcmp(path, "IPAM.Config") == 0 && pools_fit(arena, wanted, have)) &&
            (*new_value || (!is_default(old_value) && strcmp(path, "IPAM.Config") != 0 &&
                            strcmp(path, "EnableIPv4") != 0)))
            tell(c, name, old_value, new_value, node);
    }
}

void reconcile_explain_network(struct reconcile *r, const struct reconcile_network *entry,
                               const struct engine_network *have, const char *hash,
                               struct step *step)
{
    struct comparison c = {.r = r, .step = step, .have = have->raw};
    struct error ignored;
    struct text body;

    if (!r->options->explain)
        return;
    text_init(&body, 0);
    error_init(&ignored);
    if (translate_network_body(&body, r->project, entry->key, entry->network, hash,
                               r->observed->api_minor, &ignored)) {
        c.wanted = text_span(&body);
        compare_type(&c, &spec_type_network, NULL, entry->network->node);
    }
    error_finish(&ignored);
    text_finish(&body);
}

void reconcile_explain_volume(struct reconcile *r, const struct reconcile_volume *entry,
                              const struct engine_volume *have, const char *hash, struct step *step)
{
    struct comparison c = {.r = r, .step = step, .have = have->raw};
    struct text body;

    if (!r->options->explain)
        return;
    text_init(&body, 0);
    translate_volume_body(&body, r->project, entry->key, entry->volume, hash);
    c.wanted = text_span(&body);
    compare_type(&c, &spec_type_volume, NULL, entry->volume->node);
    text_finish(&body);
}

/* The later one: a build whose layers are all cached makes no new image, but tags it again. */
static int64_t built_ns(struct span image)
{
    static const char *const paths[] = {"Created", "Metadata.LastTagTime"};
    struct arena *scratch = arena_create();
    int64_t latest = 0;

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *text = engine_json_text(scratch, engine_json_find(image, paths[i]));
        int64_t ns;

        if (*text && instant_parse(text, &ns) && ns > latest)
            latest = ns;
    }
    arena_destroy(scratch);
    return latest;
}

void reconcile_note_built(struct reconcile *r)
{
    struct plan *plan = r->plan;

    for (size_t i = 0; r->options->explain && i < r->service_count; i++) {
        const struct reconcile_image *image = r->services[i].image;
        struct span details;
        int64_t ns;

        if (!r->services[i].wanted->service->build || !image || !image->there || image->made)
            continue;
        if (!observed_image_details(r->observed, image->there->id, &details)) {
            plan_need(plan, NEED_IMAGE_DETAILS, image->there->id, NULL);
            continue;
        }
        ns = details.bytes ? built_ns(details) : 0;
        if (ns == 0)
            continue;
        plan->built = arena_grow(plan->arena, plan->built, &plan->built_capacity,
                                 plan->built_count + 1, sizeof(*plan->built));
        plan->built[plan->built_count++] =
            (struct plan_built){.service = r->services[i].wanted->service, .since_ns = ns};
    }
}
