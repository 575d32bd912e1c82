/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which attributes made a container's configuration differ: the request that would be sent now is compared, row by row and
 * through the engine field that each row names, with what the engine says of the container. What the file does not
 * set is the image's or the engine's own, so a difference there counts only when it is neither.
 */
#include <inttypes.h>
#include <string.h>

#include "compose/reconcile/explain_internal.h"
#include "compose/reconcile/explain_value.h"
#include "engine_client/json_find.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/mask.h"
#include "spec/base/text.h"
#include "spec/node.h"

/* What an engine fills in when the request says nothing. A field may have several rows. */
static const struct {
    const char *engine, *text;
} engine_defaults[] = {
    {"H.ShmSize", "64m"},       {"C.StopSignal", "SIGTERM"},   {"H.Runtime", "runc"},
    {"C.WorkingDir", "/"},      {"H.MemorySwappiness", "-1"},  {"H.PidsLimit", "-1"},
    {"H.IpcMode", "private"},   {"H.IpcMode", "shareable"},    {"H.CgroupnsMode", "host"},
    {"H.Isolation", "default"}, {"H.CgroupnsMode", "private"}, {"H.LogConfig.Type", "json-file"},
    {"H.MemorySwap", "-1"},
};

/* Depends on how the engine is set up when the file is silent: believed if nothing else differs. */
static const char *const set_up[] = {
    "H.LogConfig.Type", "H.LogConfig.Config", "H.Runtime",    "H.IpcMode",  "H.CgroupnsMode",
    "H.ShmSize",        "H.SecurityOpt",      "H.MemorySwap", "C.Hostname",
};

/* Dropped by an engine whose kernel lacks it: believed last. */
static const char *const dropped[] = {
    "H.OomKillDisable",      "H.MemorySwappiness",    "H.MemorySwap",
    "H.MemoryReservation",   "H.CpuRealtimePeriod",   "H.CpuRealtimeRuntime",
    "H.BlkioWeight",         "H.BlkioWeightDevice",   "H.BlkioDeviceReadBps",
    "H.BlkioDeviceReadIOps", "H.BlkioDeviceWriteBps", "H.BlkioDeviceWriteIOps",
    "H.PidsLimit",           "H.CpusetCpus",          "H.NanoCpus",
    "H.CpuShares",
};

/* Told in another form, or part of another row. */
static const char *const left_out[] = {"H.Links",        "H.VolumesFrom",     "C.Labels", "C.Env",
                                       "C.ExposedPorts", "H.Binds, H.Mounts", "C.Image"};

