/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command is, and what it is handed when it runs.
 *
 * A command is one row of commands.def (name, help) and one file compose/commands/NAME.c that exports its body:
 *
 *     static const struct option option_rows[] = {…, OPTION_END};
 *     const struct command_body cmd_stop = {
 *         .usage = "[OPTIONS] [SERVICE...]", .options = option_rows, .run = run_stop,
 *     };
 *
 * The function returns true for exit code 0. Otherwise it sets the error: main() prints it and turns its
 * kind into the exit code; error_set_exit() ends with a container's code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "compose/options.h"
#include "spec/base/error.h"

struct arena;
struct console;
struct root_options;
struct session;

/** Everything lives until the command has returned. */
struct command_context {
    const struct root_options *root;
    struct options *options; /* of this command; `options->arguments` are the positional ones */
    struct session *session;
    struct console *console;
    struct arena *arena;
    bool dry_run; /* --dry-run before or behind the command's name */
};

typedef bool command_fn(struct command_context *context, struct error *err);

enum command_flag {
    COMMAND_HIDDEN = 1 << 0,
    COMMAND_MANAGEMENT = 1 << 1, /* listed apart in the root help */
    COMMAND_STOP_AT_ARGUMENT =
        1 << 2, /* what follows the first argument belongs to the container */
    COMMAND_DOCKER_ARGUMENTS =
        1 << 3, /* a wrong number of arguments is told in the docker CLI's style */
    COMMAND_NO_SERVICES = 1 << 4, /* arguments are not services: completion offers none */
};

enum { ARGUMENTS_ANY = 0 };

struct command_body {
    const char *usage; /* what follows the name: "[OPTIONS] SERVICE" */
    const struct option *options;
    int min_arguments;
    int max_arguments; /* ARGUMENTS_ANY: no upper bound; ARGUMENTS_NONE below */
    command_fn *run;
};

enum { ARGUMENTS_NONE = -1 };

struct command {
    const char *name;    /* "up"; "alpha viz" for a command below another */
    const char *aliases; /* space separated, hidden; "" for none */
    unsigned flags;
    const char *help;
    const struct command_body *body; /* NULL for a group, which only shows its help */
};

/** The rows of commands.def, sorted by name; ends with a name of NULL. */
extern const struct command command_table[];
/** Flags that every command takes. */
extern const struct option command_common_options[];

/**
 * The command that argv names, and how many words that took (2 below a group). NULL when there is none.
 */
const struct command *command_find(int argc, char *const *argv, int *ret_words);
/** Check the number of arguments; ERROR_USAGE. */
bool command_check_arguments(const struct command *command, const struct options *options,
                             struct error *err) WARN_UNUSED;
