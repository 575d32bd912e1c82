/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/streams/log_follow_internal.h"
#include "compose/streams/log_reader.h"
#include "engine_client/event.h"

static void on_start(struct log_follow *follow, struct log_item *item,
                     const struct engine_event *event)
{
    follow->created_at_ms = 0;
    if (!item && (!follow->listed || follow->list)) {
        follow->list_again = true; /* the stream begins early: it may be gone, or be in the list */
        return;
    }
    if (!item) {
        item = log_item_add(follow, event->id, engine_event_attribute(event, "name"),
                            engine_event_attribute(event, LABEL_SERVICE), true);
        item->running = true;
        follow->seen_running = true;
        return;
    }
    if (!item->known && !item->fresh) {
        item->inspect_again =
            true; /* it tells whether this is the life that was listed, or a later one */
        return;
    }
    if (event->time_ns < item->started_ns || event->time_ns <= item->ended_ns)
        return; /* of a life that had ended before we looked */
    item->starts_due--;
    if (item->running)
        return;
    item->running = true;
    follow->seen_running = true;
    item->ended_before = false;
    item->end_seen = false;
    item->stopped_by_api = false;
    item->restarting = false;
    log_item_leave_back_off(item);
    item->gone = false;
    /* Of a life that we have seen begin, all is shown. */
    item->fresh = item->fresh || follow->options.only_new;
    if (!item->known) {
        item->inspect_again = true;
        return;
    }
    if (item->silent)
        return;
    if (item->died_ns != 0)
        log_reader_begin_at(item->reader, item->died_ns);
    if (log_reader_is_open(item->reader) && item->attached_early)
        item->attached_early = false;
    else if (log_reader_is_open(item->reader))
        item->open_again = true;
    else
        log_item_open(item);
}

static void on_die(struct log_item *item, const struct engine_event *event)
{
    /* The stream begins a second early: an end from before the known start is old news. */
    if (item->ended_before || event->time_ns < item->started_ns || event->time_ns <= item->died_ns)
        return;
    item->died_ns = event->time_ns;
    if (item->end_seen)
        return; /* Docker 20.10 may tell of one end twice, the second time with the code 255 */
    log_item_ended(item, event->exit_code);
    if (!item->known)
        item->inspect_again = true;
    else if (item->stopped_by_api)
        log_item_tell_exit(item);
    else
        log_item_inspect(item); /* will its policy start it again? */
    log_follow_check_end(item->follow);
}

/* Who was waiting to be started again does not die by it: nothing else tells that it will not be. */
static void on_stop(struct log_item *item)
{
    item->stopped_by_api = true;
    if (item->running || (!item->restarting && !item->inspect))
        return;
    item->inspect_again = item->inspect != NULL;
    log_item_inspect(item);
}

void log_follow_on_event(void *owner, const struct engine_event *event)
{
    struct log_follow *follow = owner;
    struct log_item *item = log_follow_find(follow, event->id);

    if (!item && !log_follow_watches(follow, &event->attributes))
        return;
    if (item && item->gone && !item->known)
        return; /* old news of one that was removed before we could look at it */
    if (!item && strcmp(event->action, "create") == 0 &&
        !strings_contain(&follow->options.unawaited, engine_event_attribute(event, LABEL_SERVICE)))
        follow->created_at_ms = uv_now(session_loop(follow->session));
    else if (strcmp(event->action, "start") == 0)
        on_start(follow, item, event);
    else if (!item)
        return;
    else if (strcmp(event->action, "die") == 0)
        on_die(item, event);
    else if (strcmp(event->action, "kill") == 0)
        item->stopped_by_api = true;
    else if (strcmp(event->action, "stop") == 0)
        on_stop(item);
    else if (strcmp(event->action, "destroy") == 0) {
        item->gone = true;
        item->running = item->restarting = false;
        log_follow_check_end(follow);
    }
}