static bool contains(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static const char *shown(const struct reconcile *r, const char *name, const char *value)
{
    if (!*value)
        return "(none)";
    return r->options->show_values ? value : mask_value(r->arena, name, value);
}

struct step_reason explain_difference(struct reconcile *r, const char *attribute, const char *name,
                                      const char *old_value, const char *new_value,
                                      const struct spec_node *node)
{
    const struct spec_origin *variable = spec_node_variable(node);
    struct step_reason what = {
        .attribute = attribute,
        .old_value = shown(r, name, old_value),
        .new_value = shown(r, name, new_value),
        .place = spec_node_place(node),
    };

    if (strcmp(what.old_value, what.new_value) == 0 && strcmp(old_value, new_value) != 0)
        what = (struct step_reason){.attribute = attribute, .masked = true, .place = what.place};
    if (variable) {
        what.variable = variable->detail;
        what.variable_place = variable->place;
    }
    return what;
}

static void report(struct explanation *e, const struct step_reason *what)
{
    struct step_reason *reason = plan_reason(e->r->plan, e->step, REASON_CHANGED, "changed");
    const char *text = reason->text;

    *reason = *what;
    reason->kind = REASON_CHANGED;
    reason->text = text;
    e->found++;
}

static void report_all(struct explanation *e, const struct explain_doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        report(e, &doubts->items[i]);
}

void explain_add(struct explanation *e, const char *attribute, const char *name,
                 const char *old_value, const char *new_value, const struct spec_node *node)
{
    struct step_reason what = explain_difference(e->r, attribute, name, old_value, new_value, node);

    report(e, &what);
}

static bool is_entry(const struct spec_node *item, const char *key)
{
    const char *text = spec_node_text(item);
    size_t length = strlen(key);

    return text && strncmp(text, key, length) == 0 && (text[length] == '=' || text[length] == '\0');
}

/* The last one wins. */
static const struct spec_node *find_entry(const struct spec_node *node, const char *key)
{
    const struct spec_node *found = spec_node_get(node, key);

    for (size_t i = 0; spec_node_is(node, SPEC_LIST) && i < node->list.count; i++)
        if (is_entry(node->list.items[i], key))
            found = node->list.items[i];
    return found;
}

/* What env_file and label_file gave is not in the tree. */
static const struct spec_node *read_entries(const struct explanation *e, const char *attribute)
{
    return strcmp(attribute, "environment") == 0 ? e->service->read_environment
           : strcmp(attribute, "labels") == 0    ? e->service->read_labels
                                                 : NULL;
}

const struct spec_node *explain_node(const struct explanation *e, const char *attribute,
                                     const char *key)
{
    const struct spec_node *node = spec_node_get(e->service->node, attribute);
    const struct spec_node *inner = key ? find_entry(node, key) : NULL;

    if (key && !inner)
        inner = spec_node_get(read_entries(e, attribute), key);
    return inner ? inner : node ? node : e->service->node;
}

const struct spec_node *explain_item(struct arena *arena, const struct spec_node *node,
                                     const char *old_value)
{
    for (size_t i = 0; spec_node_is(node, SPEC_LIST) && i < node->list.count; i++) {
        const char *text = spec_node_scalar_text(arena, node->list.items[i]);

        if (text && !strstr(old_value, text))
            return node->list.items[i];
    }
    return node;
}

/* -- One row -- */

struct row {
    const struct spec_field *field;
    const char *name; /* "deploy.resources.limits.memory" */
    const struct spec_node *node;
};

/* "C.Cmd" stands at Config.Cmd in an inspection and at Cmd in a request, "H.X" at HostConfig.X in both. */
static struct span in_request(const struct explanation *e, const char *engine)
{
    return engine_json_find(e->wanted, engine[0] == 'C'
                                           ? engine + 2
                                           : arena_printf(e->arena, "HostConfig.%s", engine + 2));
}

static struct span in_inspection(const struct explanation *e, const char *engine)
{
    return engine_json_find(
        e->have,
        arena_printf(e->arena, "%s.%s", engine[0] == 'C' ? "Config" : "HostConfig", engine + 2));
}

/* The image fills what the request leaves open, but its command not when there is another entrypoint. */
static struct span in_image(const struct explanation *e, const char *engine)
{
    if (engine[0] != 'C' || !e->image.bytes ||
        (strcmp(engine, "C.Cmd") == 0 && engine_json_find(e->wanted, "Entrypoint").bytes))
        return (struct span){0};
    return engine_json_find(e->image, arena_printf(e->arena, "Config.%s", engine + 2));
}

static bool is_engines_own(const struct explanation *e, const char *engine, const char *have)
{
    int64_t memory;

    for (size_t i = 0; i < COUNT_OF(engine_defaults); i++)
        if (strcmp(engine_defaults[i].engine, engine) == 0 &&
            strcmp(engine_defaults[i].text, have) == 0)
            return true;
    if (strcmp(engine, "C.Hostname") == 0)
        return strncmp(have, e->container->id, strlen(have)) == 0;
    if (strcmp(engine, "H.MemorySwap") == 0 &&
        engine_json_find_int64(e->have, "HostConfig.Memory", &memory)) {
        int64_t swap;

        return engine_json_find_int64(e->have, "HostConfig.MemorySwap", &swap) &&
               swap == 2 * memory;
    }
    /* Without the image nobody can tell whose it was. */
    return engine[0] == 'C' && !e->image.bytes;
}

static void add_doubtful(struct explanation *e, struct explain_doubts *doubts,
                         const struct row *row, const char *old_value, const char *new_value)
{
    doubts->items = arena_grow(e->arena, doubts->items, &doubts->capacity, doubts->count + 1,
                               sizeof(*doubts->items));
    doubts->items[doubts->count++] =
        explain_difference(e->r, row->name, row->name, old_value, new_value, row->node);
}

/* The id of another service's container takes the place of its name: a reason of its own. */
static bool is_reference(const char *text)
{
    return text_starts_with(text, "service:") || text_starts_with(text, "container:");
}

/*
 * A network mode that is the name of a joined network, or a host name that is the container's id, was not written in a
 * file: it followed from something else.
 */
static const char *as_the_file_has_it(const struct explanation *e, const char *engine,
                                      const char *have)
{
    if (strcmp(engine, "C.Hostname") == 0)
        return strncmp(have, e->container->id, strlen(have)) == 0 ? "" : have;
    if (strcmp(engine, "H.NetworkMode") != 0)
        return have;
    for (size_t i = 0; i < e->container->details->network_count; i++)
        if (strcmp(e->container->details->networks[i].name, have) == 0 &&
            strcmp(have, "host") != 0 && strcmp(have, "none") != 0)
            return "";
    return have;
}

static void compare_texts(struct explanation *e, const struct row *row, const char *wanted,
                          const char *have)
{
    const char *engine = row->field->engine;
    const char *given;

    /* Networks of the project are reported as such. */
    if (strcmp(engine, "H.NetworkMode") == 0 &&
        !(e->service->network_mode && *e->service->network_mode))
        wanted = "";
    given = *wanted ? wanted : explain_written(e->arena, row->field, in_image(e, engine));

    have = as_the_file_has_it(e, engine, have);
    if (strcmp(given, have) == 0 || is_reference(given) ||
        (!*wanted && is_engines_own(e, engine, have)))
        return;
    if (!*wanted && contains(set_up, COUNT_OF(set_up), engine))
        add_doubtful(e, &e->set_up, row, have, wanted);
    else if (!*have && contains(dropped, COUNT_OF(dropped), engine))
        add_doubtful(e, &e->dropped, row, have, wanted);
    else
        explain_add(e, row->name, row->name, have, wanted, explain_item(e->arena, row->node, have));
}

static const struct engine_json_member *find_member(const struct engine_json_member *members,
                                                    size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].key, key) == 0)
            return &members[i];
    return NULL;
}

