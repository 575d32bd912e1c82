/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/watch.h"

#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/session/session.h"
#include "compose/watch/watch_internal.h"
#include "spec/project.h"

enum { SILENCE_MS = 500, MANY_CHANGES = 1000 };

static void set_state(struct watch *watch, enum watch_state state)
{
    watch->state = state;
}

static void await_silence(struct watch *watch);

/* -- What the worker does -- */

static void scan_in_worker(uv_work_t *work)
{
    struct watch *watch = work->data;

    watch_tree_scan(watch->tree);
}

static void compare_in_worker(uv_work_t *work)
{
    struct watch *watch = work->data;

    watch_tree_compare(watch->tree, &watch->batch_dirty, watch->batch_flags, watch->batch_arena,
                       &watch->changes);
}

static void drop_batch(struct watch *watch)
{
    arena_destroy(watch->batch_arena);
    watch->batch_arena = NULL;
    watch->batch_dirty = (struct strings){0};
    watch->changes = (struct watch_changes){0};
    watch->batch = (struct watch_batch){0};
}

/* Something came in while the worker or a reaction was busy. */
static void look_again_if_due(struct watch *watch)
{
    if (watch->due || watch->dirty.count > 0 || watch->overflowed)
        await_silence(watch);
    watch->due = false;
}

static void become_ready(struct watch *watch)
{
    set_state(watch, WATCH_READY);
    watch->settings.on_ready(watch->settings.owner);
}

static void on_scanned(uv_work_t *work, int status)
{
    struct watch *watch = work->data;

    (void)status;
    set_state(watch, WATCH_IDLE);
    if (watch->stopping)
        return;
    /* What was reported before the contents were known cannot be compared with them. */
    watch->trust = watch->dirty.count > 0;
    if (watch->initial)
        become_ready(watch);
    else
        look_again_if_due(watch);
}

static void on_compared(uv_work_t *work, int status)
{
    struct watch *watch = work->data;

    (void)status;
    set_state(watch, WATCH_IDLE);
    if (watch->stopping)
        return;
    if (watch->changes.count > MANY_CHANGES)
        console_warn(watch->context->console, "%zu files changed at once: this may take a while",
                     watch->changes.count);
    watch_rules_batch(watch->batch_arena, &watch->rules, watch->changes.items, watch->changes.count,
                      &watch->batch);
    if (!watch_batch_is_empty(&watch->batch)) {
        become_ready(watch);
        return;
    }
    drop_batch(watch);
    look_again_if_due(watch);
}

/* -- Events -- */

static void note_dirty(struct watch *watch, const char *path)
{
    if (index_find(&watch->dirty_index, path) != INDEX_NONE)
        return;
    strings_add_copy(&watch->dirty, watch->dirty_arena, path);
    index_put(&watch->dirty_index, watch->dirty_arena, watch->dirty.items[watch->dirty.count - 1],
              watch->dirty.count - 1);
}

void watch_owe(struct watch *watch, const struct watch_batch *batch)
{
    for (size_t i = 0; i < batch->sync_count; i++)
        for (size_t j = 0; j < batch->syncs[i].count; j++)
            strings_add_copy(&watch->owed, watch->owed_arena, batch->syncs[i].files[j].path);
}

static unsigned take_owed(struct watch *watch)
{
    if (watch->owed.count == 0)
        return 0;
    for (size_t i = 0; i < watch->owed.count; i++)
        note_dirty(watch, watch->owed.items[i]);
    arena_destroy(watch->owed_arena);
    watch->owed_arena = arena_create();
    watch->owed = (struct strings){0};
    return WATCH_COMPARE_OWED;
}

static void on_silence(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    unsigned owed;

    if (watch->state != WATCH_IDLE) {
        watch->due = true;
        return;
    }
    owed = take_owed(watch);
    watch->batch_arena = watch->dirty_arena;
    watch->batch_dirty = watch->dirty;
    watch->batch_flags = (watch->overflowed ? (unsigned)WATCH_COMPARE_ALL : 0u) |
                         (watch->trust ? (unsigned)WATCH_COMPARE_TRUST : 0u) | owed;
    watch->dirty_arena = arena_create();
    watch->dirty = (struct strings){0};
    watch->dirty_index = (struct index){0};
    watch->overflowed = watch->trust = watch->due = false;
    set_state(watch, WATCH_COMPARING);
    (void)uv_queue_work(session_loop(watch->context->session), &watch->work, compare_in_worker,
                        on_compared);
}

