/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From argv to one command: how the program was started, the root flags, the command's own, and at the end the
 * failure as text and as exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/completion.h"
#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/console/terminal.h"
#include "compose/exit_code.h"
#include "compose/help.h"
#include "compose/observe/labels.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/base/descriptor_limit.h"
#include "spec/base/suggest.h"
#include "spec/base/text.h"

static void print_help(struct console *console, const struct command *command)
{
    size_t columns, rows;
    struct text text;

    terminal_size(STDIN_FILENO, &columns, &rows);
    text_init(&text, 0);
    if (command)
        help_command(&text, command, columns);
    else
        help_root(&text, root_option_rows, columns);
    console_write(console, text.bytes, text.length);
    text_finish(&text);
}

static void show_notices(struct console *console, const struct strings *notices)
{
    for (size_t i = 0; i < notices->count; i++)
        console_note(console, "%s%s%s\n", console_colour(console, COLOUR_RED), notices->items[i],
                     console_plain(console));
}

static bool unknown_command(struct console *console, const char *word, struct error *err)
{
    struct suggestion near = suggestion_for(word);

    for (const struct command *row = command_table; row->name; row++)
        if (!(row->flags & COMMAND_HIDDEN))
            suggestion_consider(&near, row->name);
    print_help(console, NULL);
    (void)error_set(err, ERROR_USAGE, "unknown docker command: \"compose %s\"", word);
    if (near.best)
        error_hint(err, "Did you mean %s?", near.best);
    return false;
}

static bool run_command(struct session *session, const struct root_options *root,
                        struct arena *arena, struct error *err)
{
    struct console *console = session_console(session);
    int words = 0;
    const struct command *command = command_find(root->argc, root->argv, &words);
    struct options options;
    struct command_context context = {
        .root = root, .options = &options, .session = session, .console = console, .arena = arena};

    if (!command)
        return unknown_command(console, root->argv[0], err);
    if (!options_parse(command->body ? command->body->options : NULL, command_common_options,
                       command->flags & COMMAND_STOP_AT_ARGUMENT, root->argc - words,
                       root->argv + words, arena, &options, err))
        return false;
    if (options.help || !command->body) {
        print_help(console, command);
        return true;
    }
    show_notices(console, &options.notices);
    for (size_t i = 0; i < options.warnings.count; i++)
        console_warn(console, "%s", options.warnings.items[i]);
    if (!command_check_arguments(command, &options, err))
        return false;
    context.dry_run = root->dry_run || options_bool(&options, "dry-run");
    return command->body->run(&context, err);
}

static bool run_root(struct session *session, struct root_options *root, struct arena *arena,
                     struct error *err)
{
    static char version[] = "version";
    static char *version_argv[] = {version, NULL};

    show_notices(session_console(session), &root->notices);
    if (root->version) {
        root->argc = 1;
        root->argv = version_argv;
    }
    if (root->help && root->argc > 0) {
        int words;
        const struct command *command = command_find(root->argc, root->argv, &words);

        print_help(session_console(session), command);
        return true;
    }
    if (root->argc == 0) {
        print_help(session_console(session), NULL);
        return true;
    }
    if (strcmp(root->argv[0], "help") == 0) {
        int words;

        print_help(session_console(session), command_find(root->argc - 1, root->argv + 1, &words));
        return true;
    }
    return run_command(session, root, arena, err);
}

/* Asked by the docker CLI, which runs every plugin it finds: answer and touch nothing else. */
static bool answer_docker(int argc, char **argv)
{
    static const char metadata[] =
        "{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"The compose authors\","
        "\"Version\":\"v" LABELS_COMPOSE_VERSION
        "\","
        "\"ShortDescription\":\"Docker Compose\"}\n";

    if (argc < 2)
        return false;
    if (strcmp(argv[1], "docker-cli-plugin-metadata") == 0) {
        /* A docker CLI that does not read the answer does not want it. */
        if (write(STDOUT_FILENO, metadata, sizeof(metadata) - 1) < 0)
            return true;
        return true;
    }
    return strcmp(argv[1], "docker-cli-plugin-hooks") == 0;
}

/* An answer that did not arrive is a failure, also when nobody was left to tell it to. */
static bool check_stdout(struct session *session, int *ended_by, struct error *err)
{
    struct output *output = console_stdout(session_console(session));
    bool is_whole;
    int number;

    is_whole = session_flush(session, err->kind == ERROR_CANCELED);
    *ended_by = session_ended_by(session);
    number = output_failure(output);
    if (number == EPIPE)
        *ended_by = SIGPIPE;
    if (number == 0 && !is_whole && !error_is_set(err))
        return error_set(err, ERROR_CANCELED, "%s", "");
    if (number == 0 || number == EPIPE || session_tolerates_lost_output(session))
        return true;
    *ended_by = 0;
    error_finish(err);
    errno = number;
    return error_set_errno(err, "write /dev/stdout");
}

/* A program whose reader has gone dies of SIGPIPE, as the shell expects. */
static void die_of_broken_pipe(void)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)raise(SIGPIPE);
}

/*
 * Whoever starts us with one of the three closed would otherwise find it to be a socket of ours: what is opened first
 * gets the lowest number. Reading it gives the end, what is written to it is dropped.
 */
static void open_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 &&
            open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY) < 0)
            return; /* no /dev/null: as closed as before */
}

int main(int argc, char **argv)
{
    struct arena *arena;
    struct root_options root = {0};
    struct session *session;
    struct error err;
    bool good;
    int code, ended_by;

    open_standard_descriptors();
    descriptor_limit_raise();
    if (answer_docker(argc, argv))
        return 0;
    arena = arena_create();
    error_init(&err);
    if (completion_is_asked(argc, argv)) {
        code = completion_answer(argc - 1, argv + 1, arena);
        arena_destroy(arena);
        return code;
    }
    good = root_parse(argc - 1, argv + 1, arena, &root, &err);
    session = session_create(&root);
    if (good)
        good = run_root(session, &root, arena, &err);
    good = check_stdout(session, &ended_by, &err) && good;
    if (!good && ended_by != SIGPIPE)
        console_error(session_console(session), &err);
    (void)session_flush(
        session, err.kind == ERROR_CANCELED); /* who interrupts the message has seen enough of it */
    code = good ? 0 : exit_code_of(&err);
    session_destroy(session);
    error_finish(&err);
    arena_destroy(arena);
    if (ended_by == SIGPIPE)
        die_of_broken_pipe();
    return code;
}
