/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The project's builds as a bake file: which service becomes which target, with what tags, labels and outputs. Pure:
 * looks at nothing but the model and at symbolic links of a Dockerfile's directory. bake_run.h carries it out.
 *
 *     struct bake_file file = {.project = project, .services = &names, .options = &options};
 *     if (!bake_prepare(arena, &file, err))
 *         return false;
 *     bake_write(&text, &file);                    (what `build --print` shows)
 *
 * All services with a build section are targets, since one may be the context of another; those asked for are the
 * group. Source: Docker Compose 5.5.0, `build`; output of 2.40.3 with --print.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;
struct spec_build;
struct spec_project;
struct spec_service;
struct text;

/** The flags of `build`; zeroed memory is a build without any. Borrowed. */
struct bake_options {
    struct pairs arguments;        /* --build-arg, resolved */
    struct pairs proxies;          /* of the docker configuration, below all other arguments */
    struct pairs ssh;              /* --ssh: id and path (NULL: the agent) */
    const char *builder;           /* or NULL */
    const char *provenance, *sbom; /* or NULL */
    bool check, no_cache, pull, push, quiet;
    bool single_platform; /* up, run: build for the platform that runs it */
};

struct bake_target {
    const char *name; /* in the bake file */
    const char *image;
    const struct spec_service *service;
    struct strings platforms;
    bool wanted; /* in the group */
};

struct bake_file {
    const struct spec_project *project;
    const struct strings *services; /* whose images are wanted; NULL: all */
    const struct bake_options *options;

    /* Written by bake_prepare(). */
    struct bake_target *targets;
    size_t target_count;
    struct strings readable;  /* directories that the builds may read */
    struct pairs environment; /* variables that secrets are taken from */
    bool privileged;
};

/**
 * Decide on names and platforms. Additional contexts `service:X` pull X into the group.
 *
 * Errors: ERROR_INPUT for platforms that contradict each other, or a context that has no build section.
 */
bool bake_prepare(struct arena *arena, struct bake_file *file, struct error *err) WARN_UNUSED;
/** The bake file as indented JSON, with a newline. */
void bake_write(struct arena *arena, const struct bake_file *file, struct text *out);
/** The target of a service, or NULL. */
const struct bake_target *bake_target_of(const struct bake_file *file, const char *service);

/** --build-arg: "K=V", or "K" with the project's value; what is not set anywhere is left out. */
struct pairs bake_arguments(struct arena *arena, const struct spec_project *project,
                            const struct strings *flags);
/** --ssh: "default" or "ID=PATH". Errors: ERROR_USAGE, `invalid ssh key "x"`. */
bool bake_ssh_keys(struct arena *arena, const struct strings *flags, struct pairs *ret_keys,
                   struct error *err) WARN_UNUSED;
/** Is this build context something that the builder fetches (git, http), and not a directory? */
bool bake_context_is_remote(const char *context);
/** Labels that an image of this service gets, those of the build section included; sorted. */
struct pairs bake_labels(struct arena *arena, const struct spec_project *project,
                         const struct spec_service *service);
/** Arguments of a build: options over build.args over proxies; NULL values left out; sorted. */
struct pairs bake_build_arguments(struct arena *arena, const struct spec_project *project,
                                  const struct spec_build *build,
                                  const struct bake_options *options);
/** The platforms to build for, after DOCKER_DEFAULT_PLATFORM and `platform`. */
bool bake_platforms(struct arena *arena, const struct spec_project *project,
                    const struct spec_service *service, bool single_platform,
                    struct strings *ret_platforms, struct error *err) WARN_UNUSED;
