/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/log_printer.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/console.h"
#include "engine_client/instant.h"
#include "engine_client/log_lines.h"
#include "spec/base/json_writer.h"
#include "spec/base/text.h"
#include "spec/base/utf8.h"

struct log_source {
    struct log_source *next;
    char *name, *service, *container;
    size_t width; /* of the name */
    const char *colour;
    bool in_line; /* log_printer_write() has begun a line */
};

struct log_printer {
    struct console *console;
    struct log_printer_options options;
    bool coloured;
    struct log_source *sources, **last;
    size_t widest, colours_given;
    struct log_source *open; /* whose line lacks its newline on the screen */
    bool open_on_stderr;
    struct text line;      /* being put together */
    struct text json_tail; /* begin of a UTF-8 sequence cut by a piece's end */
};

/* In this order, then in bold. */
static const char *const palette[] = {
    "\033[36m",   "\033[33m",   "\033[32m",   "\033[35m",   "\033[34m",
    "\033[36;1m", "\033[33;1m", "\033[32;1m", "\033[35;1m", "\033[34;1m",
};

struct log_printer *log_printer_create(struct console *console,
                                       const struct log_printer_options *options)
{
    struct log_printer *printer = xcalloc(1, sizeof(*printer));

    printer->console = console;
    printer->options = *options;
    printer->coloured = !options->no_colour && console_stdout_is_coloured(console);
    printer->last = &printer->sources;
    text_init(&printer->line, 0);
    text_init(&printer->json_tail, 0);
    return printer;
}

static void write_line(struct log_printer *printer, bool to_stderr)
{
    if (to_stderr)
        console_write_note(printer->console, printer->line.bytes, printer->line.length);
    else
        console_write(printer->console, printer->line.bytes, printer->line.length);
    text_clear(&printer->line);
}

/* A source went away in the middle of a line: whatever follows must not stand behind it. */
static void close_line(struct log_printer *printer)
{
    if (!printer->open)
        return;
    text_clear(&printer->line);
    text_add(&printer->line, printer->options.json ? "\"}\n" : "\n");
    write_line(printer, printer->open_on_stderr);
    printer->open = NULL;
}

void log_printer_destroy(struct log_printer *printer)
{
    struct log_source *next;

    if (!printer)
        return;
    close_line(printer);
    for (struct log_source *source = printer->sources; source; source = next) {
        next = source->next;
        free(source->name);
        free(source->service);
        free(source->container);
        free(source);
    }
    text_finish(&printer->line);
    text_finish(&printer->json_tail);
    free(printer);
}

static struct log_source *find_or_add(struct log_printer *printer, const char *name,
                                      const struct log_source *parent)
{
    struct log_source *source;

    for (source = printer->sources; source; source = source->next)
        if (strcmp(source->name, name) == 0)
            return source;
    source = xcalloc(1, sizeof(*source));
    source->name = xstrdup(name);
    source->width = utf8_width(name, strlen(name));
    source->colour =
        parent ? parent->colour : palette[printer->colours_given++ % COUNT_OF(palette)];
    *printer->last = source;
    printer->last = &source->next;
    return source;
}

struct log_source *log_printer_add(struct log_printer *printer, const char *name,
                                   struct log_source *parent)
{
    struct log_source *source = find_or_add(printer, name, parent);

    if (source->width > printer->widest)
        printer->widest = source->width;
    return source;
}

struct log_source *log_printer_add_unaligned(struct log_printer *printer, const char *name)
{
    return find_or_add(printer, name, NULL);
}

void log_printer_describe(struct log_source *source, const char *service, const char *container)
{
    free(source->service);
    free(source->container);
    source->service = xstrdup(service);
    source->container = xstrdup(container);
}

static void add_prefix(struct log_printer *printer, const struct log_source *source,
                       int64_t time_ns)
{
    struct text *line = &printer->line;

    if (!printer->options.no_prefix) {
        text_add(line, printer->coloured ? source->colour : "");
        text_add(line, source->name);
        text_add_repeat(line, ' ', printer->widest - source->width + 1);
        text_add(line, " | ");
        text_add(line, printer->coloured ? "\033[0m" : "");
    }
    if (printer->options.timestamps && time_ns != 0) {
        instant_add(line, time_ns);
        text_add_char(line, ' ');
    }
}

static void open_json(struct log_printer *printer, const struct log_source *source, bool is_stderr,
                      int64_t time_ns)
{
    struct json_writer json;
    struct text time;

    text_init(&time, 0);
    if (time_ns != 0)
        instant_add(&time, time_ns);
    json_begin(&json, &printer->line, 0);
    json_object_open(&json);
    json_member_string(&json, "time", time.bytes);
    json_member_string(&json, "service", source->service ? source->service : "");
    json_member_string(&json, "container", source->container ? source->container : source->name);
    json_member_string(&json, "stream", is_stderr ? "stderr" : "stdout");
    text_add(&printer->line, ",\"message\":\"");
    text_finish(&time);
}

