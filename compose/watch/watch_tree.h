/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the watched files held when they were last looked at: kind, rights and a digest of the contents. Comparing tells
 * which of the dirty paths really changed, so that a touch does nothing, whatever was reported or lost.
 *
 *     tree = watch_tree_create(&rules);
 *     watch_tree_scan(tree);
 *     ...
 *     watch_tree_compare(tree, &dirty, 0, arena, &changes);
 *
 * Scanning and comparing read files: they run in a worker thread, one at a time, and touch nothing but the tree, the
 * arena and the rules, which never change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose/watch/watch_rules.h"

struct watch_tree;

struct watch_changes {
    struct watch_change *items;
    size_t count, capacity;
};

enum watch_compare {
    WATCH_COMPARE_ALL = 1 << 0, /* anything may be dirty */
    WATCH_COMPARE_TRUST =
        1 << 1, /* the paths named changed, for they were dirty before the first scan was over */
    WATCH_COMPARE_OWED =
        1 << 2, /* the paths named changed or are gone, for an earlier change was not acted upon */
};

/** `rules` are borrowed until it is destroyed. */
struct watch_tree *watch_tree_create(const struct watch_rules *rules);
void watch_tree_destroy(struct watch_tree *tree); /* NULL is allowed */
/** Take in what is there now, without calling it a change. */
void watch_tree_scan(struct watch_tree *tree);
/** Changes since the last look, in order of path; a directory that is gone stands before what was in it. */
void watch_tree_compare(struct watch_tree *tree, struct strings *dirty, unsigned flags,
                        struct arena *arena, struct watch_changes *ret_changes);
/** What a rule covers and was written after this instant, in order of path: for `initial_sync`. */
void watch_tree_newer(struct watch_tree *tree, const struct watch_rule *rule, int64_t instant_ns,
                      struct arena *arena, struct watch_changes *ret_changes);
size_t watch_tree_count(const struct watch_tree *tree);
