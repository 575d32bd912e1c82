/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One failure, told by everybody who knew something about it; only main() prints it.
 *
 * A fallible function returns bool (or NULL) and takes `struct error *err` last. False means that `err` is set;
 * true leaves it untouched. The callee calls error_set(); callers add what they know with error_wrap(). Where
 * a stage finds several failures it collects them with error_append(): all are shown at once.
 *
 *     if (!spec_port_parse(node, &port, err))
 *         return error_wrap(err, "services.%s.ports[%zu]", name, i);
 *
 * An error that is set owns memory: error_finish() it, also after error_init() alone (no harm).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/memory.h"

/** Where something stands in a file. `file` NULL: nowhere in particular; line and column count from 1. */
struct place {
    const char *file; /* borrowed; outlives the error when it comes from a loaded project or argv */
    unsigned line, column;
};

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,      /* flags and arguments */
    ERROR_INPUT,      /* Compose files, env files */
    ERROR_SYSTEM,     /* a system call failed; errno_value is set */
    ERROR_ENGINE,     /* the engine answered with a failure; status and engine_message are set */
    ERROR_CONNECTION, /* no engine could be reached, or the connection broke */
    ERROR_CANCELED,   /* given up on purpose */
    ERROR_TIMEOUT,
    ERROR_EXIT, /* the command ends with exit_code and prints nothing more */
};

struct error_frame {
    char *text;
    struct place place;
    char *file; /* owned copy that place.file points to */
};

struct error {
    enum error_kind kind;
    struct error_frame *frames; /* [0] is the cause, the last one the widest context */
    size_t frame_count;
    int errno_value;
    int status;           /* HTTP status of the engine, or 0 */
    char *engine_message; /* the engine's words, verbatim, or NULL */
    char *hint;           /* what to do next, or NULL */
    char *details;        /* whole lines that tell more, shown below the message; or NULL */
    int exit_code;        /* for ERROR_EXIT */
    struct error *next;   /* a further failure of the same stage, owned */
    size_t unlisted;      /* how many more there were than are listed */
};

void error_init(struct error *err);
void error_finish(struct error *err); /* for CLEANUP too; the error is ERROR_NONE afterwards */
/** Move `from` into `to` (which is finished first); `from` is ERROR_NONE afterwards. */
void error_move(struct error *to, struct error *from);
void error_copy(struct error *to, const struct error *from);

/** All of these return false, so that `return error_set(...)` reads well. `err` is overwritten. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);
bool error_set_at(struct error *err, enum error_kind kind, struct place place, const char *format,
                  ...) PRINTF_LIKE(4, 5);
/** `errno` is read on entry; its text is added to the message. */
bool error_set_errno(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool error_set_engine(struct error *err, int status, const char *engine_message);
/** End the command with this exit code without another word. */
bool error_set_exit(struct error *err, int exit_code);
/** Add context around a set error. */
bool error_wrap(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/** Give the cause a place when it has none. */
bool error_place(struct error *err, struct place place);
/** What the user can do about it; the first hint stays. */
bool error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/** Lines (each ends with a newline) that go below the message; they replace earlier ones. */
bool error_details(struct error *err, const char *lines);
/** Put `more` behind the failures in `err`, or only count it when they are many; it is ERROR_NONE afterwards. False when either
 * was set. */
bool error_append(struct error *err, struct error *more);

static inline bool error_is_set(const struct error *err)
{
    return err->kind != ERROR_NONE;
}

/** The message of one failure without its place: "outer: inner: cause", as the reference prints it. free() it. */
char *error_message(const struct error *err);
/** The place of the cause or of the first frame that has one. */
struct place error_where(const struct error *err);
