/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/watch_rules.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compose/build/bake.h"
#include "engine_client/ignore.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* Never of interest: version control, and what editors leave beside the file that they write. */
static const char *const builtin_patterns[] = {
    "**/.git",          "**/*___jb_old___",
    "**/*___jb_tmp___", "**/.idea/**",
    "**/.#*",           "**/#*#",
    "**/4913",          "**/*~",
    "**/.*.swp",        "**/.*.swx",
    "**/.*.swo",        "**/.*.swn",
    "**/.*.kate-swp",   "**/*-go-tmp-umask",
};

static const struct {
    const char *name;
    enum watch_action action;
} action_names[] = {
    {"rebuild", WATCH_REBUILD},     {"restart", WATCH_RESTART},           {"sync", WATCH_SYNC},
    {"sync+exec", WATCH_SYNC_EXEC}, {"sync+restart", WATCH_SYNC_RESTART},
};

bool watch_rule_syncs(const struct watch_rule *rule)
{
    return rule->action == WATCH_SYNC || rule->action == WATCH_SYNC_RESTART ||
           rule->action == WATCH_SYNC_EXEC;
}

/* What follows `base` in `path`, without a leading slash: "" for base itself, NULL when it is not below. */
static const char *below(const char *base, const char *path)
{
    size_t length = strlen(base);

    if (strcmp(base, "/") == 0)
        return path + 1;
    if (strncmp(base, path, length) != 0 || (path[length] && path[length] != '/'))
        return NULL;
    return path[length] ? path + length + 1 : path + length;
}

static bool read_patterns(struct arena *arena, const char *file, const struct ignore **ret_ignore,
                          bool *ret_found, struct error *err)
{
    struct text content;
    bool good;

    text_init(&content, LIMIT_ENV_FILE_BYTES);
    good = file_read_whole(file, &content, err);
    *ret_found = good;
    if (good) {
        *ret_ignore = ignore_parse(arena, text_span(&content), file, err);
        good = *ret_ignore != NULL;
    } else if (err->kind == ERROR_SYSTEM &&
               (err->errno_value == ENOENT || err->errno_value == ENOTDIR)) {
        error_finish(err);
        good = true;
    }
    text_finish(&content);
    return good;
}

/* DOCKERFILE.dockerignore goes before .dockerignore. */
static bool read_docker_ignore(struct arena *arena, const struct spec_build *build,
                               struct watch_rule *rule, struct error *err)
{
    const char *dockerfile;
    bool found;

    if (!build || !build->context || bake_context_is_remote(build->context))
        return true;
    rule->context = path_clean(arena, build->context);
    dockerfile = build->dockerfile && build->dockerfile[0] ? build->dockerfile : "Dockerfile";
    if (!read_patterns(
            arena,
            arena_printf(arena, "%s.dockerignore", path_join(arena, rule->context, dockerfile)),
            &rule->docker, &found, err))
        return false;
    return found || read_patterns(arena, path_join(arena, rule->context, ".dockerignore"),
                                  &rule->docker, &found, err);
}

static const struct ignore *make_patterns(struct arena *arena, const char *const *builtin,
                                          size_t builtin_count, const struct strings *own,
                                          struct error *err)
{
    struct ignore *patterns = ignore_parse(arena, (struct span){"", 0}, "", err);

    for (size_t i = 0; patterns && i < builtin_count; i++)
        if (!ignore_add(patterns, builtin[i], err))
            return NULL;
    for (size_t i = 0; patterns && i < own->count; i++)
        if (!ignore_add(patterns, own->items[i], err))
            return NULL;
    return patterns;
}

/* A bind mount shows each change by itself. */
static bool is_bind_mounted(const struct spec_service *service, const char *path)
{
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (mount->type && strcmp(mount->type, "bind") == 0 && mount->source &&
            below(mount->source, path))
            return true;
    }
    return false;
}

static bool find_action(const char *name, enum watch_action *ret_action)
{
    for (size_t i = 0; i < COUNT_OF(action_names); i++)
        if (name && strcmp(action_names[i].name, name) == 0) {
            *ret_action = action_names[i].action;
            return true;
        }
    return false;
}

static bool make_rule(struct arena *arena, const struct spec_service *service,
                      const struct spec_watch *watch, struct watch_rule *ret_rule,
                      struct error *err)
{
    struct watch_rule rule = {.service = service, .watch = watch};