static void await_silence(struct watch *watch)
{
    (void)uv_timer_start(&watch->silence, on_silence, SILENCE_MS, 0);
}

static bool on_wants(void *owner, const char *directory)
{
    const struct watch *watch = owner;

    return watch_rules_want(&watch->rules, directory);
}

static bool is_of_interest(const struct watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->rules.count; i++)
        if (watch_rule_matches(&watch->rules.items[i], path))
            return true;
    return watch_rules_want(&watch->rules, path);
}

static void on_dirty(void *owner, const char *path)
{
    struct watch *watch = owner;

    if (!is_of_interest(watch, path))
        return;
    note_dirty(watch, path);
    await_silence(watch);
}

static void on_overflow(void *owner)
{
    struct watch *watch = owner;

    watch->overflowed = true;
    await_silence(watch);
}

static void on_blind(void *owner, const struct error *failure)
{
    struct watch *watch = owner;
    char *message = error_message(failure);

    console_warn(watch->context->console, "%s%s%s", message, failure->hint ? ": " : "",
                 failure->hint ? failure->hint : "");
    free(message);
}

/* -- Life -- */

bool watch_is_configured(const struct spec_project *project, const struct strings *services)
{
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        if (services && services->count > 0 && !strings_contain(services, service->name))
            continue;
        if (service->develop && service->develop->watch.count > 0)
            return true;
    }
    return false;
}

static bool has_initial_sync(const struct watch_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].watch->initial_sync)
            return true;
    return false;
}

struct watch *watch_create(struct command_context *context, const struct watch_settings *settings,
                           struct error *err)
{
    struct watch *watch = xcalloc(1, sizeof(*watch));
    struct warnings warnings;

    watch->context = context;
    watch->settings = *settings;
    watch->arena = arena_create();
    watch->dirty_arena = arena_create();
    watch->owed_arena = arena_create();
    warnings = (struct warnings){.arena = watch->arena};
    if (!watch_rules_make(watch->arena, settings->project, &settings->services, &warnings,
                          &watch->rules, err)) {
        watch_destroy(watch);
        return NULL;
    }
    console_warnings(context->console, &warnings);
    watch->tree = watch_tree_create(&watch->rules);
    watch->initial = has_initial_sync(&watch->rules);
    watch->work.data = watch;
    return watch;
}

bool watch_start(struct watch *watch, struct error *err)
{
    static const struct inotify_tree_handlers handlers = {on_wants, on_dirty, on_overflow,
                                                          on_blind};
    uv_loop_t *loop = session_loop(watch->context->session);
    struct strings roots = watch_rules_roots(watch->arena, &watch->rules);

    (void)uv_timer_init(loop, &watch->silence);
    watch->silence.data = watch;
    watch->timer_open = true;
    watch->inotify = inotify_tree_create(loop, &handlers, watch, err);
    if (!watch->inotify)
        return false;
    for (size_t i = 0; i < roots.count; i++)
        if (!inotify_tree_add(watch->inotify, roots.items[i], err))
            return false;
    set_state(watch, WATCH_SCANNING);
    (void)uv_queue_work(loop, &watch->work, scan_in_worker, on_scanned);
    watch_log(watch, "Watch enabled");
    return true;
}

bool watch_react(struct watch *watch, struct error *err)
{
    bool good = true;

    if (watch->state != WATCH_READY)
        return true;
    set_state(watch, WATCH_REACTING);
    if (watch->initial) {
        watch->initial = false;
        good = watch_initial_sync(watch, err);
    }
    if (good)
        good = watch_carry_out(watch, &watch->batch, err);
    drop_batch(watch);
    set_state(watch, WATCH_IDLE);
    look_again_if_due(watch);
    return good;
}

static void on_timer_closed(uv_handle_t *handle)
{
    ((struct watch *)handle->data)->timer_open = false;
}

void watch_destroy(struct watch *watch)
{
    if (!watch)
        return;
    watch->stopping = true;
    inotify_tree_destroy(watch->inotify);
    if (watch->timer_open)
        uv_close((uv_handle_t *)&watch->silence, on_timer_closed);
    while (watch->timer_open || watch->state == WATCH_SCANNING || watch->state == WATCH_COMPARING)
        (void)uv_run(session_loop(watch->context->session), UV_RUN_ONCE);
    watch_tree_destroy(watch->tree);
    arena_destroy(watch->batch_arena);
    arena_destroy(watch->dirty_arena);
    arena_destroy(watch->owed_arena);
    arena_destroy(watch->arena);
    free(watch);
}
