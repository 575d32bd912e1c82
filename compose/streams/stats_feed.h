/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest sample of every container of a project, kept up to date: one stream a container, begun and ended as
 * the engine's events say.
 *
 *     feed = stats_feed_create(session, &selection, on_change, on_lost, owner);
 *     if (!stats_feed_start(feed, err))
 *         ...
 *     count = stats_feed_items(feed, &items);      (in on_change or later; sorted by name)
 *     stats_feed_destroy(feed);                    (turns the loop until all streams are closed)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine_client/stats.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

struct session;
struct stats_feed;

/** Plain data; borrowed as long as the feed lives. */
struct stats_selection {
    const char *project;
    struct strings services; /* empty: all */
    bool stopped;            /* containers that do not run, too */
};

/** Flags for containers_list(). */
unsigned stats_selection_flags(const struct stats_selection *selection);

struct stats_item {
    const char *id, *name;
    bool sampled; /* `sample` is there */
    struct engine_stats sample;
};

typedef void stats_change_fn(void *owner);
typedef void stats_lost_fn(void *owner, const struct error *failure);

struct stats_feed *stats_feed_create(struct session *session,
                                     const struct stats_selection *selection,
                                     stats_change_fn *on_change, stats_lost_fn *on_lost,
                                     void *owner);
bool stats_feed_start(struct stats_feed *feed, struct error *err) WARN_UNUSED;
size_t stats_feed_items(struct stats_feed *feed, const struct stats_item *const **ret_items);
void stats_feed_destroy(struct stats_feed *feed);
