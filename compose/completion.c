/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/completion.h"

#include <string.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/observe/containers.h"
#include "compose/observe/labels.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/listing.h"
#include "spec/project.h"

/* The directives of the protocol that are used here. */
enum {
    DIRECTIVE_NO_SPACE = 2,
    DIRECTIVE_NO_FILES = 4,
    DIRECTIVE_EXTENSIONS = 8,
    DIRECTIVE_DIRECTORIES = 16,
};

struct completion {
    struct text out;
    const char *typed; /* the word under the cursor */
    bool helps;        /* with a description behind each candidate */
    unsigned directive;
    struct arena *arena;
    const struct command *command;
    struct root_options root;
};

bool completion_is_asked(int argc, char *const *argv)
{
    return argc > 1 &&
           (strcmp(argv[1], "__complete") == 0 || strcmp(argv[1], "__completeNoDesc") == 0);
}

static void offer(struct completion *completion, const char *value, const char *help)
{
    if (!text_starts_with(value, completion->typed))
        return;
    text_add(&completion->out, value);
    if (completion->helps && help && help[0])
        text_addf(&completion->out, "\t%.*s", (int)strcspn(help, "\n"), help);
    text_add_char(&completion->out, '\n');
}

static void offer_flags(struct completion *completion, const struct option *rows)
{
    for (; rows && rows->name; rows++)
        if (!(rows->flags & OPTION_HIDDEN) && !rows->deprecated)
            offer(completion, arena_printf(completion->arena, "--%s", rows->name), rows->help);
}

static void offer_commands(struct completion *completion, const char *group)
{
    size_t skip = group ? strlen(group) + 1 : 0;

    for (const struct command *row = command_table; row->name; row++) {
        bool below = strchr(row->name, ' ') != NULL;

        if ((row->flags & COMMAND_HIDDEN) || below != (group != NULL) ||
            (group && (!text_starts_with(row->name, group) || row->name[skip - 1] != ' ')))
            continue;
        offer(completion, row->name + skip, row->help);
    }
}

/* NULL when it does not load: no candidates then, the command itself will say why. */
static struct spec_project *load_project(struct completion *completion)
{
    struct command_context context = {.root = &completion->root, .arena = completion->arena};
    struct spec_load_options options = session_load_options(&context);
    struct warnings warnings = {.arena = completion->arena};
    struct spec_project *project;
    struct error ignored;

    options.no_env_resolution = true;
    error_init(&ignored);
    project = spec_project_load(&options, &warnings, &ignored);
    error_finish(&ignored);
    return project;
}

static void offer_profiles(struct completion *completion)
{
    struct spec_project *project = load_project(completion);
    struct text lines;

    if (!project)
        return;
    text_init(&lines, 0);
    spec_list_profiles(&lines, project);
    for (const char *at = lines.bytes; *at;) {
        size_t length = strcspn(at, "\n");

        offer(completion, arena_strndup(completion->arena, at, length), NULL);
        at += length + (at[length] == '\n');
    }
    text_finish(&lines);
    spec_project_destroy(project);
}

/* All projects that have containers, running or not. */
static void offer_projects(struct completion *completion)
{
    struct session *session = session_create(&completion->root);
    struct engine_container_list list = {0};
    struct strings seen = {0};
    struct error ignored;
    struct span body;

    error_init(&ignored);
    if (!session_fetch(session, completion->arena, NULL, "/containers/json",
                       "all=1&filters=%7B%22label%22%3A%5B%22" LABEL_PROJECT "%22%5D%7D", &body,
                       &ignored) ||
        !engine_container_list_decode(completion->arena, body, &list, &ignored))
        list.count = 0;
    for (size_t i = 0; i < list.count; i++) {
        const char *name = containers_label(&list.items[i], LABEL_PROJECT);

        if (strings_contain(&seen, name))
            continue;
        strings_add(&seen, completion->arena, name);
        offer(completion, name, NULL);
    }
    error_finish(&ignored);
    session_destroy(session);
}

/* The values of `--name`: those of the table, else what the flag is known to take. */
static void offer_values(struct completion *completion, const struct option *option)
{
    const char *at = option->values;

    completion->directive = DIRECTIVE_NO_FILES;
    while (at && *at) {
        size_t length = strcspn(at, "|");

        offer(completion, arena_strndup(completion->arena, at, length), NULL);
        at += length + (at[length] == '|');
    }
    if (at)
        return;
    completion->directive = 0;
    if (strcmp(option->name, "file") == 0) {
        text_add(&completion->out, "yaml\nyml\n");
        completion->directive = DIRECTIVE_EXTENSIONS;
    } else if (strcmp(option->name, "project-directory") == 0) {
        completion->directive = DIRECTIVE_DIRECTORIES;
    } else if (strcmp(option->name, "project-name") == 0) {
        completion->directive = DIRECTIVE_NO_FILES;
        offer_projects(completion);
    } else if (strcmp(option->name, "profile") == 0) {
        completion->directive = DIRECTIVE_NO_FILES;
        offer_profiles(completion);
    }
}

