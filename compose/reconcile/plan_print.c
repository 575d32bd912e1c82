/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as text and as JSON. */
#include <string.h>

#include "compose/reconcile/plan.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/project.h"

static const char *condition_text(enum step_condition condition)
{
    switch (condition) {
    case CONDITION_STARTED:
        return "started";
    case CONDITION_HEALTHY:
        return "healthy";
    case CONDITION_COMPLETED:
        return "completed";
    case CONDITION_RUNNING_OR_HEALTHY:
        return "running or healthy";
    }
    return "";
}

/* Where volumes without a name go over from the container that is replaced. */
static struct strings kept_paths(struct arena *arena, const struct step *step)
{
    struct strings paths = {0};

    for (size_t i = 0; step->create && i < step->create->carried_count; i++)
        strings_add(&paths, arena, step->create->carried[i].target);
    return paths;
}

static const char *replacement_details(struct arena *arena, const struct step *step)
{
    struct strings kept = kept_paths(arena, step);

    return arena_printf(arena, " (replacement%s%s)", kept.count > 0 ? ", keeps what is in " : "",
                        strings_join(&kept, arena, ", "));
}

/* A replacement has a temporary name until the old container is gone: users know the final one. */
static const char *name_of(const struct step *step)
{
    const char *name = step->create && step->create->replace && step->kind == STEP_CONTAINER_CREATE
                           ? step->create->final_name
                           : step->name;

    return name ? name : "";
}

static const char *copied_paths(struct arena *arena, const struct step *step)
{
    struct strings paths = {0};

    for (size_t i = 0; i < step->file_count; i++)
        strings_add(&paths, arena, arena_printf(arena, "/%s", step->files[i].path));
    return strings_join(&paths, arena, ", ");
}

/* What is said of a step behind its subject. */
static const char *details(struct arena *arena, const struct step *step)
{
    if (step->kind == STEP_WAIT)
        return arena_printf(arena, " to be %s%s", condition_text(step->condition),
                            step->optional ? " (optional)" : "");
    if (step->kind == STEP_NETWORK_CONNECT || step->kind == STEP_NETWORK_DISCONNECT)
        return arena_printf(arena, "%s%s", step->kind == STEP_NETWORK_CONNECT ? " to " : " from ",
                            step->container_name    ? step->container_name
                            : step->container.known ? step->container.known
                                                    : "the container");
    if (step->hook_name)
        return arena_printf(arena, " %s", step->hook_name);
    if (step->kind == STEP_CONTAINER_COPY)
        return arena_printf(arena, " (%s)", copied_paths(arena, step));
    if (step->kind == STEP_VOLUME_REMOVE)
        return " with its data";
    if (step->kind == STEP_CONTAINER_REMOVE && step->volumes)
        return " with its anonymous volumes";
    if (step->create && step->create->replace)
        return replacement_details(arena, step);
    return "";
}

/* "(compose.yaml:4, TAG at .env:2)" */
static void add_place(struct text *out, const struct step_reason *reason)
{
    if (!reason->place.file)
        return;
    text_addf(out, " (%s:%u", reason->place.file, reason->place.line);
    if (reason->variable && reason->variable_place.file)
        text_addf(out, ", %s at %s:%u", reason->variable, reason->variable_place.file,
                  reason->variable_place.line);
    else if (reason->variable)
        text_addf(out, ", %s of the shell", reason->variable);
    text_add_char(out, ')');
}

static void add_reason(struct text *out, const struct step_reason *reason)
{
    text_add(out, reason->text);
    if (reason->attribute)
        text_addf(out, ": %s", reason->attribute);
    if (reason->old_value || reason->new_value)
        text_addf(out, " %s -> %s", reason->old_value ? reason->old_value : "(none)",
                  reason->new_value ? reason->new_value : "(none)");
    else if (reason->masked)
        text_add(out, " (changed)");
    add_place(out, reason);
}

static void add_edges(struct text *out, const struct step *step)
{
    for (size_t i = 0; i < step->after_count; i++)
        text_addf(out, "%s%zu", i == 0 ? " <- " : ", ", step->after[i]->number);
}

