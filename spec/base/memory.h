/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that cannot fail, and clean-up of locals.
 *
 * Running out of memory ends the program with one line: the state of a project lives in the engine, so the
 * next run recovers. The fatal hook lets the owner of the terminal restore it before that line is printed.
 *
 *     CLEANUP(cleanup_free) char *path = path_join(...);
 *     if (!good(path))
 *         return NULL;                 (freed)
 *     return TAKE(path);               (handed out)
 */
#pragma once

#include <stddef.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define TAKE(p)                                                                                    \
    __extension__({                                                                                \
        __typeof__(p) take_ = (p);                                                                 \
        (p) = NULL;                                                                                \
        take_;                                                                                     \
    })
#define WARN_UNUSED                 __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, first) __attribute__((format(printf, text_at, first)))
#define NORETURN                    __attribute__((noreturn))
#define UNUSED                      __attribute__((unused))
#define COUNT_OF(array)             (sizeof(array) / sizeof((array)[0]))

void *xmalloc(size_t size) __attribute__((malloc));
void *xcalloc(size_t count, size_t size) __attribute__((malloc));
void *xrealloc(void *old, size_t size) WARN_UNUSED;
/** Grow an array so that it has room for `need` items of `size` bytes; `*capacity` is updated. */
void *xgrow(void *old, size_t *capacity, size_t need, size_t size) WARN_UNUSED;
char *xstrdup(const char *s) __attribute__((malloc));
char *xstrndup(const char *s, size_t length) __attribute__((malloc));
char *xasprintf(const char *format, ...) PRINTF_LIKE(1, 2);

/** For `CLEANUP(cleanup_free)` on any pointer made by the functions above. */
void cleanup_free(void *pointer_to_pointer);

typedef void fatal_hook_fn(void);
/** The hook runs once, before the last line of a program that must end. */
void fatal_set_hook(fatal_hook_fn *hook);
/** End the program with one line on stderr and exit code 1. */
NORETURN void fatal(const char *format, ...) PRINTF_LIKE(1, 2);
