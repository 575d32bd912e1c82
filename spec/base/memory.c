/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fatal_hook_fn *fatal_hook;

void fatal_set_hook(fatal_hook_fn *hook)
{
    fatal_hook = hook;
}

void fatal(const char *format, ...)
{
    fatal_hook_fn *hook = fatal_hook;
    va_list args;

    fatal_hook = NULL;
    if (hook)
        hook();
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void *or_die(void *p)
{
    if (!p)
        fatal("out of memory");
    return p;
}

void *xmalloc(size_t size)
{
    return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return or_die(realloc(old, size ? size : 1));
}

void *xgrow(void *old, size_t *capacity, size_t need, size_t size)
{
    size_t room = *capacity;

    if (need <= room)
        return old;
    if (need > SIZE_MAX / 2)
        fatal("out of memory");
    while (room < need)
        room = room ? room * 2 : 8;
    if (size && room > SIZE_MAX / size)
        fatal("out of memory");
    *capacity = room;
    return xrealloc(old, room * size);
}

char *xstrdup(const char *s)
{
    return or_die(strdup(s));
}

char *xstrndup(const char *s, size_t length)
{
    return or_die(strndup(s, length));
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    char *made = NULL;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        made = NULL;
    va_end(args);
    return or_die(made);
}

void cleanup_free(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}
