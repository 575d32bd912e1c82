/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one load while Compose files are folded into a tree, and what every stage on that tree has in common.
 * load.c runs the stages; each is a file with one function, and gets this state.
 *
 * After the last of them the tree is canonical, which is what decoding meets:
 *   build            map with `context`            depends_on        map of {condition, required, restart?}
 *   ports            list of maps                  volumes, devices  list of maps (type, source, target ...)
 *   secrets, configs list of {source ...}          env_file          list of {path, required, format?}
 *   networks, models map of map or null            dns, label_file   list
 *   gpus             list of maps                  build.ssh         map of id to path or null
 *   external         bool                          build.provenance, build.sbom   string
 *   build.additional_contexts                      map
 * Everything else keeps the form it was written in: command and healthcheck.test as string or list; dns_search, tmpfs,
 * no_cache_filter, watch include/ignore as string or list; mappings (environment, labels, args, sysctls,
 * annotations, extra_hosts) as map or list; a ulimit as number or map; durations, bytes and modes as text or number.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"
#include "spec/base/warnings.h"
#include "spec/environment.h"
#include "spec/node.h"

struct spec_load_options;
struct spec_extended_file;

/** One load: shared by the main files and everything that they include or extend. */
struct spec_tree {
    struct arena *arena;
    struct warnings *warnings;
    const struct spec_load_options *options;
    const char *home;               /* what ~ stands for, or NULL */
    struct index warned_variables;  /* unset variables that were told of */
    struct strings warned_versions; /* files whose `version` was told of */
    struct spec_extended_file
        *extended; /* files that services were taken from, read once (extends.c) */
    size_t nodes, alias_nodes, includes, interpolated_bytes; /* against the limits */
};

/** Count nodes that are about to be made. Errors: ERROR_INPUT at `place` when they are too many. */
bool spec_tree_count(struct spec_tree *tree, size_t nodes, struct place place,
                     struct error *err) WARN_UNUSED;

/** The limit was crossed, which has been told: what only makes more nodes may stop. */
bool spec_tree_is_full(const struct spec_tree *tree);

/** Files that are folded into one tree: the main ones, or those of one include. Borrowed by the stages. */
struct spec_scope {
    struct spec_tree *tree;
    struct spec_environment *environment;
    const char *base_dir; /* absolute: where include and extends look for files */
    const char *
        path_prefix; /* what relative paths are joined with: absolute, or relative to the includer's */
    const char *file;                  /* the one at hand */
    const struct spec_scope *includer; /* NULL for the main files; with `file` it tells cycles */
    bool resolve_paths;
};

/** `origin` with the variable that gave the value its text. */
const struct spec_origin *spec_origin_of_variable(struct arena *arena,
                                                  const struct spec_origin *origin,
                                                  const struct spec_environment *environment,
                                                  const char *name);
/** An origin in the tree's arena. */
const struct spec_origin *spec_origin_new(struct arena *arena, enum spec_origin_kind kind,
                                          struct place place, const char *detail,
                                          const struct spec_origin *via);

/** Note on a map and on its members that they came through `place`; `detail` says how. */
void spec_origin_mark(struct spec_tree *tree, struct spec_node *map, struct place place,
                      const char *detail);

/** A way into the tree, kept as segments on the stack of the walk, since keys may hold dots. */
struct spec_path {
    const struct spec_path *parent; /* NULL at the top, whose segment is empty */
    const char *key;                /* NULL for an item of a list */
    size_t index;
};

enum spec_path_style {
    SPEC_PATH_INDEX,    /* services.a.ports.0 */
    SPEC_PATH_BRACKETS, /* services.a.ports.[0] */
    SPEC_PATH_ANY,      /* services.a.ports.[] */
};

/** "services.a.ports.0" in the arena. */
const char *spec_path_text(struct arena *arena, const struct spec_path *path,
                           enum spec_path_style style);
