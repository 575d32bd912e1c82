/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings are data: a list that is returned with a result. The command decides whether and how to show them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/index.h"

struct warning {
    const char *text;
    struct place place; /* file NULL where no place is known */
};

struct warnings {
    struct arena *arena; /* owns items and texts; given by the creator of the list */
    struct warning *items;
    size_t count, capacity;
    struct index index; /* by place and text */
};

/** Add a warning; one that is there already, word for word at the same place, is not added again. */
void warnings_add(struct warnings *warnings, struct place place, const char *format, ...)
    PRINTF_LIKE(3, 4);
