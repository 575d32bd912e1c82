/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that an engine may still be working on although their client has gone: a stop lasts until the container has
 * ended, whoever waits for the answer. A container in such a stop is listed as running. So each request that lasts is
 * noted in the project's lock file before it is sent, and the note is removed when the answer has come; what an
 * interrupted run has left there is waited for by the next one (pending_settle.h).
 *
 * One note is one line, "KIND ID SINCE UNTIL NAME". Plain data.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/span.h"

struct arena;
struct text;

enum pending_kind {
    PENDING_CREATE, /* of a container; the id is the name */
    PENDING_START,
    PENDING_STOP,
    PENDING_KILL,
    PENDING_RESTART,
    PENDING_REMOVE,
    PENDING_NETWORK, /* its creation; the id is the name */
    PENDING_VOLUME,  /* its creation; the id is the name */
    PENDING_KINDS
};

struct pending_note {
    enum pending_kind kind;
    const char *id, *name;
    int64_t since_ms, until_ms; /* since 1970, by the clock of this machine */
};

struct pending_list {
    struct pending_note *items;
    size_t count, capacity;
};

/** Which notes matter to a command. */
enum pending_scope {
    PENDING_ALL, /* it plans from what runs */
    PENDING_STARTS, /* it ends or removes whatever exists: only what may still appear or start matters */
    PENDING_NONE, /* it touches no container */
};

bool pending_matters(enum pending_kind kind, enum pending_scope scope);
/** "container p-web-1 is being stopped". In the arena. */
const char *pending_describe(struct arena *arena, const struct pending_note *note);

/** Appends a line; a note that cannot be written as a line is left out. */
void pending_write(struct text *out, const struct pending_note *note);
/**
 * Lines that are no notes are passed over, and so are notes whose time has passed or has not come yet (the clock was
 * set back).
 */
void pending_read(struct arena *arena, struct span lines, int64_t now_ms,
                  struct pending_list *ret_list);
