/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of containers on the screen: `web-1  | text`, prefixes aligned and coloured. The bytes of a line pass
 * unchanged. Who has begun a line must end it before another source may speak: log_merge.h sees to that.
 * Layout: Docker Compose 5.5.0, `logs`.
 *
 *     printer = log_printer_create(console, &(struct log_printer_options){.timestamps = true});
 *     source = log_printer_add(printer, "web-1", NULL);
 *     log_printer_piece(printer, source, &piece);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/span.h"

struct console;
struct engine_log_piece;
struct log_printer;
struct log_source;

struct log_printer_options {
    bool no_colour, no_prefix, timestamps;
    bool split; /* a container's stderr goes to ours: attached `up` */
    bool json;  /* one object a line */
};

struct log_printer *log_printer_create(struct console *console,
                                       const struct log_printer_options *options);
/** Ends a line that was left open. NULL is allowed. */
void log_printer_destroy(struct log_printer *printer);

/**
 * A source of lines, which gets the next colour; with `parent` that one's (a hook: "web-1 ->"). Lives as long as the
 * printer. The same name again is the same source.
 */
struct log_source *log_printer_add(struct log_printer *printer, const char *name,
                                   struct log_source *parent);
/** The same for one of which only status lines are printed: prefixes do not grow for its name. */
struct log_source *log_printer_add_unaligned(struct log_printer *printer, const char *name);
/** Output of a command in a container, `name` being "web-1 ->": in the colour of web-1. */
void log_printer_hook(struct log_printer *printer, const char *name, struct span bytes);
/** For --json: what the container and service are called. Copied. */
void log_printer_describe(struct log_source *source, const char *service, const char *container);

/** A piece of a line; `time_ns` may be 0. */
void log_printer_piece(struct log_printer *printer, struct log_source *source,
                       const struct engine_log_piece *piece);
/** Whole or partial lines without times, such as a hook's output. */
void log_printer_write(struct log_printer *printer, struct log_source *source, struct span bytes);
/** "web-1 exited with code 0": a line about the source. */
void log_printer_status(struct log_printer *printer, struct log_source *source,
                        const char *message);
/** A line of `watch` among those of the containers. */
void log_printer_watch(struct log_printer *printer, const char *message);
/** The source ends; an open line of it is closed before anything else is printed. */
void log_printer_end(struct log_printer *printer, struct log_source *source);
