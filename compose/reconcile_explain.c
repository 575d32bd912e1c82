/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which attribute made a container's configuration differ: what would be created now is compared, attribute by attribute
 * and through the engine field that its row names, with what the engine says of the container.
 */
#include <ctype.h>
#include <string.h>

#include "compose/reconcile_internal.h"
#include "engine_client/json_find.h"
#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/node.h"

struct comparison {
    struct reconcile *r;
    struct step *step;
    const struct spec_service *service;
    struct span wanted; /* body of the create request */
    struct span have;   /* answer of inspect */
    size_t found;
};

/* PASSWORD, TOKEN, SECRET, or KEY as one word of several. */
static bool looks_secret(const char *name)
{
    static const char *const words[] = {"PASSWORD", "TOKEN", "SECRET", "KEY"};

    for (const char *at = name; *at;) {
        size_t length = 0;

        while (isalnum((unsigned char)at[length]))
            length++;
        for (size_t i = 0; length > 0 && i < COUNT_OF(words); i++)
            if (strlen(words[i]) == length && strncasecmp(at, words[i], length) == 0 &&
                (strcmp(words[i], "KEY") != 0 || length < strlen(name)))
                return true;
        at += length;
        if (*at)
            at++;
    }
    return false;
}

static void add(struct comparison *c, const char *attribute, const char *name, const char *old_value,
                const char *new_value, struct place place)
{
    bool masked = looks_secret(name) && !c->r->options->show_values;
    struct step_reason *reason = plan_reason(c->r->plan, c->step, REASON_CHANGED, "changed");

    reason->attribute = attribute;
    reason->place = place;
    if (masked) {
        reason->new_value = "(changed)";
        reason->old_value = "(changed)";
    } else {
        reason->old_value = old_value;
        reason->new_value = new_value;
    }
    c->found++;
}

/* "C.Cmd" stands at Config.Cmd in an inspection and at Cmd in a request, "H.X" at HostConfig.X in both. */
static bool paths_of(struct arena *arena, const char *engine, const char **ret_wanted, const char **ret_have)
{
    size_t length = strcspn(engine, ",");
    const char *rest;

    if (length < 3 || engine[1] != '.' || (engine[0] != 'C' && engine[0] != 'H'))
        return false;
    rest = arena_strndup(arena, engine + 2, length - 2);
    *ret_have = arena_printf(arena, "%s.%s", engine[0] == 'C' ? "Config" : "HostConfig", rest);
    *ret_wanted = engine[0] == 'C' ? rest : *ret_have;
    return true;
}

/* What an absent member, null, zero and empty things have in common. */
static const char *value_text(struct arena *arena, struct span value)
{
    static const char *const nothing[] = {"null", "0", "false", "[]", "{}", "\"\""};

    if (!value.bytes)
        return "";
    for (size_t i = 0; i < COUNT_OF(nothing); i++)
        if (span_equals(value, nothing[i]))
            return "";
    return engine_json_text(arena, value);
}

static struct place place_of(const struct comparison *c, const char *attribute, const char *key)
{
    const struct spec_node *node = spec_node_get(c->service->node, attribute);
    const struct spec_node *inner = key ? spec_node_get(node, key) : NULL;

    return spec_node_place(inner ? inner : node ? node : c->service->node);
}

static void compare_value(struct comparison *c, const struct spec_field *field)
{
    const char *wanted_path, *have_path, *wanted, *have;

    if (!paths_of(c->r->arena, field->engine, &wanted_path, &have_path))
        return;
    wanted = value_text(c->r->arena, engine_json_find(c->wanted, wanted_path));
    have = value_text(c->r->arena, engine_json_find(c->have, have_path));
    /* What the file leaves to the image or to the engine is no change. */
    if (strcmp(wanted, have) == 0 || !spec_node_get(c->service->node, field->name))
        return;
    add(c, field->name, field->name, *have ? have : "(none)", *wanted ? wanted : "(none)",
        place_of(c, field->name, NULL));
}

