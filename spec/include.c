/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/include.h"

#include <errno.h>
#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/base/text.h"
#include "spec/env_list.h"
#include "spec/file.h"
#include "spec/fold.h"
#include "spec/merge.h"
#include "spec/remote.h"

/* One entry of `include`. */
struct entry {
    struct strings paths, env_files;
    const char *project_directory; /* or NULL */
    struct place place;
};

static bool read_texts(struct spec_tree *tree, const struct spec_node *node,
                       struct strings *ret_texts, struct error *err)
{
    if (!node || node->kind == SPEC_NULL)
        return true;
    if (node->kind == SPEC_STRING) {
        strings_add(ret_texts, tree->arena, node->string.bytes);
        return true;
    }
    for (size_t i = 0; i < spec_node_count(node); i++) {
        const char *text = node->kind == SPEC_LIST ? spec_node_text(node->list.items[i]) : NULL;

        if (!text)
            return error_set_at(err, ERROR_INPUT, spec_node_place(node),
                                "include: paths must be strings");
        strings_add(ret_texts, tree->arena, text);
    }
    return node->kind == SPEC_LIST ||
           error_set_at(err, ERROR_INPUT, spec_node_place(node), "include: paths must be strings");
}

static bool read_entry(struct spec_tree *tree, const struct spec_node *node,
                       struct entry *ret_entry, struct error *err)
{
    struct entry entry = {.place = spec_node_place(node)};

    if (node->kind == SPEC_STRING) {
        strings_add(&entry.paths, tree->arena, node->string.bytes);
    } else if (node->kind == SPEC_MAP) {
        const struct spec_node *directory = spec_node_get(node, "project_directory");

        if (!read_texts(tree, spec_node_get(node, "path"), &entry.paths, err) ||
            !read_texts(tree, spec_node_get(node, "env_file"), &entry.env_files, err))
            return false;
        entry.project_directory = spec_node_text(directory);
        if (entry.project_directory && !entry.project_directory[0])
            entry.project_directory = NULL;
    } else {
        return error_set_at(err, ERROR_INPUT, entry.place, "include must be a string or a mapping");
    }
    if (entry.paths.count == 0)
        return error_set_at(err, ERROR_INPUT, entry.place, "include: no path given");
    *ret_entry = entry;
    return true;
}

static bool check_cycle(const struct spec_scope *scope, const char *file, const struct entry *entry,
                        struct error *err)
{
    CLEANUP(text_finish) struct text words;
    const struct spec_scope *chain[LIMIT_INCLUDE_DEPTH + 2];
    size_t count = 0;
    bool found = false;

    text_init(&words, LIMIT_MESSAGE_BYTES);
    for (const struct spec_scope *at = scope; at; at = at->includer) {
        found = found || strcmp(at->file, file) == 0;
        if (count > LIMIT_INCLUDE_DEPTH)
            return error_set_at(err, ERROR_INPUT, entry->place,
                                "files include each other more than %u times", LIMIT_INCLUDE_DEPTH);
        chain[count++] = at;
    }
    if (++scope->tree->includes > LIMIT_INCLUDES)
        return error_set_at(err, ERROR_INPUT, entry->place,
                            "more than %u files are included and extended", LIMIT_INCLUDES);
    if (!found)
        return true;
    text_add(&words, "include cycle detected:");
    for (size_t i = count; i > 0; i--)
        text_addf(&words, "\n%s%s", i == count ? "" : " include ", chain[i - 1]->file);
    text_addf(&words, "\n include %s", file);
    return error_set_at(err, ERROR_INPUT, entry->place, "%s", words.bytes);
}

/* Directory and prefix of what is included, from its first file. */
static bool enter_scope(const struct spec_scope *scope, struct entry *entry,
                        struct spec_scope *ret_scope, struct error *err)
{
    struct arena *arena = scope->tree->arena;

    for (size_t i = 0; i < entry->paths.count; i++) {
        if (spec_is_remote(entry->paths.items[i]))
            return spec_remote_refuse(err, entry->place, "include", entry->paths.items[i]);
        entry->paths.items[i] = path_join(arena, scope->base_dir, entry->paths.items[i]);
    }
    if (!check_cycle(scope, entry->paths.items[0], entry, err))
        return false;
    *ret_scope = (struct spec_scope){.tree = scope->tree, .includer = scope, .resolve_paths = true};
    if (entry->project_directory) {
        ret_scope->base_dir = path_join(arena, scope->base_dir, entry->project_directory);
        ret_scope->path_prefix = path_is_absolute(entry->project_directory)
                                     ? entry->project_directory
                                     : path_relative(arena, scope->base_dir, ret_scope->base_dir);
    } else {
        ret_scope->base_dir = path_directory(arena, entry->paths.items[0]);
        ret_scope->path_prefix = path_relative(arena, scope->base_dir, ret_scope->base_dir);
    }
    return true;
}

