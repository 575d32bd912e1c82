/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/documents.h"

#include <string.h>

#include "compose/command.h"
#include "compose/help.h"
#include "compose/root.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

/* Text as man(7) takes it: no line may begin with a dot or an apostrophe, and a hyphen is to stay one. */
static void add_roff(struct text *out, const char *s)
{
    bool at_start = true;

    for (; *s; s++) {
        if (at_start && (*s == '.' || *s == '\''))
            text_add(out, "\\&");
        if (*s == '-')
            text_add(out, "\\-");
        else if (*s == '\\')
            text_add(out, "\\e");
        else
            text_add_char(out, *s);
        at_start = *s == '\n';
    }
}

static bool is_shown(const struct option *option)
{
    return !(option->flags & OPTION_HIDDEN) && !option->deprecated;
}

static void add_option(struct text *out, const struct option *option)
{
    const char *type = help_option_type(option);

    text_add(out, ".TP\n");
    if (option->letter)
        text_addf(out, "\\fB\\-%c\\fR, ", option->letter);
    text_add(out, "\\fB\\-\\-");
    add_roff(out, option->name);
    text_add(out, "\\fR");
    if (type[0]) {
        text_add(out, " \\fI");
        add_roff(out, type);
        text_add(out, "\\fR");
    }
    text_add_char(out, '\n');
    add_roff(out, option->help ? option->help : "");
    if (option->initial && option->initial[0] && strcmp(option->initial, "0") != 0 &&
        strcmp(option->initial, "false") != 0) {
        text_add(out, " (default ");
        add_roff(out, option->initial);
        text_add_char(out, ')');
    }
    text_add_char(out, '\n');
}

static void add_options(struct text *out, const struct option *own, const struct option *common)
{
    text_add(out, ".SH OPTIONS\n");
    for (const struct option *option = own; option && option->name; option++)
        if (is_shown(option))
            add_option(out, option);
    for (const struct option *option = common; option && option->name; option++)
        if (is_shown(option))
            add_option(out, option);
    text_add(out, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nShow help.\n");
}

/* Commands directly below a group, or of the program. */
static bool is_below(const struct command *row, const struct command *group)
{
    size_t length;

    if (row->flags & COMMAND_HIDDEN)
        return false;
    if (!group)
        return strchr(row->name, ' ') == NULL;
    length = strlen(group->name);
    return text_starts_with(row->name, group->name) && row->name[length] == ' ';
}

static void add_commands(struct text *out, const struct command *group)
{
    text_add(out, ".SH COMMANDS\n");
    for (const struct command *row = command_table; row->name; row++) {
        if (!is_below(row, group))
            continue;
        text_add(out, ".TP\n\\fB");
        documents_man_name(out, row);
        text_add(out, "\\fR(1)\n");
        add_roff(out, row->help);
        text_add_char(out, '\n');
    }
}

void documents_man_name(struct text *out, const struct command *command)
{
    text_add(out, "docker-compose");
    if (!command)
        return;
    text_add_char(out, '-');
    for (const char *at = command->name; *at; at++)
        text_add_char(out, *at == ' ' ? '-' : *at);
}

void documents_man(struct text *out, const struct command *command)
{
    const char *usage = !command || !command->body ? "[OPTIONS] COMMAND" : command->body->usage;
    struct text name;

    text_init(&name, 0);
    documents_man_name(&name, command);
    text_add(out, ".TH ");
    add_roff(out, name.bytes);
    text_add(out, " 1 \"\" \"compose " COMPOSE_OWN_VERSION "\"\n.SH NAME\n");
    add_roff(out, name.bytes);
    text_add(out, " \\- ");
    add_roff(out, command ? command->help : "Define and run multi-container applications");
    text_add(out, "\n.SH SYNOPSIS\n\\fBdocker compose");
    if (command)
        text_addf(out, " %s", command->name);
    text_add(out, "\\fR ");
    add_roff(out, usage);
    text_add_char(out, '\n');
    if (!command)
        add_options(out, root_option_rows, NULL);
    else
        add_options(out, command->body ? command->body->options : NULL, command_common_options);
    if (!command || !command->body)
        add_commands(out, command);
    if (command)
        text_add(out, ".SH SEE ALSO\n\\fBdocker\\-compose\\fR(1)\n");
    text_finish(&name);
}

static void add_rows(struct text *out, const char *command, const struct option *rows)
{
    for (; rows && rows->name; rows++) {
        text_addf(out, "%s\t--%s\t%c\t%s\n", command, rows->name, rows->letter ? rows->letter : '-',
                  is_shown(rows) ? "shown" : "hidden");
        if (rows->alias)
            text_addf(out, "%s\t--%s\t-\thidden\n", command, rows->alias);
    }
}

void documents_table(struct text *out)
{
    add_rows(out, "compose", root_option_rows);
    for (const struct command *row = command_table; row->name; row++) {
        text_addf(out, "%s\t\t-\t%s\n", row->name,
                  row->flags & COMMAND_HIDDEN ? "hidden" : "shown");
        add_rows(out, row->name, row->body ? row->body->options : NULL);
    }
}
