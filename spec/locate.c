/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/locate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/env_list.h"
#include "spec/file.h"
#include "spec/interpolate.h"
#include "spec/near_file.h"
#include "spec/project.h"
#include "spec/remote.h"

struct search {
    struct spec_tree *tree;
    const struct spec_load_options *options;
    struct spec_location *found;
    const char *cwd;
    struct error *err;
    struct strings read_files; /* of variables, the last time */
};

/* PWD when it really is the current directory (it keeps links that the user came through). */
static const char *current_directory(struct arena *arena,
                                     const struct spec_environment *environment)
{
    const char *pwd = spec_environment_get(environment, "PWD");
    struct stat logical, physical;
    const char *copy;
    char *real;

    if (pwd && path_is_absolute(pwd) && stat(pwd, &logical) == 0 && stat(".", &physical) == 0 &&
        logical.st_dev == physical.st_dev && logical.st_ino == physical.st_ino)
        return pwd;
    real = getcwd(NULL, 0);
    copy = arena_strdup(arena, real ? real : "/");
    free(real);
    return copy;
}

static struct strings split(struct arena *arena, const char *text, const char *separator)
{
    struct strings parts = {0};

    for (;;) {
        const char *end = strstr(text, separator);

        strings_add(&parts, arena,
                    arena_strndup(arena, text, end ? (size_t)(end - text) : strlen(text)));
        if (!end)
            return parts;
        text = end + strlen(separator);
    }
}

/* As Go reads a bool. */
static bool parse_bool(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *ret_value = strcmp(text, yes[i]) == 0;
            return true;
        }
    return false;
}

static const char *directory_of(const struct search *search, const struct strings *files)
{
    struct arena *arena = search->tree->arena;

    if (search->options->project_directory)
        return path_join(arena, search->cwd, search->options->project_directory);
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i], "-") != 0 && !spec_is_remote(files->items[i]))
            return path_directory(arena, path_join(arena, search->cwd, files->items[i]));
    return search->cwd;
}

/* The env files to read; those that were asked for, else `.env` of the working directory. */
static bool list_env_files(const struct search *search, struct strings *ret_files, bool *ret_asked)
{
    struct arena *arena = search->tree->arena;
    const struct spec_environment *environment = search->found->environment;
    const char *disabled = spec_environment_get(environment, "COMPOSE_DISABLE_ENV_FILE");
    const struct strings asked = search->options->env_files;
    struct strings files = {0};
    const char *usual = path_join(arena, search->found->working_dir, ".env");
    bool off = false;

    *ret_asked = asked.count > 0;
    for (size_t i = 0; i < asked.count; i++) {
        const char *file = asked.items[i], *home = search->tree->home;

        if (text_starts_with(file, "~/") && home)
            file = arena_printf(arena, "%s%s", home, file + 1);
        strings_add(&files, arena, path_join(arena, search->cwd, file));
    }
    if (asked.count == 0) {
        if (disabled && disabled[0] && !parse_bool(disabled, &off))
            return error_set(
                search->err, ERROR_INPUT,
                "COMPOSE_DISABLE_ENV_FILE: strconv.ParseBool: parsing \"%s\": invalid syntax",
                disabled);
        if (!off && spec_file_is_regular(usual))
            strings_add(&files, arena, usual);
    }
    *ret_files = files;
    return true;
}

static bool are_equal(const struct strings *a, const struct strings *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return a->count == b->count;
}

static bool read_env_files(struct search *search)
{
    struct strings files;
    bool asked;

    if (!list_env_files(search, &files, &asked))
        return false;
    if (asked)
        search->found->env_files = files;
    /* The same files say the same again; and a pipe can be read once. */
    if (are_equal(&files, &search->read_files))
        return true;
    search->read_files = files;
    return spec_env_list_read(search->found->environment, &files, search->tree->warnings,
                              search->err);
}

/* The first of the names that exists in the directory; further ones are told of. */
static const char *first_of(const struct search *search, const char *directory,
                            const char *const *names, size_t count, const char *what)
{
    struct arena *arena = search->tree->arena;
    struct strings found = {0};

    for (size_t i = 0; i < count; i++) {
        const char *file = path_join(arena, directory, names[i]);

        if (spec_file_exists(file))
            strings_add(&found, arena, file);
    }
    if (found.count == 0)
        return NULL;
    if (found.count > 1) {
        warnings_add(search->tree->warnings, (struct place){0},
                     "Found multiple %s files with supported names: %s", what,
                     strings_join(&found, arena, ", "));
        warnings_add(search->tree->warnings, (struct place){0}, "Using %s", found.items[0]);
    }
    return found.items[0];
}

