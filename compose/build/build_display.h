/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows one build while it runs, whichever builder carries it out: numbered lines (plain), rows of the live area
 * (tty), nothing (quiet). What a failed step said is shown at the end in all of them.
 *
 *     display = build_display_create(console, quiet);
 *     ... build_display_message(display, message) ...
 *     build_display_destroy(display);
 *
 * Source: the lines of `docker build --progress plain`, observed with buildx 0.29.1.
 */
#pragma once

#include <stdbool.h>

#include "engine_client/build.h"

struct build_display;
struct console;

struct build_display *build_display_create(struct console *console, bool quiet);
/** Says what the failed steps said; NULL is allowed. */
void build_display_destroy(struct build_display *display);
void build_display_message(struct build_display *display,
                           const struct engine_build_message *message);