    if (!watch->path || !watch->path[0])
        return error_set(err, ERROR_INPUT, "a path is needed");
    if (!find_action(watch->action, &rule.action))
        return error_set(err, ERROR_INPUT, "unknown action \"%s\"",
                         watch->action ? watch->action : "");
    rule.path = path_clean(arena, watch->path);
    if (watch_rule_syncs(&rule) && (!watch->target || !watch->target[0]))
        return error_set(err, ERROR_INPUT, "action %s needs a target", watch->action);
    if (rule.action == WATCH_SYNC_EXEC && (!watch->exec || watch->exec->command.words.count == 0))
        return error_set(err, ERROR_INPUT, "action %s needs a command to exec", watch->action);
    rule.own =
        make_patterns(arena, builtin_patterns, COUNT_OF(builtin_patterns), &watch->ignore, err);
    if (!rule.own || !read_docker_ignore(arena, service->build, &rule, err))
        return false;
    if (watch->include.count > 0) {
        rule.include = make_patterns(arena, NULL, 0, &watch->include, err);
        if (!rule.include)
            return false;
    }
    *ret_rule = rule;
    return true;
}

static bool add_service(struct arena *arena, const struct spec_service *service,
                        struct warnings *warnings, struct watch_rules *rules, struct error *err)
{
    const struct spec_watch_list *list = service->develop ? &service->develop->watch : NULL;

    for (size_t i = 0; list && i < list->count; i++) {
        struct watch_rule rule;

        if (!make_rule(arena, service, list->items[i], &rule, err))
            return error_wrap(err, "services.%s.develop.watch[%zu]", service->name, i);
        if (rule.action == WATCH_REBUILD && !service->build)
            return error_set(
                err, ERROR_INPUT,
                "can't watch service \"%s\" with action rebuild without a build context",
                service->name);
        if (watch_rule_syncs(&rule) && is_bind_mounted(service, rule.path)) {
            warnings_add(
                warnings, (struct place){0},
                "path '%s' also declared by a bind mount volume, this path won't be monitored!",
                rule.path);
            continue;
        }
        rules->items = arena_grow(arena, rules->items, &rules->capacity, rules->count + 1,
                                  sizeof(*rules->items));
        rules->items[rules->count++] = rule;
    }
    return true;
}

bool watch_rules_make(struct arena *arena, const struct spec_project *project,
                      const struct strings *names, struct warnings *warnings,
                      struct watch_rules *ret_rules, struct error *err)
{
    struct watch_rules rules = {0};

    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        if (names && names->count > 0 && !strings_contain(names, service->name))
            continue;
        if (!add_service(arena, service, warnings, &rules, err))
            return false;
    }
    *ret_rules = rules;
    return true;
}

/* Is the path left out by a list of patterns that starts at `base`? For directories only when nothing in it comes back. */
static bool left_out(const struct ignore *patterns, const char *base, const char *path,
                     bool whole_directory)
{
    const char *relative = patterns && base ? below(base, path) : NULL;

    if (!relative || !*relative || !ignore_matches(patterns, relative))
        return false;
    return !whole_directory || !ignore_may_hold_exceptions(patterns, relative);
}

bool watch_rule_matches(const struct watch_rule *rule, const char *path)
{
    const char *relative = below(rule->path, path);

    if (!relative)
        return false;
    if (rule->include && *relative && !ignore_matches(rule->include, relative))
        return false;
    return !left_out(rule->docker, rule->context, path, false) &&
           !left_out(rule->own, rule->path, path, false);
}

static bool rule_wants(const struct watch_rule *rule, const char *directory)
{
    if (below(directory, rule->path))
        return true;
    return below(rule->path, directory) &&
           !left_out(rule->docker, rule->context, directory, true) &&
           !left_out(rule->own, rule->path, directory, true);
}

bool watch_rules_want(const struct watch_rules *rules, const char *directory)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rule_wants(&rules->items[i], directory))
            return true;
    return false;
}

const char *watch_rule_target(struct arena *arena, const struct watch_rule *rule, const char *path)
{
    return path_join(arena, rule->watch->target, below(rule->path, path));
}

struct strings watch_rules_roots(struct arena *arena, const struct watch_rules *rules)
{
    struct strings roots = {0};

    for (size_t i = 0; i < rules->count; i++) {
        const char *root = rules->items[i].path;
        struct stat status;

        /* The directory that holds it tells when the path itself is replaced. */
        do
            root = path_directory(arena, root);
        while (strcmp(root, "/") != 0 && (stat(root, &status) != 0 || !S_ISDIR(status.st_mode)));
        if (!strings_contain(&roots, root))
            strings_add(&roots, arena, root);
    }
    return roots;
}
