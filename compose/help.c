/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/help.h"

#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/observe/labels.h"
#include "spec/base/memory.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

enum {
    NARROWEST_COLUMN = 24, /* below this, descriptions move to a line of their own */
    BLOCK_INDENT = 16,
    SLACK = 5, /* a last word may stick out this far, so that it does not stand alone */
    COMMAND_COLUMN = 12,
};

static bool is_shown(const struct option *option)
{
    return !(option->flags & OPTION_HIDDEN) && !option->deprecated;
}

static int by_name(const void *a, const void *b)
{
    const struct option *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

const char *help_option_type(const struct option *option)
{
    if (option->type)
        return option->type;
    switch (option->kind) {
    case OPTION_BOOL:
        return "";
    case OPTION_STRING:
        return "string";
    case OPTION_INT:
        return "int";
    case OPTION_BYTES:
        return "bytes";
    case OPTION_LIST:
        return "stringArray";
    }
    return "";
}

static bool has_default(const struct option *option)
{
    const char *initial = option->initial;

    return initial && initial[0] && strcmp(initial, "0") != 0 && strcmp(initial, "false") != 0;
}

static void add_left(struct text *out, const struct option *option)
{
    const char *type = help_option_type(option);

    if (option->letter)
        text_addf(out, "  -%c, --%s", option->letter, option->name);
    else
        text_addf(out, "      --%s", option->name);
    if (type[0])
        text_addf(out, " %s", type);
}

static void add_description(struct text *out, const struct option *option)
{
    text_add(out, option->help ? option->help : "");
    if (!has_default(option))
        return;
    if (option->kind == OPTION_STRING)
        text_addf(out, " (default \"%s\")", option->initial);
    else
        text_addf(out, " (default %s)", option->initial);
}

/* How much of `s` goes on a line of `columns`; the break itself is dropped by the caller. */
static size_t line_length(const char *s, size_t columns)
{
    size_t length = strlen(s), at = 0, newline = 0;

    if (columns + SLACK > length)
        return length;
    for (size_t i = columns; i > 0 && at == 0; i--)
        if (strchr(" \t\n", s[i - 1]))
            at = i - 1;
    if (at == 0)
        return length;
    for (size_t i = 1; i < at; i++)
        if (s[i] == '\n')
            newline = i;
    return newline ? newline : at;
}

/* Write `s` from column `indent` on, broken at words so that it ends before `columns`. */
static void add_wrapped(struct text *out, const char *s, size_t indent, size_t columns)
{
    size_t room;
    bool first = true;

    if (columns < indent + NARROWEST_COLUMN) {
        indent = BLOCK_INDENT;
        text_add_char(out, '\n');
        text_add_repeat(out, ' ', indent);
    }
    room = columns > indent + NARROWEST_COLUMN ? columns - indent - SLACK : strlen(s) + 1;
    while (*s || first) {
        size_t length = line_length(s, room);

        if (!first) {
            text_add_char(out, '\n');
            text_add_repeat(out, ' ', indent);
        }
        first = false;
        for (size_t i = 0; i < length; i++) {
            text_add_char(out, s[i]);
            if (s[i] == '\n')
                text_add_repeat(out, ' ', indent);
        }
        s += length;
        if (*s)
            s++;
    }
    text_add_char(out, '\n');
}

static void add_options(struct text *out, const struct option *own, const struct option *common,
                        size_t columns)
{
    const struct option *tables[] = {own, common};
    const struct option **rows = NULL;
    size_t count = 0, capacity = 0, widest = 0;
    struct text left, right;

    text_init(&left, 0);
    text_init(&right, 0);
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct option *option = tables[i]; option && option->name; option++) {
            if (!is_shown(option))
                continue;
            rows = xgrow(rows, &capacity, count + 1, sizeof(*rows));
            rows[count++] = option;
            text_clear(&left);
            add_left(&left, option);
            if (left.length > widest)
                widest = left.length;
        }
    if (count > 0)
        qsort(rows, count, sizeof(*rows), by_name);
    for (size_t i = 0; i < count; i++) {
        text_clear(&left);
        text_clear(&right);
        add_left(&left, rows[i]);
        add_description(&right, rows[i]);
        text_add(out, left.bytes);
        text_add_repeat(out, ' ', widest - left.length + 3);
        add_wrapped(out, right.bytes, widest + 3, columns > 0 ? columns - 1 : 79);
    }
    free(rows);
    text_finish(&left);
    text_finish(&right);
}

static bool is_listed(const struct command *row, const char *group, unsigned want, unsigned without)
{
    bool below = strchr(row->name, ' ') != NULL;

    if (below != (group != NULL) || (row->flags & want) != want || (row->flags & without))
        return false;
    return !group || (text_starts_with(row->name, group) && row->name[strlen(group)] == ' ');
}

/* Names are padded to the longest of all that stand beside each other. */
static size_t command_column(const char *group, size_t skip)
{
    size_t column = COMMAND_COLUMN;

    for (const struct command *row = command_table; row->name; row++)
        if (is_listed(row, group, 0, COMMAND_HIDDEN) && strlen(row->name) - skip + 1 > column)
            column = strlen(row->name) - skip + 1;
    return column;
}

static void add_commands(struct text *out, const char *title, const char *group, unsigned want,
                         unsigned without)
{
    bool titled = false;
    size_t skip = group ? strlen(group) + 1 : 0, column = command_column(group, skip);

    for (const struct command *row = command_table; row->name; row++) {
        if (!is_listed(row, group, want, without))
            continue;
        if (!titled)
            text_addf(out, "\n%s:\n", title);
        titled = true;
        text_addf(out, "  %-*s%s\n", (int)column, row->name + skip, row->help);
    }
}

void help_command(struct text *out, const struct command *command, size_t columns)
{
    bool group = !command->body;

    text_addf(out, "Usage:  docker compose %s%s%s\n\n%s\n", command->name,
              group || command->body->usage[0] ? " " : "",
              group ? "[OPTIONS] COMMAND" : command->body->usage, command->help);
    text_add(out, "\nOptions:\n");
    add_options(out, group ? NULL : command->body->options, command_common_options, columns);
    if (group) {
        add_commands(out, "Commands", command->name, 0, COMMAND_HIDDEN);
        text_addf(out,
                  "\nRun 'docker compose %s COMMAND --help' for more information on a command.\n",
                  command->name);
    }
}

void help_root(struct text *out, const struct option *root_options, size_t columns)
{
    text_add(out,
             "Usage:  docker compose [OPTIONS] COMMAND\n\n"
             "Define and run multi-container applications with Docker\n\n"
             "Options:\n");
    add_options(out, root_options, NULL, columns);
    add_commands(out, "Management Commands", NULL, COMMAND_MANAGEMENT, COMMAND_HIDDEN);
    add_commands(out, "Commands", NULL, 0, COMMAND_HIDDEN | COMMAND_MANAGEMENT);
    text_add(out, "\nRun 'docker compose COMMAND --help' for more information on a command.\n");
    text_add(out, "\nThis program is compose " COMPOSE_OWN_VERSION
                  "; it behaves as Docker Compose v" LABELS_COMPOSE_VERSION ".\n");
}
