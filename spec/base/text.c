/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1] = "";

void text_init(struct text *text, size_t limit)
{
    *text = (struct text){.bytes = empty, .limit = limit};
}

void text_finish(struct text *text)
{
    if (text->capacity)
        free(text->bytes);
    text_init(text, text->limit);
}

void text_clear(struct text *text)
{
    text_truncate(text, 0);
    text->overflowed = false;
}

char *text_take(struct text *text)
{
    char *made = text->capacity ? text->bytes : xstrdup("");

    text_init(text, text->limit);
    return made;
}

/* Room for `more` bytes and the NUL; false when the limit forbids it. */
static bool reserve(struct text *text, size_t more)
{
    if (text->overflowed || (text->limit && more > text->limit - text->length)) {
        text->overflowed = true;
        return false;
    }
    if (text->length + more + 1 > text->capacity) {
        bool fresh = text->capacity == 0;

        text->bytes =
            xgrow(fresh ? NULL : text->bytes, &text->capacity, text->length + more + 1, 1);
        if (fresh)
            text->bytes[0] = '\0';
    }
    return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t length)
{
    if (length == 0 || !reserve(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *s)
{
    text_add_bytes(text, s, strlen(s));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_add_repeat(struct text *text, char c, size_t times)
{
    if (times == 0 || !reserve(text, times))
        return;
    memset(text->bytes + text->length, c, times);
    text->length += times;
    text->bytes[text->length] = '\0';
}

void text_vaddf(struct text *text, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0 || !reserve(text, (size_t)length))
        return;
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, args);
    text->length += (size_t)length;
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vaddf(text, format, args);
    va_end(args);
}

void text_drop_front(struct text *text, size_t count)
{
    if (count == 0)
        return;
    if (count > text->length)
        count = text->length;
    memmove(text->bytes, text->bytes + count, text->length - count);
    text_truncate(text, text->length - count);
}

void text_truncate(struct text *text, size_t length)
{
    if (text->capacity == 0 || length > text->length)
        return;
    text->length = length;
    text->bytes[length] = '\0';
}

void text_add_printable(struct text *text, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c < 0x20 || c == 0x7f)
            text_addf(text, "\\x%02x", c);
        else
            text_add_char(text, s[i]);
    }
}