/* From the working directory upwards. */
static void discover(const struct search *search)
{
    static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                        "docker-compose.yaml"};
    static const char *const overrides[] = {"compose.override.yml", "compose.override.yaml",
                                            "docker-compose.override.yml",
                                            "docker-compose.override.yaml"};
    struct arena *arena = search->tree->arena;
    const char *directory = search->found->working_dir;

    for (;;) {
        const char *file = first_of(search, directory, names, COUNT_OF(names), "config");

        if (file) {
            const char *override =
                first_of(search, directory, overrides, COUNT_OF(overrides), "override");

            strings_add(&search->found->files, arena, file);
            if (override)
                strings_add(&search->found->files, arena, override);
            return;
        }
        if (strcmp(directory, "/") == 0)
            return;
        directory = path_directory(arena, directory);
    }
}

static bool list_files(const struct search *search)
{
    struct arena *arena = search->tree->arena;
    const struct spec_environment *environment = search->found->environment;
    const char *list = spec_environment_get(environment, "COMPOSE_FILE");
    const char *separator = spec_environment_get(environment, "COMPOSE_PATH_SEPARATOR");
    const struct strings *asked = &search->options->files;
    struct strings split_list;
    bool of_variable = asked->count == 0 && list && list[0];

    if (of_variable) {
        split_list = split(arena, list, separator && separator[0] ? separator : ":");
        asked = &split_list;
    }
    if (asked->count == 0) {
        discover(search);
        return true;
    }
    for (size_t i = 0; i < asked->count; i++) {
        const char *file = asked->items[i];

        if (spec_is_remote(file))
            return spec_remote_refuse(search->err, (struct place){.file = NULL}, "load", file);
        if (strcmp(file, "-") != 0)
            file = path_join(arena, search->cwd, file);
        if (of_variable && strcmp(file, "-") != 0 && !spec_file_exists(file)) {
            (void)error_set(search->err, ERROR_SYSTEM, "stat %s: no such file or directory", file);
            return near_file_hint(search->err, arena, file);
        }
        strings_add(&search->found->files, arena, file);
    }
    return true;
}

static void list_profiles(const struct search *search)
{
    struct arena *arena = search->tree->arena;
    const char *list = spec_environment_get(search->found->environment, "COMPOSE_PROFILES");
    struct strings *profiles = &search->found->profiles;

    if (search->options->all_profiles)
        strings_add(profiles, arena, "*");
    for (size_t i = 0; i < search->options->profiles.count; i++)
        strings_add(profiles, arena, search->options->profiles.items[i]);
    if (profiles->count > 0 || !list)
        return;
    *profiles = split(arena, list, ",");
    for (size_t i = 0; i < profiles->count; i++) {
        const char *text = profiles->items[i] + strspn(profiles->items[i], " \t\r\n");
        size_t length = strlen(text);

        while (length > 0 && strchr(" \t\r\n", text[length - 1]))
            length--;
        profiles->items[i] = arena_strndup(arena, text, length);
    }
}

/* Lower case, only [a-z0-9_-], neither _ nor - in front. */
static const char *normal_name(struct arena *arena, const char *name)
{
    char *made = arena_alloc(arena, strlen(name) + 1), *end = made;

    for (; *name; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + ('a' - 'A')) : *name;
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (alphanumeric || ((c == '_' || c == '-') && end > made))
            *end++ = c;
    }
    return made;
}

static bool fail_name(const struct search *search, const char *name)
{
    const char *normal = normal_name(search->tree->arena, name);

    (void)error_set(
        search->err, ERROR_USAGE,
        "invalid project name \"%s\": must consist only of lowercase alphanumeric characters, "
        "hyphens, and underscores as well as start with a letter or number",
        name);
    return normal[0] ? error_hint(search->err, "write \"%s\"", normal) : false;
}

static bool ask_name(const struct search *search)
{
    const char *name = search->options->project_name;

    if (!name || !name[0])
        name = spec_environment_get(search->found->environment, "COMPOSE_PROJECT_NAME");
    if (!name || !name[0])
        return true;
    if (strcmp(normal_name(search->tree->arena, name), name) != 0)
        return fail_name(search, name);
    search->found->name = name;
    return true;
}

