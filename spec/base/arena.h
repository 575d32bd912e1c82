/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: many small allocations that die together. One for a loaded project, one for an observed state,
 * one for a plan. Nothing in it is freed alone; arena_alloc() returns zeroed memory and never NULL.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "spec/base/memory.h"

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is allowed */

/** Zeroed memory, aligned for any type, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc));
/** Zeroed room for `count` items of `size` bytes. A product that does not fit ends the program like other lack of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc));
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0);
/** Room for `need` items of `size` bytes; the old block stays allocated until the arena dies. */
void *arena_grow(struct arena *arena, void *old, size_t *capacity, size_t need,
                 size_t size) WARN_UNUSED;
