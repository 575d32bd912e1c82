/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold: every document of every file goes through the same stages and is laid over what came before it. Includes
 * and extended files are folded by the same code.
 */
#pragma once

#include "spec/reset.h"
#include "spec/tree.h"

/** A file that was read but not folded yet: its documents in order. */
struct spec_source {
    const char *file;
    struct spec_source_document {
        struct spec_node *root;
        struct spec_marks marks;
    } * documents;
    size_t count, capacity;
};

struct spec_sources {
    struct spec_source *items;
    size_t count, capacity;
};

/** Read a file ("-" is stdin) and add it to the sources. Errors: those of reading and of YAML. */
bool spec_source_read(struct spec_tree *tree, const char *file, struct spec_sources *sources,
                      struct error *err) WARN_UNUSED;

/**
 * Fold all sources, then defaults, rules, paths and valueless variables. `*ret_root` is a map, empty when the files
 * say nothing. Errors: those of the stage that failed first, all of that stage.
 */
bool spec_fold(const struct spec_scope *scope, struct spec_sources *sources,
               struct spec_node **ret_root, struct error *err) WARN_UNUSED;

/** Fold one file for `extends`: neither its includes nor its own extends are followed, nothing is checked, and relative
 * paths are joined with the scope's prefix. `*ret_marks` are those of its last document. */
bool spec_fold_extended(const struct spec_scope *scope, struct spec_source *source,
                        struct spec_node **ret_root, struct spec_marks *ret_marks,
                        struct error *err) WARN_UNUSED;
