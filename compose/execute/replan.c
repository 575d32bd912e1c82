/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/replan.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "compose/command.h"
#include "compose/observe/labels.h"
#include "compose/observe/observed.h"
#include "compose/reconcile/plan.h"
#include "compose/session/session.h"
#include "engine_client/event.h"
#include "engine_client/json_find.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/span.h"

enum { CHANGE_MS = 5000, ID_DIGITS = 64 };

/* -- Another plan, or the same again -- */

static bool are_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The old plan had all of these done before its step failed; one that is due again has been undone by somebody. */
static bool follows_change(const struct step *step)
{
    for (size_t i = 0; i < step->after_count; i++)
        switch (step->after[i]->kind) {
        case STEP_WAIT:
        case STEP_CONTAINER_START: /* of a job, which each plan runs */
        case STEP_HOOK_EXEC:
        case STEP_HOOK_RUN:
        case STEP_IMAGE_PULL:
        case STEP_IMAGE_BUILD:
        case STEP_IMAGE_PUSH:
            break;
        case STEP_IMAGE_REMOVE:
        case STEP_NETWORK_CREATE:
        case STEP_NETWORK_REMOVE:
        case STEP_NETWORK_CONNECT:
        case STEP_NETWORK_DISCONNECT:
        case STEP_VOLUME_CREATE:
        case STEP_VOLUME_REMOVE:
        case STEP_CONTAINER_CREATE:
        case STEP_CONTAINER_COPY:
        case STEP_CONTAINER_SYNC:
        case STEP_CONTAINER_STOP:
        case STEP_CONTAINER_KILL:
        case STEP_CONTAINER_RESTART:
        case STEP_CONTAINER_PAUSE:
        case STEP_CONTAINER_UNPAUSE:
        case STEP_CONTAINER_REMOVE:
        case STEP_CONTAINER_RENAME:
        case STEP_KINDS:
            return true;
        }
    return false;
}

static bool is_repeated(const struct plan *next, const struct step *failed)
{
    for (size_t i = 0; i < next->count; i++) {
        const struct step *step = next->steps[i];

        if (step->kind == failed->kind && are_same(step->name, failed->name) &&
            are_same(step->object.known, step_value_get(failed->object)) &&
            are_same(step->container.known, step_value_get(failed->container)) &&
            !follows_change(step))
            return true;
    }
    return false;
}

static bool is_result(const struct plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (are_same(plan->steps[i]->result, id))
            return true;
    return false;
}

/* A network of the project that another client has replaced meanwhile. */
static bool has_foreign_network(const struct plan *plan, const char *project_name,
                                const struct observed *before, const struct observed *now)
{
    for (size_t i = 0; i < now->networks.count; i++) {
        const struct engine_network *network = &now->networks.items[i];
        const struct engine_network *old = observed_network_named(before, network->name);

        if (old && !are_same(old->id, network->id) && !is_result(plan, network->id) &&
            are_same(labels_get(&network->labels, LABEL_PROJECT), project_name))
            return true;
    }
    return false;
}

static bool has_foreign_container(const struct plan *plan, const struct observed *before,
                                  const struct observed *now)
{
    for (size_t i = 0; i < now->container_count; i++)
        if (!observed_container(before, now->containers[i].id) &&
            !is_result(plan, now->containers[i].id))
            return true;
    return false;
}

/* Two clients created a network of one name, and one of them has removed its own again. */
static bool is_ambiguous(const struct step *step)
{
    return step->failure.engine_message && strstr(step->failure.engine_message, "is ambiguous");
}

static bool has_duplicate(const struct observed *now, const char *project_name)
{
    for (size_t i = 0; i < now->networks.count; i++) {
        const struct engine_network *network = &now->networks.items[i];

        if (are_same(labels_get(&network->labels, LABEL_PROJECT), project_name) &&
            observed_network_named(now, network->name) != network)
            return true;
    }
    return false;
}

bool replan_differs(const struct plan *plan, const char *project_name,
                    const struct observed *before, const struct plan *next,
                    const struct observed *now)
{
    if (has_foreign_container(plan, before, now) ||
        has_foreign_network(plan, project_name, before, now))
        return true;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->unsettled &&
            (!is_repeated(next, plan->steps[i]) ||
             (is_ambiguous(plan->steps[i]) && !has_duplicate(now, project_name))))
            return true;
    return false;
}

/* -- What another client is about to finish -- */

struct transition {
    const char *id;
    bool removing; /* else it has a name, and is being created or removed */
    bool over;
};

struct waiting {
    struct session *session;
    struct transition *items;
    size_t count;
    bool ready, done, changed;
};

static void finish_waiting(struct waiting *waiting)
{
    waiting->ready = waiting->done = true;
    session_stop(waiting->session);
}

