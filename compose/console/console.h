/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only writer to the terminal: answers go to stdout, the conversation to stderr. On a terminal it keeps a live
 * area at the bottom (progress while an operation runs, one status line otherwise) and writes everything else above it.
 *
 *     console_begin(console, "stop");
 *     console_progress(console, &(struct progress){.id = "Container p-web-1", .text = "Stopping"});
 *     console_progress(console, &(struct progress){.id = "Container p-web-1", .text = "Stopped",
 *                                                  .status = PROGRESS_DONE});
 *     console_end(console);
 *
 * What a progress event looks like is decided by --progress, --ansi and the terminal: redrawn in place, plain lines,
 * JSON lines or nothing. Nothing here blocks while the loop turns: see output.h; console_flush() waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "compose/root.h"
#include "spec/base/memory.h"
#include "spec/base/span.h"

struct console;
struct error;
struct output;
struct warnings;

enum progress_status { PROGRESS_WORKING, PROGRESS_DONE, PROGRESS_WARNING, PROGRESS_ERROR };

/** One step of the life of a resource. Strings are copied; NULL counts as "". */
struct progress {
    const char *id;      /* "Container p-web-1" */
    const char *parent;  /* id of the task that this is a part of: the image of a layer */
    const char *text;    /* "Creating" */
    const char *details; /* free text behind it */
    enum progress_status status;
    int64_t current, total; /* bytes; 0: not known */
    int percent;
};

enum console_colour {
    COLOUR_NONE,
    COLOUR_RED,
    COLOUR_GREEN,
    COLOUR_YELLOW,
    COLOUR_BOLD_RED,
    COLOUR_BOLD_YELLOW,
};

struct console *console_create(uv_loop_t *loop, enum progress_mode progress, enum ansi_mode ansi);
/** Ends the live area, writes what is queued, restores the terminal. NULL is allowed. */
void console_destroy(struct console *console);

/** Nothing of progress is shown from now on (`run -q`). */
void console_set_quiet(struct console *console);
/** An env file of the project asks for colours or for none. */
void console_set_ansi(struct console *console, enum ansi_mode ansi);
enum progress_mode console_mode(const struct console *console); /* never PROGRESS_AUTO */

/* The answer (stdout) and the conversation (stderr). */
void console_print(struct console *console, const char *format, ...) PRINTF_LIKE(2, 3);
void console_write(struct console *console, const void *bytes, size_t length);
void console_note(struct console *console, const char *format, ...) PRINTF_LIKE(2, 3);
void console_write_note(struct console *console, const void *bytes, size_t length);
/** A notice: stderr, or stdout under COMPOSE_STATUS_STDOUT. A newline is added. */
void console_notice(struct console *console, const char *format, ...) PRINTF_LIKE(2, 3);

/** A warning in the reference's form, with its place when known. */
void console_warn(struct console *console, const char *format, ...) PRINTF_LIKE(2, 3);
void console_warnings(struct console *console, const struct warnings *warnings);
/** Those from `first` on, of a list that grows. */
void console_warnings_from(struct console *console, const struct warnings *warnings, size_t first);
/** A failure: the message, then the source line and the hint where known. For main(). */
void console_error(struct console *console, const struct error *err);

/* Progress. */
/** Start an operation ("up", "down", ...); nested calls are counted, the outermost name is shown. */
void console_begin(struct console *console, const char *operation);
void console_progress(struct console *console, const struct progress *event);
/** The operation is over: its last state stays on the screen. */
void console_end(struct console *console);
/** Hide the live area while something else draws (a build, a container's terminal); nests. */
void console_suspend(struct console *console);
void console_resume(struct console *console);
/** One line at the very bottom, or NULL for none: the menu of attached `up`. May hold escape sequences. */
void console_set_status(struct console *console, const char *line);

/** May what goes to stdout be coloured: a terminal, or --ansi always? */
bool console_stdout_is_coloured(const struct console *console);
/** Escape sequence for a colour, "" where colours are off; `console_plain()` ends it. For stderr. */
const char *console_colour(const struct console *console, enum console_colour colour);
const char *console_plain(const struct console *console);

/** The descriptors themselves, for those who must watch back-pressure (logs). */
struct output *console_stdout(struct console *console);
struct output *console_stderr(struct console *console);
/** Wait until all that was written has left. */
void console_flush(struct console *console);
/** What a stopped reader does not take stays queued. */
void console_flush_briefly(struct console *console);
