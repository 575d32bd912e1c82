/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows up to a limit given at init. Always NUL-terminated. When an append would cross the limit the
 * text is marked `overflowed`, keeps what it had, and ignores what follows: check once at the end.
 *
 *     struct text out;
 *     text_init(&out, LIMIT_MESSAGE_BYTES);
 *     text_addf(&out, "%s: ", name);
 *     ...
 *     text_finish(&out);
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "spec/base/memory.h"
#include "spec/base/span.h"

struct text {
    char *bytes; /* never NULL after init; NUL at [length] */
    size_t length, capacity, limit;
    bool overflowed;
};

/** `limit` in bytes; 0 means no limit of its own. */
void text_init(struct text *text, size_t limit);
void text_finish(struct text *text); /* for CLEANUP too */
void text_clear(struct text *text);
/** Hand the bytes out (free() them); `text` is empty and usable afterwards. */
char *text_take(struct text *text);

void text_add(struct text *text, const char *s);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add_char(struct text *text, char c);
void text_add_repeat(struct text *text, char c, size_t times);
void text_addf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vaddf(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);
/** Drop `count` bytes from the front; the rest moves up. */
void text_drop_front(struct text *text, size_t count);
void text_truncate(struct text *text, size_t length);
/** Append `s` with control bytes shown as \xNN, so that a name cannot draw on the terminal. */
void text_add_printable(struct text *text, const char *s, size_t length);

static inline struct span text_span(const struct text *text)
{
    return (struct span){text->bytes, text->length};
}
