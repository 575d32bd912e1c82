/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded project: the structs of model.h plus how they came to be. One arena holds all of it; it is read-only
 * after loading and dies in spec_project_destroy().
 *
 *     struct spec_load_options options = {.environment = environ};
 *     struct spec_project *project = spec_project_load(&options, &warnings, err);
 *     if (!project)
 *         return false;
 *     ...
 *     spec_project_destroy(project);
 *
 * Stages of the load: load.c lists them; each is a file. What the flags of `config` skip is a member of the options.
 */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/warnings.h"
#include "spec/model.h"

struct spec_node;

/** What to load. Zeroed memory plus `environment` is "the project of the current directory". Borrowed for the call. */
struct spec_load_options {
    struct strings files;     /* -f, in order; "-" is stdin. Empty: COMPOSE_FILE, then discovery */
    const char *project_name; /* -p, or NULL */
    const char *project_directory; /* --project-directory, or NULL */
    struct strings
        env_files; /* --env-file or COMPOSE_ENV_FILES (of the shell: an env file cannot name others) */
    struct strings profiles;        /* --profile */
    const char *const *environment; /* NULL-terminated "K=V", normally environ */

    bool no_interpolate, no_normalize, no_path_resolution, no_consistency;
    bool tree_only; /* load->tree is what is asked for: no structs are made of it */
    bool no_check;  /* neither schema nor rules (config --variables) */
    /* spec_project_read_service_files() neither reads nor drops env_file */
    bool no_env_resolution;
    bool all_profiles;  /* as --profile '*' */
    bool compatibility; /* names with _ */
};

/** How the project was loaded. Members are read-only. */
struct spec_load {
    struct arena *arena;
    const char *working_dir;     /* absolute */
    struct strings config_files; /* absolute; "-" for stdin */
    struct strings env_files; /* absolute; only those given with --env-file / COMPOSE_ENV_FILES */
    struct pairs environment; /* interpolation environment, sorted by name */
    struct strings profiles;  /* active ones */
    const struct spec_node *tree; /* the folded tree */
    bool compatibility;
    bool includes;          /* a file includes others */
    bool no_env_resolution; /* of the options */
};

/**
 * Load, fold, check and decode. NULL with `err` set (all errors of a stage, appended) on failure.
 * Warnings found on the way are added to `warnings` (borrowed).
 * Errors: ERROR_INPUT with places; ERROR_SYSTEM for files that cannot be read.
 */
struct spec_project *spec_project_load(const struct spec_load_options *options,
                                       struct warnings *warnings, struct error *err) WARN_UNUSED;
void spec_project_destroy(struct spec_project *project); /* NULL is allowed */

/** Only find the files, read .env and decide on the name. The tree is not loaded
 * further than `name` needs. The result has `name` and `load` only. For commands that act by name. */
struct spec_project *spec_project_locate(const struct spec_load_options *options,
                                         struct warnings *warnings, struct error *err) WARN_UNUSED;
/** An empty project of this name, for commands that rebuild the model from labels. */
struct spec_project *spec_project_named(const char *name);

/**
 * Keep the services that match the arguments (names or shell patterns), with their dependencies unless `no_deps`;
 * drop resources that are no longer used unless `all_resources`. Naming a service of an inactive profile
 * activates its profiles. `names` empty keeps every enabled service. Those left out are `disabled` afterwards.
 * Errors: `no such service: X`, with a suggestion.
 */
bool spec_project_select(struct spec_project *project, const struct strings *names, bool no_deps,
                         bool all_resources, struct error *err) WARN_UNUSED;

/**
 * Read the `env_file` and `label_file` of every enabled service into its environment and labels, and look up its
 * variables without a value. Call it once, after the selection: a file of a service that was left out may be missing.
 * Commands that use neither environment nor labels of a service (pull, build, down, ...) do not call it.
 * Errors: ERROR_INPUT, `env file PATH not found: ...`, for all services at once.
 * Source: Docker Compose 5.5.0, which reads the files of the services kept by the selection.
 */
bool spec_project_read_service_files(struct spec_project *project, struct warnings *warnings,
                                     struct error *err) WARN_UNUSED;

/** Enabled service by name, or NULL; `disabled` ones are in project->disabled. */
struct spec_service *spec_project_service(const struct spec_project *project, const char *name);
struct spec_network *spec_project_network(const struct spec_project *project, const char *key);
struct spec_volume *spec_project_volume(const struct spec_project *project, const char *key);
struct spec_secret *spec_project_secret(const struct spec_project *project, const char *key);
struct spec_config *spec_project_config(const struct spec_project *project, const char *key);
struct spec_model *spec_project_model(const struct spec_project *project, const char *key);
/** A service whose profiles are not active or that a selection has left out, or NULL. */
struct spec_service *spec_project_disabled(const struct spec_project *project, const char *name);
/** "no such service", with the nearest name there is. Returns false. */
bool spec_project_unknown(const struct spec_project *project, const char *name, struct error *err);
/** Services with dependencies before dependents; ties in order of name. In the project's arena. */
struct spec_service_list spec_project_services_in_order(const struct spec_project *project);
/** A variable of the interpolation environment, or NULL. */
const char *spec_project_variable(const struct spec_project *project, const char *name);

/** Deep copy that may be edited and hashed again; lives in `arena`. */
struct spec_service *spec_service_copy(struct arena *arena, const struct spec_service *service);
/** Image to run: `image`, else PROJECT-SERVICE (_ in compatibility mode). In the project's arena. */
const char *spec_service_image(const struct spec_project *project,
                               const struct spec_service *service);
/** scale, else deploy.replicas, else 1. */
int64_t spec_service_scale(const struct spec_service *service);