static bool hint_missing(const struct search *search)
{
    const char *near = near_file_compose(search->tree->arena, search->found->working_dir);

    if (near && !spec_file_exists(path_join(search->tree->arena, search->found->working_dir, near)))
        return error_hint(search->err, "%s is a link that leads nowhere", near);
    if (near)
        return error_hint(
            search->err,
            "%s is not looked for by that name: rename it to compose.yaml, or name it with -f",
            near);
    return error_hint(search->err, "name one with -f, or go to the folder of a compose.yaml");
}

bool spec_locate(struct spec_tree *tree, bool allow_no_file, struct spec_location *ret_location,
                 struct error *err)
{
    struct spec_environment *environment = arena_alloc(tree->arena, sizeof(*environment));
    struct search search = {
        .tree = tree, .options = tree->options, .found = ret_location, .err = err};

    environment->arena = tree->arena;
    *ret_location = (struct spec_location){.environment = environment};
    spec_environment_add_list(environment, tree->options->environment);
    tree->home = spec_environment_get(environment, "HOME");
    search.cwd = current_directory(tree->arena, environment);
    if (!spec_environment_get(environment, "PWD"))
        spec_environment_set(environment, "PWD", search.cwd);
    ret_location->working_dir = directory_of(&search, &tree->options->files);
    if (!read_env_files(&search) || !list_files(&search))
        return false;
    /* A .env beside a file that was found elsewhere is read below the first one. */
    ret_location->working_dir = directory_of(&search, &ret_location->files);
    if (!read_env_files(&search) || !ask_name(&search))
        return false;
    list_profiles(&search);
    if (ret_location->files.count > 0 || (allow_no_file && ret_location->name))
        return true;
    (void)error_set(err, ERROR_INPUT, "no configuration file provided: not found");
    return hint_missing(&search);
}

/* The last `name` of all documents. */
static const struct spec_node *written_name(const struct spec_sources *sources)
{
    const struct spec_node *name = NULL;

    for (size_t i = 0; i < sources->count; i++)
        for (size_t j = 0; j < sources->items[i].count; j++) {
            const struct spec_node *node =
                spec_node_get(sources->items[i].documents[j].root, "name");
            bool empty = !node || node->kind == SPEC_NULL || node->kind == SPEC_LIST ||
                         node->kind == SPEC_MAP ||
                         (node->kind == SPEC_STRING && node->string.length == 0);

            if (!empty)
                name = node;
        }
    return name;
}

static bool interpolate_name(struct spec_tree *tree, const struct spec_location *location,
                             const struct spec_node *name, const char **ret_name, struct error *err)
{
    const struct spec_scope scope = {.tree = tree, .environment = location->environment};
    struct spec_node *map = spec_node_new(tree->arena, SPEC_MAP, name->origin);
    struct spec_node *copy = spec_node_copy(tree->arena, name);

    spec_node_put(tree->arena, map, "name", copy, (struct place){0});
    if (!tree->options->no_interpolate && !spec_interpolate(&scope, map, err))
        return false;
    *ret_name = spec_node_scalar_text(tree->arena, copy);
    return true;
}

/* The directory's name; one that is a link to a directory of another name is told of. */
static const char *directory_name(struct spec_tree *tree, const char *directory)
{
    const char *name = path_base(tree->arena, directory);
    char *real = realpath(directory, NULL);

    if (real && strcmp(path_base(tree->arena, real), name) != 0)
        warnings_add(
            tree->warnings, (struct place){0},
            "project has been loaded without an explicit name from a symlink. Using name \"%s\"",
            normal_name(tree->arena, name));
    free(real);
    return normal_name(tree->arena, name);
}

bool spec_decide_name(struct spec_tree *tree, const struct spec_location *location,
                      const struct spec_sources *sources, const char **ret_name, struct error *err)
{
    const struct spec_node *written = location->name ? NULL : written_name(sources);
    const char *name = location->name;

    if (written) {
        if (!interpolate_name(tree, location, written, &name, err))
            return false;
        if (!tree->options->no_normalize)
            name = normal_name(tree->arena, name);
    } else if (!name || !name[0]) {
        name = directory_name(tree, location->working_dir);
    }
    if (!name || !name[0]) {
        (void)error_set(err, ERROR_INPUT, "project name must not be empty");
        return error_hint(err, "give one with -p or the top-level attribute `name`");
    }
    spec_environment_set(location->environment, "COMPOSE_PROJECT_NAME", name);
    *ret_name = name;
    return true;
}
