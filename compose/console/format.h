/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--format` of the listing commands: table, json (one object a line), `table TEMPLATE` and TEMPLATE, where a template
 * is the docker CLI's: `{{.Name}}`, `{{.Label "key"}}`, `{{json .}}`, `{{if .Health}}…{{else}}…{{end}}`, pipes
 * and the functions json, lower, upper, title, truncate, pad, print, println.
 * Source: Docker Compose 5.5.0, `ps --format`; docker CLI 28.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"

/** What `--help` says of such a flag. */
#define FORMAT_HELP                                                                                \
    "Format output using a custom template:\n"                                                     \
    "'table':            Print output in table format with column headers (default)\n"             \
    "'table TEMPLATE':   Print output in table format using the given Go template\n"               \
    "'json':             Print in JSON format\n"                                                   \
    "'TEMPLATE':         Print output using the given Go template.\n"                              \
    "Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"

struct arena;
struct text;

struct format_field {
    const char *name;   /* "RunningFor" */
    const char *header; /* "CREATED" */
    bool is_json;       /* the value is JSON text already: a number, a list */
    bool no_json;       /* known to templates, not part of the JSON object */
};

/** Append the value of a field; `argument` is that of `.Label "x"`, else NULL. */
typedef void format_value_fn(const void *row, const char *field, const char *argument,
                             struct text *out);

struct format {
    const struct format_field
        *fields; /* in the order of the JSON object; ends with a name of NULL */
    format_value_fn *value;
    const char *table;       /* template of the default table: "{{.Name}}\t{{.Status}}" */
    size_t minimum, padding; /* of the table's columns */
};

/**
 * Write `count` rows of `row_size` bytes each in the form that `how` asks for ("" is the default table).
 *
 * Errors: ERROR_USAGE for a template that cannot be read.
 */
bool format_print(const struct format *format, const char *how, const void *rows, size_t row_size,
                  size_t count, struct arena *arena, struct text *out,
                  struct error *err) WARN_UNUSED;

/** "abc…": at most `columns` wide. */
void format_add_ellipsis(struct text *out, const char *s, size_t columns);
/** In double quotes, with the escapes of Go's %q. */
void format_add_quoted(struct text *out, const char *s);
