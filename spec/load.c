/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/project.h"

#include "spec/consistency.h"
#include "spec/decode.h"
#include "spec/env_files.h"
#include "spec/fold.h"
#include "spec/locate.h"
#include "spec/normalise.h"
#include "spec/profiles.h"

static bool read_sources(struct spec_tree *tree, const struct strings *files,
                         struct spec_sources *ret_sources, struct error *err)
{
    for (size_t i = 0; i < files->count; i++)
        if (!spec_source_read(tree, files->items[i], ret_sources, err))
            return false;
    return true;
}

static void fill_load(struct spec_load *load, const struct spec_tree *tree,
                      const struct spec_location *location)
{
    load->arena = tree->arena;
    load->working_dir = location->working_dir;
    load->config_files = location->files;
    load->env_files = location->env_files;
    load->environment = location->environment->variables;
    load->profiles = location->profiles;
    load->includes = tree->includes > 0;
    load->compatibility = tree->options->compatibility;
    load->no_env_resolution = tree->options->no_env_resolution;
    pairs_sort(&load->environment);
}

/* The files as one tree, checked, canonical and normalised. */
static bool load_tree(struct spec_tree *tree, const struct spec_location *location,
                      const char *name, struct spec_sources *sources, struct spec_node **ret_root,
                      struct error *err)
{
    struct spec_environment nothing = {.arena = tree->arena};
    bool raw = tree->options->tree_only;
    const struct spec_scope scope = {
        .tree = tree,
        .environment = raw ? &nothing : location->environment,
        .base_dir = location->working_dir,
        .path_prefix = location->working_dir,
        .resolve_paths = !tree->options->no_path_resolution,
    };
    struct spec_node *root;

    if (!spec_fold(&scope, sources, &root, err))
        return false;
    if (spec_node_count(root) == 0)
        return error_set_at(err, ERROR_INPUT, spec_node_place(root), "empty compose file");
    if (!tree->options->no_normalize)
        spec_normalise(tree, root, name, scope.environment);
    if (!raw ||
        !tree->options->no_normalize) /* the bare tree keeps what its files say, or nothing */
        spec_node_put(tree->arena, root, "name", spec_node_string(tree->arena, name, root->origin),
                      (struct place){0});
    *ret_root = root;
    return true;
}

/* What is done once the structs are there. */
static bool finish_project(struct spec_project *project, const struct spec_tree *tree,
                           struct error *err)
{
    const struct spec_load_options *options = tree->options;

    if (options->tree_only)
        return true;
    spec_profiles_apply(project, &project->load->profiles);
    return options->no_consistency || spec_consistency_check(project, err);
}

static bool load_project(struct spec_tree *tree, bool name_only, struct spec_project **ret_project,
                         struct error *err)
{
    struct spec_load *load = arena_alloc(tree->arena, sizeof(*load));
    struct spec_sources sources = {0};
    struct spec_location location;
    struct spec_project *project;
    struct spec_node *root = NULL;
    const char *name;

    if (!spec_locate(tree, name_only, &location, err) ||
        !read_sources(tree, &location.files, &sources, err) ||
        !spec_decide_name(tree, &location, &sources, &name, err))
        return false;
    if (!name_only && !load_tree(tree, &location, name, &sources, &root, err))
        return false;
    fill_load(load, tree, &location);
    load->tree = root;
    if (!root || tree->options->tree_only)
        project = arena_alloc(tree->arena, sizeof(*project));
    else if (!spec_decode(tree->arena, root, tree->warnings, &project, err))
        return false;
    project->name = name;
    project->load = load;
    *ret_project = project;
    return name_only || finish_project(project, tree, err);
}

static struct spec_project *load_in_arena(const struct spec_load_options *options, bool name_only,
                                          struct warnings *warnings, struct error *err)
{
    struct spec_tree tree = {.arena = arena_create(), .warnings = warnings, .options = options};
    struct spec_project *project = NULL;

    if (load_project(&tree, name_only, &project, err))
        return project;
    arena_destroy(tree.arena);
    return NULL;
}

struct spec_project *spec_project_load(const struct spec_load_options *options,
                                       struct warnings *warnings, struct error *err)
{
    return load_in_arena(options, false, warnings, err);
}

bool spec_project_read_service_files(struct spec_project *project, struct warnings *warnings,
                                     struct error *err)
{
    struct error fault = {.kind = ERROR_NONE};

    if (!project->load->no_env_resolution && !spec_env_files_resolve(project, warnings, &fault))
        (void)error_append(err, &fault);
    if (!spec_label_files_resolve(project, warnings, &fault))
        (void)error_append(err, &fault);
    return !error_is_set(err);
}

struct spec_project *spec_project_locate(const struct spec_load_options *options,
                                         struct warnings *warnings, struct error *err)
{
    return load_in_arena(options, true, warnings, err);
}

struct spec_project *spec_project_named(const char *name)
{
    struct arena *arena = arena_create();
    struct spec_project *project = arena_alloc(arena, sizeof(*project));

    project->load = arena_alloc(arena, sizeof(*project->load));
    project->load->arena = arena;
    project->load->working_dir = "";
    project->name = arena_strdup(arena, name);
    return project;
}

void spec_project_destroy(struct spec_project *project)
{
    if (project)
        arena_destroy(project->load->arena);
}
