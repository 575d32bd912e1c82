/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's event stream. It is never paused: the engine drops events for a reader that stalls.
 *
 *     since = engine_client_clock_ns(client) - NS_PER_SECOND;
 *     engine_events_start(client, since, &filters, &handlers, session);
 *     ... on_open: now list, and apply events and list idempotently ...
 *
 * `on_event` gets each event once, decoded; it is valid during the call only. `on_end` comes
 * exactly once, when the connection is gone (failure says why; NULL: the engine closed it) or it
 * was stopped (ERROR_CANCELED). After a gap: list again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine_client/event.h"

struct engine_client;
struct engine_events;
struct pairs;

struct engine_events_handlers {
    void (*on_open)(void *owner); /* the engine has answered; or NULL */
    void (*on_event)(void *owner, const struct engine_event *event);
    void (*on_end)(void *owner, const struct error *failure);
};

struct engine_events_options {
    bool has_since;              /* else from now on */
    bool has_until;              /* else without an end */
    int64_t since_ns, until_ns;  /* 0 and less are instants like others: 1970 and before */
    const struct pairs *filters; /* as for engine_query_filters(), or NULL */
};

/** Subscribe. Owner and the functions are borrowed until on_end; all callbacks come on later turns.
 */
struct engine_events *engine_events_start(struct engine_client *client,
                                          const struct engine_events_options *options,
                                          const struct engine_events_handlers *handlers,
                                          void *owner);
/** Stop; on_end follows on a later turn. */
void engine_events_stop(struct engine_events *events);
