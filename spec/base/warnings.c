/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/warnings.h"

#include <stdarg.h>

void warnings_add(struct warnings *warnings, struct place place, const char *format, ...)
{
    va_list args;
    const char *text, *key;

    va_start(args, format);
    text = arena_vprintf(warnings->arena, format, args);
    va_end(args);
    key = arena_printf(warnings->arena, "%s:%u:%u %s", place.file ? place.file : "", place.line,
                       place.column, text);
    if (index_find(&warnings->index, key) != INDEX_NONE)
        return;
    index_put(&warnings->index, warnings->arena, key, warnings->count);
    warnings->items = arena_grow(warnings->arena, warnings->items, &warnings->capacity,
                                 warnings->count + 1, sizeof(*warnings->items));
    if (place.file)
        place.file = arena_strdup(warnings->arena, place.file);
    warnings->items[warnings->count++] = (struct warning){text, place};
}
