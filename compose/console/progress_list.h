/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of one operation, as their progress events told them, and the rows that show them on a terminal.
 * Times come from the caller, so tests can pretend a clock. Layout: Docker Compose 5.5.0, --progress tty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/console/console.h"

struct text;

struct progress_task {
    char *id, *parent, *text, *details;
    enum progress_status status;
    int64_t current, total;
    int percent;
    uint64_t started_ms, ended_ms;
};

struct progress_list {
    struct progress_task *tasks;
    size_t count, capacity;
};

void progress_list_finish(struct progress_list *list);
/** Take an event in: a new task, or a change of one. */
void progress_list_update(struct progress_list *list, const struct progress *event,
                          uint64_t now_ms);

struct progress_frame {
    const char *operation;
    size_t columns, rows; /* of the terminal */
    uint64_t now_ms;
    bool coloured;
};

/** Write the frame, each line ended by a newline; returns the number of lines. */
size_t progress_list_draw(const struct progress_list *list, const struct progress_frame *frame,
                          struct text *out);
