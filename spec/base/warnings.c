/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/warnings.h"

#include <stdarg.h>
#include <string.h>

static bool same_place(struct place a, struct place b)
{
    return a.line == b.line && a.column == b.column &&
           (a.file == b.file || (a.file && b.file && strcmp(a.file, b.file) == 0));
}

void warnings_add(struct warnings *warnings, struct place place, const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = arena_vprintf(warnings->arena, format, args);
    va_end(args);
    for (size_t i = 0; i < warnings->count; i++)
        if (same_place(warnings->items[i].place, place) && strcmp(warnings->items[i].text, text) == 0)
            return;
    warnings->items = arena_grow(warnings->arena, warnings->items, &warnings->capacity,
                                 warnings->count + 1, sizeof(*warnings->items));
    if (place.file)
        place.file = arena_strdup(warnings->arena, place.file);
    warnings->items[warnings->count++] = (struct warning){text, place};
}
