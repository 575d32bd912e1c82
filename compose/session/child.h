/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process on the loop: what stands on its stdin is written, what it says comes back line by line, its end
 * comes as one completion. For buildx, providers, docker-model, and whatever else is a program and not a request.
 *
 *     struct child_options options = {
 *         .program = path, .arguments = words, .on_output = on_message, .owner = step, .done = on_done,
 *     };
 *     child = child_start(loop, &options);
 *
 * Promises: `done` is called exactly once, on a later turn of the loop, after the last line; the child is dead when it
 * returns. The child stays in our process group, so that Ctrl-C on the terminal reaches it as well.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;
struct child;

struct child_end {
    const struct error *failure; /* it could not be started, or said an endless line; else NULL */
    int exit_code;               /* 0 to 255 */
    int signal_number;           /* what killed it, or 0 */
    struct span output;          /* its stdout, where there was no on_output */
    struct span diagnostics; /* its stderr, where there was no on_diagnostic; the first 64 KiB */
};

/** A line without its break; valid during the call. */
typedef void child_line_fn(void *owner, struct span line);
/** Everything in `end` is valid during the call. */
typedef void child_done_fn(void *owner, const struct child_end *end);

struct child_options {
    const char *program;             /* a path, or a name; see program_find() */
    const struct strings *arguments; /* without the program itself */
    const struct pairs *environment; /* set on top of ours; value NULL: taken out. May be NULL */
    const char *directory;           /* NULL: ours */
    struct span input;               /* its whole stdin; copied */
    child_line_fn *on_output;        /* NULL: kept, see child_end */
    child_line_fn *on_diagnostic;    /* NULL: kept */
    child_done_fn *done;
    void *owner;
};

/**
 * Start it. Never fails at once: a program that is missing is told to `done`.
 *
 * Ownership: options are copied; `owner` is borrowed until `done` returns.
 */
struct child *child_start(uv_loop_t *loop, const struct child_options *options);
/**
 * Ask it to end by a signal. One that has not ended ten seconds later, or is asked for the third time, is killed, and
 * what still holds its output is not waited for. `done` follows.
 */
void child_signal(struct child *child, int signal_number);
/** Did it run and end with exit code 0? */
bool child_succeeded(const struct child_end *end);
/** The end in words of the reference: "exit status 3", "signal: killed". In the arena. */
const char *child_end_text(struct arena *arena, const struct child_end *end);