/* How many bytes at the end may be the begin of a UTF-8 sequence that the next piece completes? */
static size_t unfinished_bytes(const char *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char byte = (unsigned char)bytes[length - back];

        if ((byte & 0xc0) == 0x80)
            continue;
        if ((byte >= 0xc0 && byte < 0xe0 && back < 2) ||
            (byte >= 0xe0 && byte < 0xf0 && back < 3) || (byte >= 0xf0 && back < 4))
            return back;
        return 0;
    }
    return 0;
}

/* The inside of a JSON string, which may come in pieces. */
static void add_json_bytes(struct log_printer *printer, struct span bytes, bool last)
{
    struct text *tail = &printer->json_tail;
    struct json_writer json;
    struct text quoted;
    size_t keep;

    text_add_bytes(tail, bytes.bytes, bytes.length);
    keep = last ? 0 : unfinished_bytes(tail->bytes, tail->length);
    text_init(&quoted, 0);
    json_begin(&json, &quoted, 0);
    json_string_n(&json, tail->bytes, tail->length - keep);
    text_add_bytes(&printer->line, quoted.bytes + 1, quoted.length - 2);
    text_finish(&quoted);
    text_drop_front(tail, tail->length - keep);
}

void log_printer_piece(struct log_printer *printer, struct log_source *source,
                       const struct engine_log_piece *piece)
{
    bool is_stderr = piece->stream == ENGINE_STDERR;
    bool to_stderr = is_stderr && printer->options.split;
    struct span bytes = piece->bytes;
    bool has_newline = piece->last && bytes.length > 0 && bytes.bytes[bytes.length - 1] == '\n';

    if (!piece->first && piece->bytes.length == 0 && printer->open != source)
        return; /* the end of a line that was closed already */
    /* A long line of the other stream came between: the rest stands on a line of its own. */
    if (piece->first || printer->open != source) {
        close_line(printer);
        text_clear(&printer->json_tail);
        if (printer->options.json)
            open_json(printer, source, is_stderr, piece->time_ns);
        else
            add_prefix(printer, source, piece->time_ns);
    }
    if (printer->options.json) {
        bytes.length -= has_newline;
        add_json_bytes(printer, bytes, piece->last);
        if (piece->last)
            text_add(&printer->line, "\"}\n");
        has_newline = piece->last;
    } else {
        text_add_bytes(&printer->line, bytes.bytes, bytes.length);
    }
    write_line(printer, to_stderr);
    printer->open = has_newline ? NULL : source;
    printer->open_on_stderr = to_stderr;
}

void log_printer_write(struct log_printer *printer, struct log_source *source, struct span bytes)
{
    while (bytes.length > 0) {
        const char *newline = memchr(bytes.bytes, '\n', bytes.length);
        size_t length = newline ? (size_t)(newline - bytes.bytes) + 1 : bytes.length;
        struct engine_log_piece piece = {
            .stream = ENGINE_STDOUT,
            .bytes = {bytes.bytes, length},
            .first = !source->in_line || printer->open != source,
            .last = newline != NULL,
        };

        log_printer_piece(printer, source, &piece);
        source->in_line = !newline;
        bytes.bytes += length;
        bytes.length -= length;
    }
}

void log_printer_hook(struct log_printer *printer, const char *name, struct span bytes)
{
    const char *arrow = strstr(name, " ->");
    struct log_source *parent = NULL;

    if (arrow) {
        char *container = xstrndup(name, (size_t)(arrow - name));

        parent = log_printer_add(printer, container, NULL);
        free(container);
    }
    log_printer_write(printer, log_printer_add(printer, name, parent), bytes);
}

void log_printer_status(struct log_printer *printer, struct log_source *source, const char *message)
{
    if (printer->options.json)
        return; /* nothing that a container has said */
    close_line(printer);
    /* The erase sequence stands there on a pipe too, as scripts know it. */
    text_addf(&printer->line, "%s\r\033[K%s %s\n%s", printer->coloured ? source->colour : "",
              source->name, message, printer->coloured ? "\033[0m" : "");
    write_line(printer, false);
}

void log_printer_watch(struct log_printer *printer, const char *message)
{
    if (printer->options.json)
        return;
    close_line(printer);
    if (!printer->options.no_prefix) {
        text_add(&printer->line, printer->coloured ? "\033[92m" : "");
        text_add_repeat(&printer->line, ' ', printer->widest + 1);
        text_add(&printer->line, " \u29bf ");
        text_add(&printer->line, printer->coloured ? "\033[0m" : "");
    }
    text_addf(&printer->line, "%s\n", message);
    write_line(printer, false);
}

void log_printer_end(struct log_printer *printer, struct log_source *source)
{
    if (printer->open == source)
        close_line(printer);
    source->in_line = false;
}
