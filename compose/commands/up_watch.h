/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching files while `up` is attached: `--watch`, and the menu's `w`.
 *
 *     watching = up_watch_create(up, attached);
 *     if (asked for && !up_watch_start(watching, err)) …
 *     while (attached_wait(attached, &end, err) && end == ATTACHED_AWAKE)
 *         if (!up_watch_serve(watching, err)) …          (interrupted)
 *     up_watch_destroy(watching);
 *
 * What is to be done turns the loop, so callbacks only wake the attached part; up_watch_serve() does it from the top.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"

struct attached;
struct up_options;
struct up_watch;

/** `--watch` needs rules. Errors: ERROR_INPUT. */
bool up_watch_check(const struct up_options *up, struct error *err) WARN_UNUSED;
/** Both are borrowed until up_watch_destroy(). Nothing is watched yet. */
struct up_watch *up_watch_create(struct up_options *up, struct attached *attached);
/** Turns the loop. NULL is allowed. */
void up_watch_destroy(struct up_watch *watching);
/** Errors: ERROR_INPUT when no service has rules, or a faulty one; ERROR_SYSTEM. */
bool up_watch_start(struct up_watch *watching, struct error *err) WARN_UNUSED;
/** For the menu: start or stop, as soon as up_watch_serve() is called. */
void up_watch_toggle(struct up_watch *watching);
/** Do what there is to do; nothing if nothing is. Turns the loop. Errors: ERROR_CANCELED only. */
bool up_watch_serve(struct up_watch *watching, struct error *err) WARN_UNUSED;

bool up_watch_is_on(const struct up_watch *watching);
/** Has any of the services a rule? */
bool up_watch_is_configured(const struct up_watch *watching);