void plan_text(struct text *out, const struct plan *plan, bool edges)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];

        if (!edges && (step_kind_rows[step->kind].flags & STEP_PASSIVE))
            continue;
        if (edges)
            text_addf(out, "%zu ", step->number);
        text_addf(out, "%s %s %s%s", step_kind_rows[step->kind].verb,
                  step_kind_rows[step->kind].noun, name_of(step), details(plan->arena, step));
        for (size_t j = 0; j < step->reason_count; j++) {
            text_add(out, j == 0 ? ": " : edges ? "; " : "\n    ");
            add_reason(out, &step->reasons[j]);
        }
        if (step->refusal)
            text_addf(out, "; cannot be done: %s", step->refusal);
        if (edges)
            add_edges(out, step);
        text_add_char(out, '\n');
    }
    for (size_t i = 0; i < plan->unknown.count; i++)
        text_addf(out, "%s\n", plan->unknown.items[i]);
}

static void write_reason(struct json_writer *json, const struct step_reason *reason)
{
    json_object_open(json);
    json_member_string(json, "text", reason->text);
    if (reason->attribute)
        json_member_string(json, "attribute", reason->attribute);
    if (reason->old_value)
        json_member_string(json, "old", reason->old_value);
    if (reason->new_value)
        json_member_string(json, "new", reason->new_value);
    if (reason->place.file) {
        json_member_string(json, "file", reason->place.file);
        json_member_int(json, "line", reason->place.line);
        json_member_int(json, "column", reason->place.column);
    }
    if (reason->variable) {
        json_member_string(json, "variable", reason->variable);
        if (reason->variable_place.file) {
            json_member_string(json, "variable_file", reason->variable_place.file);
            json_member_int(json, "variable_line", reason->variable_place.line);
        }
    }
    json_object_close(json);
}

static void write_step(struct json_writer *json, struct arena *arena, const struct step *step)
{
    struct strings kept = kept_paths(arena, step);

    json_object_open(json);
    json_member_int(json, "number", (int64_t)step->number);
    json_member_string(json, "action", step_kind_rows[step->kind].verb);
    json_member_string(json, "kind", step_kind_rows[step->kind].noun);
    json_member_string(json, "name", name_of(step));
    if (step->service)
        json_member_string(json, "service", step->service->name);
    if (step->kind == STEP_WAIT)
        json_member_string(json, "condition", condition_text(step->condition));
    if (step->kind == STEP_VOLUME_REMOVE || (step->kind == STEP_CONTAINER_REMOVE && step->volumes))
        json_member_bool(json, "deletes_data", true);
    if (kept.count > 0) {
        json_key(json, "keeps");
        json_array_open(json);
        for (size_t i = 0; i < kept.count; i++)
            json_string(json, kept.items[i]);
        json_array_close(json);
    }
    json_key(json, "after");
    json_array_open(json);
    for (size_t i = 0; i < step->after_count; i++)
        json_int(json, (int64_t)step->after[i]->number);
    json_array_close(json);
    json_key(json, "reasons");
    json_array_open(json);
    for (size_t i = 0; i < step->reason_count; i++)
        write_reason(json, &step->reasons[i]);
    json_array_close(json);
    if (step->refusal)
        json_member_string(json, "refusal", step->refusal);
    json_object_close(json);
}

void plan_json(struct text *out, const struct plan *plan)
{
    struct json_writer json;

    json_begin(&json, out, 2);
    json_object_open(&json);
    json_key(&json, "steps");
    json_array_open(&json);
    for (size_t i = 0; i < plan->count; i++)
        write_step(&json, plan->arena, plan->steps[i]);
    json_array_close(&json);
    json_key(&json, "unknown");
    json_array_open(&json);
    for (size_t i = 0; i < plan->unknown.count; i++)
        json_string(&json, plan->unknown.items[i]);
    json_array_close(&json);
    json_object_close(&json);
    text_add_char(out, '\n');
}
