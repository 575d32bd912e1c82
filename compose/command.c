/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"

#include <string.h>

#include "spec/base/span.h"

#define COMMAND(body, name, aliases, flags, help) extern const struct command_body cmd_##body;
#define COMMAND_GROUP(name, flags, help)
#include "compose/commands.def"
#undef COMMAND
#undef COMMAND_GROUP

const struct command command_table[] = {
#define COMMAND(body, name, aliases, flags, help) {name, aliases, flags, help, &cmd_##body},
#define COMMAND_GROUP(name, flags, help)          {name, "", (flags), help, NULL},
#include "compose/commands.def"
#undef COMMAND
#undef COMMAND_GROUP
    {.name = NULL},
};

const struct option command_common_options[] = {
    {"dry-run", .kind = OPTION_BOOL, .help = "Execute command in dry run mode"},
    OPTION_END,
};

static bool is_alias(const struct command *command, const char *word)
{
    const char *at = command->aliases;
    size_t length = strlen(word);

    while (*at) {
        size_t step = strcspn(at, " ");

        if (step == length && memcmp(at, word, length) == 0)
            return true;
        at += step;
        at += strspn(at, " ");
    }
    return false;
}

static bool is_named(const struct command *command, const char *first, const char *second)
{
    const char *space = strchr(command->name, ' ');

    if (!space)
        return !second && (strcmp(command->name, first) == 0 || is_alias(command, first));
    if (!second || (size_t)(space - command->name) != strlen(first) ||
        !text_starts_with(command->name, first))
        return false;
    return strcmp(space + 1, second) == 0 || is_alias(command, second);
}

const struct command *command_find(int argc, char *const *argv, int *ret_words)
{
    if (argc == 0)
        return NULL;
    for (const struct command *row = command_table; argc > 1 && row->name; row++)
        if (is_named(row, argv[0], argv[1])) {
            *ret_words = 2;
            return row;
        }
    for (const struct command *row = command_table; row->name; row++)
        if (is_named(row, argv[0], NULL)) {
            *ret_words = 1;
            return row;
        }
    return NULL;
}

static bool refuse_like_docker(const struct command *command, const char *bound, int count,
                               struct error *err)
{
    return error_set(err, ERROR_USAGE,
                     "docker: 'docker compose %s' requires %s%d argument%s\n\n"
                     "Usage:  docker compose %s %s\n\n"
                     "Run 'docker compose %s --help' for more information",
                     command->name, bound, count, count == 1 ? "" : "s", command->name,
                     command->body->usage, command->name);
}

bool command_check_arguments(const struct command *command, const struct options *options,
                             struct error *err)
{
    const struct command_body *body = command->body;
    int count = (int)options->arguments.count;
    int most = body->max_arguments;

    if (most == ARGUMENTS_NONE && count > 0) {
        (void)error_set(err, ERROR_USAGE, "unknown command \"%s\" for \"docker compose %s\"",
                        options->arguments.items[0], command->name);
        return error_hint(err, "This command takes no arguments");
    }
    if (count >= body->min_arguments && (most <= 0 || count <= most))
        return true;
    if (command->flags & COMMAND_DOCKER_ARGUMENTS)
        return refuse_like_docker(command, most == body->min_arguments ? "" : "at least ",
                                  body->min_arguments, err);
    if (most == ARGUMENTS_ANY)
        return error_set(err, ERROR_USAGE, "requires at least %d arg(s), only received %d",
                         body->min_arguments, count);
    if (body->min_arguments == 0)
        return error_set(err, ERROR_USAGE, "accepts at most %d arg(s), received %d", most, count);
    if (most == body->min_arguments)
        return error_set(err, ERROR_USAGE, "accepts %d arg(s), received %d", most, count);
    return error_set(err, ERROR_USAGE, "accepts between %d and %d arg(s), received %d",
                     body->min_arguments, most, count);
}