/* The includer's variables win over those of the files. */
static bool read_variables(const struct spec_scope *scope, const struct entry *entry,
                           struct spec_scope *inner, struct error *err)
{
    struct spec_tree *tree = scope->tree;
    struct strings files = {0};
    const char *usual = path_join(tree->arena, inner->base_dir, ".env");

    if (entry->env_files.count == 0 && spec_file_is_regular(usual))
        strings_add(&files, tree->arena, usual);
    for (size_t i = 0; i < entry->env_files.count; i++) {
        const char *file = entry->env_files.items[i];

        if (strcmp(file, "/dev/null") == 0)
            continue;
        if (!path_is_absolute(file)) {
            file = path_join(tree->arena, scope->base_dir, file);
            if (!spec_file_exists(file)) {
                (void)spec_file_error(err, errno, "stat", file);
                return error_place(err, entry->place);
            }
        }
        strings_add(&files, tree->arena, file);
    }
    inner->environment = spec_environment_copy(tree->arena, scope->environment);
    return spec_env_list_read(inner->environment, &files, tree->warnings, err) ||
           error_place(err, entry->place);
}

/* Put the resources of one kind that came with the entry at `entry` below those of `root`. */
static bool import(const struct spec_scope *scope, struct place entry, const struct spec_node *from,
                   struct spec_node *root, const char *kind, const struct spec_marks *marks,
                   struct error *err)
{
    const struct spec_path top = {0}, path = {&top, kind, 0};
    struct spec_shape shape = spec_shape_member(spec_shape_root(), kind);
    struct arena *arena = scope->tree->arena;
    struct spec_node *resources = spec_node_get(root, kind);

    if (spec_node_count(from) == 0)
        return true;
    if (!spec_node_is(resources, SPEC_MAP)) {
        if (resources && resources->kind != SPEC_NULL)
            return error_set_at(err, ERROR_INPUT, spec_node_place(resources),
                                "%s must be a mapping", kind);
        resources = spec_node_new(arena, SPEC_MAP, from->origin);
        spec_node_put(arena, root, kind, resources, spec_node_place(from));
    }
    for (size_t i = 0; i < spec_node_count(from); i++) {
        const struct spec_member *member = &from->map.items[i];
        struct spec_node *own = spec_node_get(resources, member->key), *merged = member->value;
        const struct spec_path step = {&path, member->key, 0};

        spec_origin_mark(scope->tree, merged, entry, "include");

        if (own) {
            spec_reset_apply(merged, &step, marks);
            merged = spec_merge(scope->tree, merged, own, spec_shape_member(shape, member->key),
                                &step, err);
            if (!merged)
                return false;
        }
        spec_node_put(arena, resources, member->key, merged, member->place);
    }
    return true;
}

static bool include_entry(const struct spec_scope *scope, const struct spec_node *node,
                          struct spec_node *root, const struct spec_marks *marks, struct error *err)
{
    static const char *const kinds[] = {"services", "volumes", "networks",
                                        "secrets",  "configs", "models"};
    struct spec_sources sources = {0};
    struct spec_node *included;
    struct spec_scope inner;
    struct entry entry = {0};

    if (!read_entry(scope->tree, node, &entry, err) || !enter_scope(scope, &entry, &inner, err) ||
        !read_variables(scope, &entry, &inner, err))
        return false;
    for (size_t i = 0; i < entry.paths.count; i++)
        if (!spec_source_read(scope->tree, entry.paths.items[i], &sources, err))
            return error_place(err, entry.place);
    if (!spec_fold(&inner, &sources, &included, err))
        return false;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (!import(scope, entry.place, spec_node_get(included, kinds[i]), root, kinds[i], marks,
                    err))
            return false;
    return true;
}

bool spec_include(const struct spec_scope *scope, struct spec_node *root,
                  const struct spec_marks *marks, struct error *err)
{
    const struct spec_node *list = spec_node_get(root, "include");

    if (!list)
        return true;
    if (list->kind != SPEC_LIST && list->kind != SPEC_NULL) {
        (void)error_set_at(err, ERROR_INPUT, spec_node_place(list),
                           "`include` must be a list, got %s", spec_node_kind_name(list->kind));
        return error_hint(err, "write each file on a line of its own, behind a dash and a space");
    }
    for (size_t i = 0; i < spec_node_count(list); i++)
        if (!include_entry(scope, list->list.items[i], root, marks, err))
            return false;
    (void)spec_node_remove(root, "include");
    return true;
}