static const struct spec_node *entry_or(const struct spec_node *node, const char *key)
{
    const struct spec_node *entry = find_entry(node, key);

    return entry ? entry : node;
}

/* Key by key: what is there in one of the two only, or differs. */
static void compare_maps(struct explanation *e, const struct row *row)
{
    struct engine_json_member *wanted = NULL, *have = NULL;
    size_t wanted_count = engine_json_members(e->arena, in_request(e, row->field->engine), &wanted);
    size_t have_count = engine_json_members(e->arena, in_inspection(e, row->field->engine), &have);
    const char *top = strrchr(row->name, '.') ? NULL : row->name;

    for (size_t i = 0; i < wanted_count; i++) {
        const struct engine_json_member *other = find_member(have, have_count, wanted[i].key);
        const char *new_value = engine_json_text(e->arena, wanted[i].value);
        const char *old_value = other ? engine_json_text(e->arena, other->value) : "";

        if (!other || strcmp(old_value, new_value) != 0)
            explain_add(e, arena_printf(e->arena, "%s.%s", row->name, wanted[i].key), wanted[i].key,
                        old_value, *new_value ? new_value : "\"\"",
                        top ? explain_node(e, top, wanted[i].key)
                            : entry_or(row->node, wanted[i].key));
    }
    for (size_t i = 0; i < have_count; i++)
        if (!find_member(wanted, wanted_count, have[i].key)) {
            const char *old_value = engine_json_text(e->arena, have[i].value);

            explain_add(e, arena_printf(e->arena, "%s.%s", row->name, have[i].key), have[i].key,
                        *old_value ? old_value : "\"\"", "", row->node);
        }
}

static void compare_row(struct explanation *e, const struct row *row)
{
    const struct spec_field *field = row->field;

    if ((field->kind == SPEC_KIND_MAPPING || field->kind == SPEC_KIND_OPTIONS) &&
        !contains(set_up, COUNT_OF(set_up), field->engine))
        compare_maps(e, row);
    else
        compare_texts(e, row, explain_written(e->arena, field, in_request(e, field->engine)),
                      explain_written(e->arena, field, in_inspection(e, field->engine)));
}

/* -- All rows -- */

static bool is_compared(const struct spec_field *field)
{
    return field->engine && (field->engine[0] == 'C' || field->engine[0] == 'H') &&
           field->engine[1] == '.' && !contains(left_out, COUNT_OF(left_out), field->engine);
}

/* The same engine field, or one inside the other, may be set by several attributes. */
static bool is_done(const struct explanation *e, const char *engine)
{
    for (size_t i = 0; i < e->done.count; i++) {
        size_t length = strlen(e->done.items[i]), other = strlen(engine);
        size_t shorter = length < other ? length : other;
        const char *longer = length < other ? engine : e->done.items[i];

        if (strncmp(e->done.items[i], engine, shorter) == 0 &&
            (longer[shorter] == '\0' || longer[shorter] == '.'))
            return true;
    }
    return false;
}

