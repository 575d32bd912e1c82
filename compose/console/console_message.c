/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings and failures as text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "compose/console/source_excerpt.h"
#include "compose/console/terminal.h"
#include "compose/console/units.h"
#include "engine_client/instant.h"
#include "spec/base/error.h"
#include "spec/base/json_writer.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"
#include "spec/base/warnings.h"

static void add_now(struct text *out)
{
    units_add_rfc3339(out, instant_now() / NS_PER_SECOND * NS_PER_SECOND);
}

/* The quoting of the reference's log library: words of these characters stand bare. */
static void add_logfmt_value(struct text *out, const char *value)
{
    static const char bare[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/@^+";

    if (value[0] && value[strspn(value, bare)] == '\0') {
        text_add(out, value);
        return;
    }
    text_add_char(out, '"');
    for (const char *at = value; *at; at++) {
        unsigned char byte = (unsigned char)*at;

        if (byte == '"' || byte == '\\')
            text_addf(out, "\\%c", byte);
        else if (byte == '\n')
            text_add(out, "\\n");
        else if (byte == '\t')
            text_add(out, "\\t");
        else if (byte < ' ' || byte == 0x7f)
            text_addf(out, "\\x%02x", byte);
        else
            text_add_char(out, *at);
    }
    text_add_char(out, '"');
}

static void add_place(struct text *out, struct place place)
{
    text_add(out, place.file);
    if (place.line)
        text_addf(out, ":%u:%u", place.line, place.column);
}

static void add_json_warning(struct text *out, const char *message, struct place place)
{
    struct json_writer json;
    struct text scratch;

    text_init(&scratch, 0);
    add_now(&scratch);
    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_string(&json, "level", "warning");
    json_member_string(&json, "msg", message);
    if (place.file) {
        struct text where;

        text_init(&where, 0);
        add_place(&where, place);
        json_member_string(&json, "place", where.bytes);
        text_finish(&where);
    }
    json_member_string(&json, "time", scratch.bytes);
    json_object_close(&json);
    text_finish(&scratch);
}

static void warn_at(struct console *console, const char *message, struct place place)
{
    struct text line;

    text_init(&line, 0);
    if (console_mode(console) == PROGRESS_JSON) {
        add_json_warning(&line, message, place);
    } else if (terminal_is(STDERR_FILENO)) {
        text_addf(&line, "%sWARN%s[0000] ", console_colour(console, COLOUR_YELLOW),
                  console_plain(console));
        text_add_printable(&line, message, strlen(message));
        if (place.file && place.line) {
            text_add(&line, " (");
            add_place(&line, place);
            text_add_char(&line, ')');
        }
    } else {
        text_add(&line, "time=\"");
        add_now(&line);
        text_add(&line, "\" level=warning msg=");
        add_logfmt_value(&line, message);
        if (place.file && place.line) {
            struct text where;

            text_init(&where, 0);
            add_place(&where, place);
            text_add(&line, " place=");
            add_logfmt_value(&line, where.bytes);
            text_finish(&where);
        }
    }
    text_add_char(&line, '\n');
    console_write_note(console, line.bytes, line.length);
    text_finish(&line);
}

void console_warn(struct console *console, const char *format, ...)
{
    struct text message;
    va_list args;

    text_init(&message, LIMIT_MESSAGE_BYTES);
    va_start(args, format);
    text_vaddf(&message, format, args);
    va_end(args);
    warn_at(console, message.bytes, (struct place){0});
    text_finish(&message);
}

void console_warnings(struct console *console, const struct warnings *warnings)
{
    console_warnings_from(console, warnings, 0);
}

void console_warnings_from(struct console *console, const struct warnings *warnings, size_t first)
{
    for (size_t i = first; i < warnings->count; i++)
        warn_at(console, warnings->items[i].text, warnings->items[i].place);
}

static void add_failure(struct text *out, const struct error *err)
{
    char *message = error_message(err);
    struct place place = error_where(err);

    text_add(out, message);
    text_add_char(out, '\n');
    if (place.file && place.line > 0) {
        text_add(out, "  at ");
        add_place(out, place);
        text_add_char(out, '\n');
        source_excerpt_add(out, place);
    }
    if (err->details)
        text_add(out, err->details);
    if (err->hint)
        text_addf(out, "hint: %s\n", err->hint);
    free(message);
}

static void add_json_failure(struct text *out, const struct error *err)
{
    char *message = error_message(err);
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_bool(&json, "error", true);
    json_member_string(&json, "message", message);
    json_object_close(&json);
    text_add_char(out, '\n');
    free(message);
}

void console_error(struct console *console, const struct error *err)
{
    struct text out;

    text_init(&out, 0);
    /* Stopped by a signal or ended with a container's code: the reference prints one empty line. */
    if (err->kind == ERROR_CANCELED)
        text_add_char(&out, '\n');
    for (const struct error *at = err; at; at = at->next) {
        if (at->kind == ERROR_EXIT || at->kind == ERROR_CANCELED)
            continue;
        if (console_mode(console) == PROGRESS_JSON)
            add_json_failure(&out, at);
        else
            add_failure(&out, at);
    }
    if (err->unlisted > 0 && console_mode(console) != PROGRESS_JSON)
        text_addf(&out, "... and %zu more\n", err->unlisted);
    console_write_note(console, out.bytes, out.length);
    text_finish(&out);
}