static void offer_services(struct completion *completion)
{
    bool scale = strcmp(completion->command->name, "scale") == 0;
    struct spec_project *project = load_project(completion);

    completion->directive = DIRECTIVE_NO_FILES | (scale ? DIRECTIVE_NO_SPACE : 0);
    if (!project)
        return;
    const struct spec_service_map *maps[] = {&project->services, &project->disabled};

    for (size_t m = 0; m < COUNT_OF(maps); m++)
        for (size_t i = 0; i < maps[m]->count; i++)
            offer(completion,
                  scale ? arena_printf(completion->arena, "%s=", maps[m]->items[i].key)
                        : maps[m]->items[i].key,
                  NULL);
    spec_project_destroy(project);
}

static const struct option *find_option(const struct option *rows, const char *word)
{
    for (; rows && rows->name; rows++) {
        if (word[0] == '-' && word[1] == '-' && strcmp(word + 2, rows->name) == 0)
            return rows;
        if (word[0] == '-' && word[1] && word[1] == rows->letter && !word[2])
            return rows;
    }
    return NULL;
}

/* Does the word before the cursor wait for its value? */
static bool offer_pending_value(struct completion *completion, const struct option *rows,
                                const char *before)
{
    const struct option *option = before ? find_option(rows, before) : NULL;
    const char *equals = strchr(completion->typed, '=');

    if (option && option->kind != OPTION_BOOL) {
        offer_values(completion, option);
        return true;
    }
    if (equals && completion->typed[0] == '-') {
        option = find_option(rows, arena_strndup(completion->arena, completion->typed,
                                                 (size_t)(equals - completion->typed)));
        completion->typed = equals + 1;
        if (option)
            offer_values(completion, option);
        return true;
    }
    return false;
}

static void complete_root(struct completion *completion, const char *before)
{
    completion->directive = DIRECTIVE_NO_FILES;
    if (offer_pending_value(completion, root_option_rows, before))
        return;
    if (completion->typed[0] == '-')
        offer_flags(completion, root_option_rows);
    else
        offer_commands(completion, NULL);
}

static void complete_command(struct completion *completion, const char *before)
{
    const struct command *command = completion->command;
    const struct option *rows = command->body ? command->body->options : NULL;

    completion->directive = DIRECTIVE_NO_FILES;
    if (offer_pending_value(completion, rows, before))
        return;
    if (completion->typed[0] == '-') {
        offer_flags(completion, rows);
        offer_flags(completion, command_common_options);
    } else if (!command->body) {
        offer_commands(completion, command->name);
    } else if (!(command->flags & COMMAND_NO_SERVICES)) {
        offer_services(completion);
    } else {
        completion->directive = 0;
    }
}

int completion_answer(int argc, char *const *argv, struct arena *arena)
{
    struct completion completion = {.arena = arena,
                                    .typed = argv[argc - 1],
                                    .directive = 0,
                                    .helps = strcmp(argv[0], "__complete") == 0};
    const char *before;
    struct error err;
    int words;

    error_init(&err);
    text_init(&completion.out, 0);
    argc -= 2; /* the request itself and the word being typed */
    argv++;
    if (argc > 0 && strcmp(argv[0], "compose") == 0 && root_is_plugin()) {
        argc--;
        argv++;
    }
    before = argc > 0 ? argv[argc - 1] : NULL;
    if (argc < 0) {
        completion.typed = "";
        argc = 0;
    }
    /* A flag that waits for its value does not parse: take what stands before it, or nothing. */
    while (!root_parse_words(argc, argv, arena, &completion.root, &err) && argc > 0)
        argc--;
    completion.command = command_find(completion.root.argc, completion.root.argv, &words);
    if (completion.command)
        complete_command(&completion, before);
    else
        complete_root(&completion, before);
    error_finish(&err);
    text_addf(&completion.out, ":%u\n", completion.directive);
    if (write(STDOUT_FILENO, completion.out.bytes, completion.out.length) < 0)
        return 1;
    text_finish(&completion.out);
    return 0;
}
