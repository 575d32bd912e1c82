/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of `develop.watch`: which paths count, and what is to be done about a batch of changes. Pure but for
 * reading .dockerignore files when the rules are made.
 *
 *     if (!watch_rules_make(arena, project, &names, &warnings, &rules, err))
 *         return false;
 *     ...
 *     watch_rules_batch(arena, &rules, changes, count, &batch);
 *
 * Source: Compose Specification, develop; Docker Compose 5.5.0, `watch`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"
#include "spec/base/warnings.h"

struct arena;
struct ignore;
struct spec_hook;
struct spec_project;
struct spec_service;
struct spec_watch;

enum watch_action {
    WATCH_REBUILD,
    WATCH_RESTART,
    WATCH_SYNC,
    WATCH_SYNC_RESTART,
    WATCH_SYNC_EXEC,
};

struct watch_rule {
    const struct spec_service *service;
    const struct spec_watch *watch;
    enum watch_action action;
    const char *path;             /* absolute, cleaned */
    const char *context;          /* where the patterns of .dockerignore start, or NULL */
    const struct ignore *docker;  /* .dockerignore of the build, or NULL */
    const struct ignore *own;     /* built-in patterns and `ignore`, relative to `path` */
    const struct ignore *include; /* NULL: all */
};

struct watch_rules {
    struct watch_rule *items;
    size_t count, capacity;
};

/**
 * The rules of the services named (`names` empty: all).
 *
 * Errors: ERROR_INPUT for a rule that cannot work; ERROR_SYSTEM for a .dockerignore that cannot be read.
 */
bool watch_rules_make(struct arena *arena, const struct spec_project *project,
                      const struct strings *names, struct warnings *warnings,
                      struct watch_rules *ret_rules, struct error *err) WARN_UNUSED;
bool watch_rule_syncs(const struct watch_rule *rule);
/** Does a change of this absolute path count? */
bool watch_rule_matches(const struct watch_rule *rule, const char *path);
/** May something in this directory or below count, or the path of a rule come into being there? */
bool watch_rules_want(const struct watch_rules *rules, const char *directory);
/** Where the path of a sync rule is in the container. */
const char *watch_rule_target(struct arena *arena, const struct watch_rule *rule, const char *path);
/** Which directories must be watched: for each rule the one its path is in, or its nearest ancestor that exists. */
struct strings watch_rules_roots(struct arena *arena, const struct watch_rules *rules);

/** Something that is no longer what it was. */
struct watch_change {
    const char *path; /* absolute */
    bool gone;
    bool directory; /* says nothing to rules that only look at contents */
};

struct watch_file {
    const char *path;   /* here */
    const char *target; /* in the container */
    bool gone;
    bool directory;
    bool root_gone; /* the whole path of the rule is gone, this with it */
};

/** What one service gets. */
struct watch_sync {
    const struct spec_service *service;
    struct watch_file *files; /* each target once */
    size_t count, capacity;
};

struct watch_exec {
    const struct spec_service *service;
    const struct spec_hook *hook;
};

/** In the order in which it is done: rebuilds, syncs, restarts, execs. */
struct watch_batch {
    struct strings rebuilds; /* names of services */
    struct watch_sync *syncs;
    size_t sync_count, sync_capacity;
    struct strings restarts;
    struct watch_exec *execs;
    size_t exec_count, exec_capacity;
};

void watch_rules_batch(struct arena *arena, const struct watch_rules *rules,
                       const struct watch_change *changes, size_t count,
                       struct watch_batch *ret_batch);
bool watch_batch_is_empty(const struct watch_batch *batch);
