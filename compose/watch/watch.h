/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `watch` while it runs: waits for changes, gathers them until half a second of silence, finds out in a worker thread
 * what really changed, and reacts: rebuild, sync, restart, exec. Idle, it costs nothing.
 *
 *     watch = watch_create(context, &settings, err);
 *     if (!watch || !watch_start(watch, err)) …
 *     for (;;) {
 *         … turn the loop until on_ready has been called …
 *         if (!watch_react(watch, err)) …                (interrupted)
 *     }
 *     watch_destroy(watch);
 *
 * Reacting turns the loop, so it is not done in on_ready, but by whoever is at the top. A batch that comes meanwhile
 * waits. A failed reaction is a warning: watching goes on.
 * Source: Compose Specification, develop; Docker Compose 5.5.0, `watch`.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct command_context;
struct spec_project;
struct watch;

struct watch_settings {
    struct spec_project *project;
    struct strings services; /* empty: all */
    bool prune;              /* remove images that a rebuild has replaced */
    bool quiet;              /* builds show nothing */
    /** Something is to be done: call watch_react(). */
    void (*on_ready)(void *owner);
    /** A line about what is done, without a newline. */
    void (*log)(void *owner, const char *line);
    /** Output of a command that runs in a container: `sync+exec`, hooks. `name` as "web-1 ->". */
    void (*output)(void *owner, const char *name, struct span bytes);
    void *owner;
};

/** Is there any rule in these services? Faulty ones count: watch_create() tells. */
bool watch_is_configured(const struct spec_project *project, const struct strings *services);
/** Strings and project are borrowed. Errors: those of the rules (watch_rules.h). */
struct watch *watch_create(struct command_context *context, const struct watch_settings *settings,
                           struct error *err) WARN_UNUSED;
/** Begin to watch. Errors: ERROR_SYSTEM, with the limit of the kernel that is in the way. */
bool watch_start(struct watch *watch, struct error *err) WARN_UNUSED;
/** Do what is to be done; nothing if nothing is. Turns the loop. Errors: ERROR_CANCELED only. */
bool watch_react(struct watch *watch, struct error *err) WARN_UNUSED;
/** Stops; turns the loop until the worker thread is done. NULL is allowed. */
void watch_destroy(struct watch *watch);
