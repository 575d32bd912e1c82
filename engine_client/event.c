/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/event.h"

#include <limits.h>
#include <string.h>

#include "engine_client/instant.h"
#include "engine_client/json_find.h"
#include "engine_client/json_read.h"
#include "spec/base/number.h"

/* Podman's word, Docker's word. */
static const struct {
    const char *podman, *docker;
} actions[] = {
    {"died", "die"},
    {"remove", "destroy"},
    {"exec_died", "exec_die"},
    {"exec", "exec_start"},
};

static const char *even_action(const char *type, const char *action)
{
    if (strcmp(type, "container") == 0)
        for (size_t i = 0; i < COUNT_OF(actions); i++)
            if (strcmp(actions[i].podman, action) == 0)
                return actions[i].docker;
    return action;
}

static int64_t read_time(struct span line)
{
    int64_t ns, seconds;

    if (engine_json_find_int64(line, "timeNano", &ns))
        return ns;
    if (engine_json_find_int64(line, "time", &seconds) && seconds > 0 &&
        seconds < INT64_MAX / NS_PER_SECOND)
        return seconds * NS_PER_SECOND;
    return 0;
}

static void split_action(struct arena *arena, const char *whole, struct engine_event *event)
{
    const char *colon = strstr(whole, ": ");

    event->detail = colon ? arena_strdup(arena, colon + 2) : "";
    event->action = even_action(
        event->type, colon ? arena_strndup(arena, whole, (size_t)(colon - whole)) : whole);
}

static void read_exit_code(struct engine_event *event)
{
    const char *text = engine_event_attribute(event, "exitCode");
    int64_t code;

    if (!*text)
        text = engine_event_attribute(event, "containerExitCode"); /* Podman */
    if (!number_parse_int64(text, &code) || code < INT_MIN || code > INT_MAX)
        return;
    event->has_exit_code = true;
    event->exit_code = (int)code;
}

bool engine_event_decode(struct arena *arena, struct span line, struct engine_event *ret_event,
                         struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(line, false, "event", err);
    const cJSON *actor;
    const char *action;
    struct engine_event event = {0};

    if (!tree)
        return false;
    actor = json_read_member(tree, "Actor");
    event.type = json_read_text(arena, tree, "Type");
    action = json_read_text(arena, tree, "Action");
    split_action(arena, *action ? action : json_read_text(arena, tree, "status"), &event);
    event.id = json_read_text(arena, actor, "ID");
    if (!*event.id)
        event.id = json_read_text(arena, tree, "id");
    event.attributes = json_read_pairs(arena, json_read_member(actor, "Attributes"));
    event.time_ns = read_time(line);
    if (strcmp(event.action, "health_status") == 0) {
        event.health = engine_health_parse(event.detail);
        if (event.health == ENGINE_HEALTH_NONE)
            event.health = engine_health_parse(json_peek_text(tree, "HealthStatus"));
    }
    if (strcmp(event.action, "die") == 0)
        read_exit_code(&event);
    *ret_event = event;
    return true;
}

const char *engine_event_attribute(const struct engine_event *event, const char *key)
{
    const struct pair *pair = pairs_find(&event->attributes, key);

    return pair && pair->value ? pair->value : "";
}