static void compare_map(struct comparison *c, const struct spec_field *field, const struct pairs *map)
{
    const char *group = field->engine[0] == 'C' ? "Config" : "HostConfig";

    for (size_t i = 0; i < map->count; i++) {
        const char *const path[] = {group, field->engine + 2, map->items[i].key};
        const char *have = value_text(c->r->arena, engine_json_find_segments(c->have, path, COUNT_OF(path)));
        const char *wanted = map->items[i].value ? map->items[i].value : "";

        if (strcmp(have, wanted) != 0)
            add(c, arena_printf(c->r->arena, "%s.%s", field->name, map->items[i].key), map->items[i].key,
                *have ? have : "(none)", wanted, place_of(c, field->name, map->items[i].key));
    }
}

static const char *variable(const struct strings *env, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < env->count; i++)
        if (strncmp(env->items[i], name, length) == 0 && env->items[i][length] == '=')
            return env->items[i] + length + 1;
    return NULL;
}

static void compare_environment(struct comparison *c, const struct observed_container *container)
{
    const struct pairs *map = &c->service->environment;

    for (size_t i = 0; i < map->count; i++) {
        const char *have = variable(&container->details->env, map->items[i].key);
        const char *wanted = map->items[i].value;

        if (!wanted ? have != NULL : !have || strcmp(have, wanted) != 0)
            add(c, arena_printf(c->r->arena, "environment.%s", map->items[i].key), map->items[i].key,
                have ? have : "(none)", wanted ? wanted : "(none)",
                place_of(c, "environment", map->items[i].key));
    }
}

/* Only where the engine keeps the value as it was sent: texts, numbers and lists of texts. */
static bool is_plain(enum spec_kind kind)
{
    return kind == SPEC_KIND_STRING || kind == SPEC_KIND_BOOL || kind == SPEC_KIND_OPT_BOOL ||
           kind == SPEC_KIND_INT || kind == SPEC_KIND_BYTES || kind == SPEC_KIND_OPT_INT ||
           kind == SPEC_KIND_OPT_DURATION || kind == SPEC_KIND_FLOAT32 || kind == SPEC_KIND_STRINGS ||
           kind == SPEC_KIND_COMMAND;
}

static void compare_fields(struct comparison *c, const struct observed_container *container)
{
    for (size_t i = 0; i < spec_type_service.count; i++) {
        const struct spec_field *field = &spec_type_service.fields[i];
        const char *member = (const char *)c->service + field->offset;

        if (!field->engine)
            continue;
        if (field->kind == SPEC_KIND_ENVIRONMENT)
            compare_environment(c, container);
        else if (field->kind == SPEC_KIND_MAPPING || field->kind == SPEC_KIND_OPTIONS)
            compare_map(c, field, (const struct pairs *)(const void *)member);
        else if ((is_plain(field->kind) || strcmp(field->name, "ports") == 0 || strcmp(field->name, "volumes") == 0) && strcmp(field->name, "mac_address") != 0 &&
                 strcmp(field->name, "network_mode") != 0)
            compare_value(c, field);
    }
    if (c->found > 0)
        return;
    /* Structured ones may be told back in another form: asked only when nothing else explains the change. */
    for (size_t i = 0; i < spec_type_service.count; i++) {
        const struct spec_field *field = &spec_type_service.fields[i];

        if (field->engine && !is_plain(field->kind) && spec_node_get(c->service->node, field->name) &&
            (field->kind == SPEC_KIND_STRUCT || field->kind == SPEC_KIND_LIST || field->kind == SPEC_KIND_MAP))
            compare_value(c, field);
    }
}

void reconcile_explain(struct reconcile *r, const struct reconcile_service *service,
                       const struct observed_container *container, struct step *step)
{
    struct comparison c = {.r = r, .step = step, .service = service->wanted->service};
    struct warnings ignored = {.arena = r->arena};
    struct translate_container in = {
        .project = r->project,
        .service = service->wanted->service,
        .api_minor = r->observed->api_minor,
        .name = container->name,
        .number = container->number,
    };
    struct error failure;
    struct text body;

    if (!r->options->explain)
        return;
    if (!container->details) {
        plan_need(r->plan, NEED_CONTAINER, container->id, NULL);
        return;
    }
    error_init(&failure);
    text_init(&body, 0);
    if (translate_container_body(&body, &in, &ignored, &failure)) {
        c.wanted = text_span(&body);
        c.have = container->details->raw;
        compare_fields(&c, container);
    }
    if (c.found == 0)
        (void)plan_reason(r->plan, step, REASON_CHANGED, "differs (not stored in the engine)");
    text_finish(&body);
    error_finish(&failure);
}
