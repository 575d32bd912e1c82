/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/text.h"

void error_init(struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
}

void error_finish(struct error *err)
{
    if (!err)
        return;
    for (size_t i = 0; i < err->frame_count; i++) {
        free(err->frames[i].text);
        free(err->frames[i].file);
    }
    free(err->frames);
    free(err->engine_message);
    free(err->hint);
    free(err->details);
    if (err->next) {
        error_finish(err->next);
        free(err->next);
    }
    error_init(err);
}

void error_move(struct error *to, struct error *from)
{
    error_finish(to);
    *to = *from;
    error_init(from);
}

static void set_place(struct error_frame *frame, struct place place)
{
    free(frame->file);
    frame->file = place.file ? xstrdup(place.file) : NULL;
    frame->place = place;
    frame->place.file = frame->file;
}

static struct error_frame *add_frame(struct error *err, char *text)
{
    struct error_frame *frame;

    err->frames = xrealloc(err->frames, (err->frame_count + 1) * sizeof(*err->frames));
    frame = &err->frames[err->frame_count++];
    *frame = (struct error_frame){.text = text};
    return frame;
}

void error_copy(struct error *to, const struct error *from)
{
    error_finish(to);
    *to = *from;
    to->frames = NULL;
    to->frame_count = 0;
    for (size_t i = 0; i < from->frame_count; i++)
        set_place(add_frame(to, xstrdup(from->frames[i].text)), from->frames[i].place);
    to->engine_message = from->engine_message ? xstrdup(from->engine_message) : NULL;
    to->hint = from->hint ? xstrdup(from->hint) : NULL;
    to->details = from->details ? xstrdup(from->details) : NULL;
    to->next = NULL;
    if (from->next) {
        to->next = xcalloc(1, sizeof(*to->next));
        error_copy(to->next, from->next);
    }
}

PRINTF_LIKE(1, 0) static char *format_text(const char *format, va_list args)
{
    char *made = NULL;

    if (vasprintf(&made, format, args) < 0)
        fatal("out of memory");
    return made;
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_finish(err);
    err->kind = kind;
    add_frame(err, format_text(format, args));
    va_end(args);
    return false;
}

bool error_set_at(struct error *err, enum error_kind kind, struct place place, const char *format,
                  ...)
{
    va_list args;

    va_start(args, format);
    error_finish(err);
    err->kind = kind;
    set_place(add_frame(err, format_text(format, args)), place);
    va_end(args);
    return false;
}

/* The words begin small, as in the messages of all that is written in Go; abbreviations stay. */
static char *errno_words(int number)
{
    char *words = xstrdup(strerror(number));

    if (isupper((unsigned char)words[0]) && islower((unsigned char)words[1]))
        words[0] = (char)tolower((unsigned char)words[0]);
    return words;
}

bool error_set_errno(struct error *err, const char *format, ...)
{
    int number = errno;
    va_list args;
    char *text, *words = errno_words(number);

    va_start(args, format);
    text = format_text(format, args);
    va_end(args);
    (void)error_set(err, ERROR_SYSTEM, "%s: %s", text, words);
    err->errno_value = number;
    free(words);
    free(text);
    return false;
}

bool error_set_engine(struct error *err, int status, const char *engine_message)
{
    (void)error_set(err, ERROR_ENGINE, "Error response from daemon: %s", engine_message);
    err->status = status;
    err->engine_message = xstrdup(engine_message);
    return false;
}

bool error_set_exit(struct error *err, int exit_code)
{
    error_finish(err);
    err->kind = ERROR_EXIT;
    err->exit_code = exit_code;
    return false;
}

bool error_wrap(struct error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_frame(err, format_text(format, args));
    va_end(args);
    return false;
}

bool error_place(struct error *err, struct place place)
{
    if (err->frame_count > 0 && !err->frames[0].place.file)
        set_place(&err->frames[0], place);
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    va_list args;

    if (err->hint)
        return false;
    va_start(args, format);
    err->hint = format_text(format, args);
    va_end(args);
    return false;
}

bool error_details(struct error *err, const char *lines)
{
    free(err->details);
    err->details = xstrdup(lines);
    return false;
}

bool error_append(struct error *err, struct error *more)
{
    struct error *last = err;
    size_t count = 1;

    if (!error_is_set(more))
        return !error_is_set(err);
    if (!error_is_set(err)) {
        error_move(err, more);
        return false;
    }
    for (; last->next; last = last->next)
        count++;
    if (count >= LIMIT_FAILURES) {
        err->unlisted++;
        error_finish(more);
        return false;
    }
    last->next = xcalloc(1, sizeof(*last->next));
    *last->next = *more;
    error_init(more);
    return false;
}

char *error_message(const struct error *err)
{
    struct text text;

    text_init(&text, 0);
    for (size_t i = err->frame_count; i > 0; i--) {
        text_add(&text, err->frames[i - 1].text);
        if (i > 1)
            text_add(&text, ": ");
    }
    return text_take(&text);
}

struct place error_where(const struct error *err)
{
    for (size_t i = 0; i < err->frame_count; i++)
        if (err->frames[i].place.file)
            return err->frames[i].place;
    return (struct place){0};
}
