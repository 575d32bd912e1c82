/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/documents.h"

#include <string.h>
#include <sys/stat.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/path.h"
#include "spec/base/text.h"

static bool write_page(struct arena *arena, const char *directory, const struct command *command,
                       struct error *err)
{
    struct text name, page;
    bool good;

    text_init(&name, 0);
    text_init(&page, 0);
    documents_man_name(&name, command);
    documents_man(&page, command);
    good = file_write_text(path_join(arena, directory, arena_printf(arena, "%s.1", name.bytes)),
                           text_span(&page), err);
    text_finish(&name);
    text_finish(&page);
    return good;
}

/* Commands of a hidden group are as hidden as the group. */
static bool is_hidden(const struct command *command)
{
    size_t group = strcspn(command->name, " ");

    for (const struct command *row = command_table; row->name; row++)
        if ((row->flags & COMMAND_HIDDEN) && strlen(row->name) == group &&
            memcmp(row->name, command->name, group) == 0)
            return true;
    return (command->flags & COMMAND_HIDDEN) != 0;
}

static bool write_pages(struct arena *arena, const char *directory, struct error *err)
{
    (void)mkdir(directory, 0755); /* if that fails, so does the first page */
    if (!write_page(arena, directory, NULL, err))
        return false;
    for (const struct command *row = command_table; row->name; row++)
        if (!is_hidden(row) && !write_page(arena, directory, row, err))
            return false;
    return true;
}

static bool run_documents(struct command_context *context, struct error *err)
{
    const char *kind = context->options->arguments.items[0];
    const char *what =
        context->options->arguments.count > 1 ? context->options->arguments.items[1] : "";
    struct text out;
    bool good = true;

    if (strcmp(kind, "man") == 0 && *what)
        return write_pages(context->arena, what, err);
    text_init(&out, 0);
    if (strcmp(kind, "table") == 0)
        documents_table(&out);
    else if (strcmp(kind, "completion") != 0 || !documents_completion(&out, what))
        good = error_set(err, ERROR_USAGE,
                         "expected: man DIRECTORY, completion bash|fish|zsh, or table");
    console_write(context->console, out.bytes, out.length);
    text_finish(&out);
    return good;
}

const struct command_body cmd_documents = {
    .usage = "man DIRECTORY | completion SHELL | table",
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run_documents,
};