static void end_transition(struct waiting *waiting, struct transition *item, bool changed)
{
    item->over = true;
    waiting->changed = waiting->changed || changed;
    for (size_t i = 0; i < waiting->count; i++)
        if (!waiting->items[i].over)
            return;
    finish_waiting(waiting);
}

/* The engine releases the name before it reports the removal. */
static void on_event(void *owner, const struct engine_event *event)
{
    struct waiting *waiting = owner;
    bool created = strcmp(event->action, "create") == 0;
    bool destroyed = strcmp(event->action, "destroy") == 0;

    for (size_t i = 0; i < waiting->count; i++) {
        struct transition *item = &waiting->items[i];

        if (!item->over && strcmp(item->id, event->id) == 0 &&
            (destroyed || (created && !item->removing)))
            end_transition(waiting, item, true);
    }
}

static void on_ready(void *owner)
{
    struct waiting *waiting = owner;

    waiting->ready = true;
    session_stop(waiting->session);
}

static void on_lost(void *owner, const struct error *failure)
{
    (void)failure;
    finish_waiting(owner);
}

static void on_time_over(uv_timer_t *timer)
{
    finish_waiting(timer->data);
}

static void free_timer(uv_handle_t *handle)
{
    free(handle);
}

/* `... is already in use by container "ID"`; Podman: `... is already in use by ID`. */
static const char *name_holder(struct arena *arena, const char *message)
{
    const char *at = strstr(message, "is already in use by ");

    for (; at && *at; at++) {
        size_t digits = strspn(at, "0123456789abcdef");

        if (digits == ID_DIGITS)
            return arena_strndup(arena, at, digits);
        at += digits > 0 ? digits - 1 : 0;
    }
    return NULL;
}

static void find_transitions(struct arena *arena, const struct plan *plan, struct waiting *waiting)
{
    waiting->items = arena_array(arena, plan->count, sizeof(*waiting->items));
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];
        const char *message = step->failure.engine_message, *id = NULL;
        bool removing;

        if (!step->unsettled || !message)
            continue;
        removing =
            strstr(message, "marked for removal") || strstr(message, "is already in progress");
        id = removing ? step_value_get(step->object) : name_holder(arena, message);
        if (id)
            waiting->items[waiting->count++] = (struct transition){.id = id, .removing = removing};
    }
}

static bool is_of_project(struct arena *arena, struct span inspection, const char *project_name)
{
    static const char *const path[] = {"Config", "Labels", LABEL_PROJECT};
    struct span label = engine_json_find_segments(inspection, path, COUNT_OF(path));

    return label.bytes && strcmp(engine_json_text(arena, label), project_name) == 0;
}

static bool is_being_removed(struct arena *arena, struct span inspection)
{
    struct span status = engine_json_find(inspection, "State.Status");

    return status.bytes && strcmp(engine_json_text(arena, status), "removing") == 0;
}

/* The events may have come before they were listened to: how is it now? */
static bool inspect_all(struct arena *arena, const char *project_name, struct waiting *waiting,
                        struct error *err)
{
    struct session_call *calls = arena_array(arena, waiting->count, sizeof(*calls));

    for (size_t i = 0; i < waiting->count; i++)
        calls[i] = (struct session_call){
            .path = engine_path(arena, "/containers/%s/json", waiting->items[i].id)};
    if (!session_fetch_all(waiting->session, arena, calls, waiting->count, err))
        return false;
    for (size_t i = 0; i < waiting->count; i++) {
        struct transition *item = &waiting->items[i];
        bool exists = calls[i].status == 200;

        if (item->over)
            continue;
        if (exists && !item->removing && !is_being_removed(arena, calls[i].answer))
            end_transition(waiting, item, is_of_project(arena, calls[i].answer, project_name));
        else if (!exists && item->removing)
            end_transition(waiting, item, true);
    }
    session_fetch_finish(calls, waiting->count);
    return true;
}

bool replan_wait(struct command_context *context, const char *project_name, const struct plan *plan,
                 bool *ret_changed, struct error *err)
{
    struct waiting waiting = {.session = context->session};
    struct session_listener listener = {
        .on_ready = on_ready, .on_event = on_event, .on_lost = on_lost, .owner = &waiting};
    uv_timer_t *timer;
    bool good;

    *ret_changed = false;
    find_transitions(plan->arena, plan, &waiting);
    if (waiting.count == 0)
        return true;
    if (!session_listen(context->session, project_name, &listener, err))
        return false;
    timer = xcalloc(1, sizeof(*timer));
    (void)uv_timer_init(session_loop(context->session), timer);
    timer->data = &waiting;
    (void)uv_timer_start(timer, on_time_over, CHANGE_MS, 0);
    good = session_run_until(context->session, &waiting.ready, err) &&
           inspect_all(plan->arena, project_name, &waiting, err) &&
           session_run_until(context->session, &waiting.done, err);
    uv_close((uv_handle_t *)timer, free_timer);
    session_unlisten(context->session, &listener);
    *ret_changed = good && waiting.changed;
    return good;
}