static bool has_inner_rows(const struct spec_field *field)
{
    for (size_t i = 0; field->kind == SPEC_KIND_STRUCT && i < field->sub->count; i++)
        if (is_compared(&field->sub->fields[i]))
            return true;
    return false;
}

static const char *joined(struct arena *arena, const char *prefix, const char *name)
{
    return prefix ? arena_printf(arena, "%s.%s", prefix, name) : name;
}

static void compare_type(struct explanation *e, const struct spec_type *type, const char *prefix,
                         const struct spec_node *node, bool present);

static void compare_inner(struct explanation *e, const struct spec_type *type, const char *prefix,
                          const struct spec_node *node, bool present)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const struct spec_node *child = node ? spec_node_get(node, field->name) : NULL;

        if (field->kind == SPEC_KIND_STRUCT && (child || !present))
            compare_type(e, field->sub, joined(e->arena, prefix, field->name), child, present);
    }
}

/*
 * Called for what the file sets, then for the rest: what it does not set any more. `node` is NULL where the file has
 * nothing. Of several attributes for one field the plain one comes first.
 */
static void compare_type(struct explanation *e, const struct spec_type *type, const char *prefix,
                         const struct spec_node *node, bool present)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const struct spec_node *child = node ? spec_node_get(node, field->name) : NULL;
        struct row row = {.field = field, .name = joined(e->arena, prefix, field->name)};

        if (present && !child)
            continue;
        if (!is_compared(field) || has_inner_rows(field) || is_done(e, field->engine))
            continue;
        row.node = child ? child : e->service->node;
        strings_add(&e->done, e->arena, field->engine);
        compare_row(e, &row);
    }
    compare_inner(e, type, prefix, node, present);
}

static void compare_image(struct explanation *e)
{
    const char *wanted = engine_json_text(e->arena, engine_json_find(e->wanted, "Image"));
    const char *have = engine_json_text(e->arena, engine_json_find(e->have, "Config.Image"));

    if (strcmp(wanted, have) != 0)
        explain_add(e, "image", "image", have, wanted, explain_node(e, "image", NULL));
}

/* The contents of configs and secrets, when the configuration differs as well. */
static void compare_contents(struct explanation *e, const struct reconcile_service *service)
{
    struct step_reason changed;

    if (reconcile_fits_content(e->r, service, e->container, &changed))
        return;
    *plan_reason(e->r->plan, e->step, changed.kind, "%s", changed.text) = changed;
    e->found++;
}

static void compare(struct explanation *e, const struct reconcile_service *service)
{
    compare_image(e);
    compare_type(e, &spec_type_service, NULL, e->service->node, true);
    compare_type(e, &spec_type_service, NULL, e->service->node, false);
    explain_name(e, service);
    explain_environment(e);
    explain_labels(e);
    explain_mounts(e);
    explain_exposed(e);
    explain_networks(e);
    compare_contents(e, service);
    if (e->found == 0)
        report_all(e, &e->set_up);
    if (e->found == 0)
        report_all(e, &e->dropped);
    if (e->found == 0)
        explain_unstored(e, service);
}

bool reconcile_is_known(struct reconcile *r, const struct observed_container *container,
                        struct span *ret_image)
{
    if (!container->details) {
        plan_need(r->plan, NEED_CONTAINER, container->id, NULL);
        return false;
    }
    if (!observed_image_details(r->observed, container->details->image_id, ret_image)) {
        plan_need(r->plan, NEED_IMAGE_DETAILS, container->details->image_id, NULL);
        return false;
    }
    return true;
}

void reconcile_explain(struct reconcile *r, const struct reconcile_service *service,
                       const struct observed_container *container, struct step *step)
{
    struct explanation e = {.r = r,
                            .step = step,
                            .arena = r->arena,
                            .service = reconcile_provided(r, service, container),
                            .container = container};
    struct warnings ignored = {.arena = r->arena};
    struct translate_container in = {
        .project = r->project,
        .service = e.service,
        .api_minor = r->observed->api_minor,
        .name = container->name,
        .number = container->number,
    };
    struct error failure;
    struct text body;

    if (!r->options->explain || !reconcile_is_known(r, container, &e.image))
        return;
    error_init(&failure);
    text_init(&body, 0);
    if (translate_container_body(&body, &in, &ignored, &failure)) {
        e.wanted = text_span(&body);
        e.have = container->details->raw;
        compare(&e, service);
    }
    text_finish(&body);
    error_finish(&failure);
}
