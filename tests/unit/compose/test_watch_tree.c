/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "compose/watch/inotify_tree.h"
#include "compose/watch/watch_tree.h"
#include "engine_client/ignore.h"
#include "spec/base/arena.h"
#include "spec/model.h"
#include "tests/unit/test.h"

/* One restart rule over a directory of its own, and what inotify says about it. */
struct fixture {
    struct arena *arena;
    char *directory;
    struct spec_service service;
    struct spec_watch watch;
    struct watch_rule rule;
    struct watch_rules rules;
    struct watch_tree *tree;
    struct watch_changes changes;
    struct strings dirty;
    uv_loop_t loop;
    struct inotify_tree *inotify;
    bool overflowed, blind;
};

static const char *in(struct fixture *fixture, const char *name)
{
    return arena_printf(fixture->arena, "%s/%s", fixture->directory, name);
}

static void put(struct fixture *fixture, const char *name, const char *content)
{
    FILE *file = fopen(in(fixture, name), "w");

    assert_non_null(file);
    (void)fputs(content, file);
    (void)fclose(file);
}

static void make_directory(struct fixture *fixture, const char *name)
{
    assert_int_equal(mkdir(in(fixture, name), 0755), 0);
}

static bool on_wants(void *owner, const char *directory)
{
    return watch_rules_want(&((struct fixture *)owner)->rules, directory);
}

static void on_dirty(void *owner, const char *path)
{
    struct fixture *fixture = owner;

    strings_add_copy(&fixture->dirty, fixture->arena, path);
}

static void on_overflow(void *owner)
{
    ((struct fixture *)owner)->overflowed = true;
}

static void on_blind(void *owner, const struct error *failure)
{
    (void)failure;
    ((struct fixture *)owner)->blind = true;
}

static void setup(struct fixture *fixture)
{
    static const struct inotify_tree_handlers handlers = {on_wants, on_dirty, on_overflow,
                                                          on_blind};
    char template[] = "/tmp/tree-XXXXXX";
    struct ignore *own;
    struct error err;

    memset(fixture, 0, sizeof(*fixture));
    error_init(&err);
    fixture->arena = arena_create();
    fixture->directory = xstrdup(mkdtemp(template));
    own = ignore_parse(fixture->arena, (struct span){"ignored", 7}, "", &err);
    fixture->service.name = "a";
    fixture->rule = (struct watch_rule){.service = &fixture->service,
                                        .watch = &fixture->watch,
                                        .action = WATCH_SYNC,
                                        .path = fixture->directory,
                                        .own = own};
    fixture->watch.target = "/t";
    fixture->rules = (struct watch_rules){.items = &fixture->rule, .count = 1, .capacity = 1};
    make_directory(fixture, "d");
    make_directory(fixture, "ignored");
    put(fixture, "d/one", "1");
    put(fixture, "two", "2");
    put(fixture, "ignored/x", "x");
    fixture->tree = watch_tree_create(&fixture->rules);
    watch_tree_scan(fixture->tree);
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->inotify = inotify_tree_create(&fixture->loop, &handlers, fixture, &err);
    assert_non_null(fixture->inotify);
    assert_true(inotify_tree_add(fixture->inotify, fixture->directory, &err));
}

static void teardown(struct fixture *fixture)
{
    inotify_tree_destroy(fixture->inotify);
    (void)uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    watch_tree_destroy(fixture->tree);
    assert_int_equal(system(arena_printf(fixture->arena, "rm -rf '%s'", fixture->directory)), 0);
    free(fixture->directory);
    arena_destroy(fixture->arena);
}

/* inotify events are there as soon as the call that caused them returns. */
static void compare(struct fixture *fixture)
{
    fixture->dirty.count = 0;
    (void)uv_run(&fixture->loop, UV_RUN_NOWAIT);
    watch_tree_compare(fixture->tree, &fixture->dirty, fixture->overflowed ? WATCH_COMPARE_ALL : 0,
                       fixture->arena, &fixture->changes);
    fixture->overflowed = false;
}

static void expect(struct fixture *fixture, size_t at, const char *name, bool gone)
{
    assert_true(at < fixture->changes.count);
    assert_string_equal(fixture->changes.items[at].path, in(fixture, name));
    assert_int_equal(fixture->changes.items[at].gone, gone);
}

TEST(tree_takes_in_what_counts)
{
    struct fixture fixture;

    setup(&fixture);
    assert_int_equal(watch_tree_count(fixture.tree), 4); /* the directory, d, d/one, two */
    assert_int_equal(inotify_tree_count(fixture.inotify), 2);
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 0);
    teardown(&fixture);
}

TEST(touch_and_equal_contents_are_no_change)
{
    struct fixture fixture;

    setup(&fixture);
    assert_int_equal(utimensat(AT_FDCWD, in(&fixture, "two"), NULL, 0), 0);
    put(&fixture, "d/one", "1");
    compare(&fixture);
    assert_true(fixture.dirty.count > 0);
    assert_int_equal(fixture.changes.count, 0);
    teardown(&fixture);
}

TEST(contents_rights_and_kind_are_changes)
{
    struct fixture fixture;

    setup(&fixture);
    put(&fixture, "two", "3");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    expect(&fixture, 0, "two", false);
    assert_int_equal(chmod(in(&fixture, "two"), 0700), 0);
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    assert_int_equal(unlink(in(&fixture, "two")), 0);
    assert_int_equal(symlink("d/one", in(&fixture, "two")), 0);
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    assert_int_equal(unlink(in(&fixture, "two")), 0);
    make_directory(&fixture, "two");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    assert_true(fixture.changes.items[0].directory);
    teardown(&fixture);
}

TEST(directory_made_later_is_followed)
{
    struct fixture fixture;

    setup(&fixture);
    make_directory(&fixture, "new");
    make_directory(&fixture, "new/deep");
    put(&fixture, "new/deep/file", "x");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 3);
    expect(&fixture, 0, "new", false);
    expect(&fixture, 1, "new/deep", false);
    expect(&fixture, 2, "new/deep/file", false);
    put(&fixture, "new/deep/file", "y");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    teardown(&fixture);
}

TEST(moved_directory_is_gone_and_new)
{
    struct fixture fixture;

    setup(&fixture);
    assert_int_equal(rename(in(&fixture, "d"), in(&fixture, "e")), 0);
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 4);
    expect(&fixture, 0, "d", true);
    expect(&fixture, 1, "d/one", true);
    expect(&fixture, 2, "e", false);
    expect(&fixture, 3, "e/one", false);
    put(&fixture, "e/one", "changed");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    expect(&fixture, 0, "e/one", false);
    teardown(&fixture);
}

TEST(directory_replaced_between_two_looks_is_looked_through)
{
    struct fixture fixture;

    setup(&fixture);
    assert_int_equal(rename(in(&fixture, "d"), in(&fixture, "ignored/d")), 0);
    make_directory(&fixture, "d");
    put(&fixture, "d/three", "3");
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 2);
    expect(&fixture, 0, "d/one", true);
    expect(&fixture, 1, "d/three", false);
    teardown(&fixture);
}

TEST(ignored_directory_says_nothing)
{
    struct fixture fixture;

    setup(&fixture);
    put(&fixture, "ignored/x", "y");
    compare(&fixture);
    assert_int_equal(fixture.dirty.count, 0);
    assert_int_equal(fixture.changes.count, 0);
    teardown(&fixture);
}

TEST(everything_is_compared_after_an_overflow)
{
    struct fixture fixture;
    struct strings none = {0};

    setup(&fixture);
    put(&fixture, "d/one", "long changed");
    assert_int_equal(unlink(in(&fixture, "two")), 0);
    make_directory(&fixture, "d/late");
    put(&fixture, "d/late/x", "x");
    watch_tree_compare(fixture.tree, &none, WATCH_COMPARE_ALL, fixture.arena, &fixture.changes);
    assert_int_equal(fixture.changes.count, 4);
    expect(&fixture, 0, "d/late", false);
    expect(&fixture, 1, "d/late/x", false);
    expect(&fixture, 2, "d/one", false);
    expect(&fixture, 3, "two", true);
    teardown(&fixture);
}

TEST(owed_changes_are_told_again)
{
    struct fixture fixture;
    struct strings owed = {0};

    setup(&fixture);
    assert_int_equal(unlink(in(&fixture, "two")), 0);
    compare(&fixture);
    assert_int_equal(fixture.changes.count, 1);
    strings_add(&owed, fixture.arena, in(&fixture, "two"));
    strings_add(&owed, fixture.arena, in(&fixture, "d/one"));
    strings_add(&owed, fixture.arena, in(&fixture, "never-there"));
    watch_tree_compare(fixture.tree, &owed, WATCH_COMPARE_OWED, fixture.arena, &fixture.changes);
    assert_int_equal(fixture.changes.count, 2);
    expect(&fixture, 0, "d/one", false);
    expect(&fixture, 1, "two", true);
    teardown(&fixture);
}

/* More events than the kernel keeps: nothing is missed, and nothing is told twice. */
TEST(overflow_of_the_queue_loses_no_change)
{
    enum { FILES = 20000 };
    struct fixture fixture;

    setup(&fixture);
    for (unsigned i = 0; i < FILES; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "d/f%u", i);
        put(&fixture, name, "x");
    }
    compare(&fixture);
    assert_int_equal(fixture.changes.count, FILES);
    assert_false(fixture.blind);
    teardown(&fixture);
}

TEST(newer_files_are_found_for_the_initial_sync)
{
    struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    struct fixture fixture;

    setup(&fixture);
    assert_int_equal(utimensat(AT_FDCWD, in(&fixture, "two"), times, 0), 0);
    watch_tree_destroy(fixture.tree);
    fixture.tree = watch_tree_create(&fixture.rules);
    watch_tree_scan(fixture.tree);
    watch_tree_newer(fixture.tree, &fixture.rule, 1500000000LL * 1000000000LL, fixture.arena,
                     &fixture.changes);
    assert_int_equal(fixture.changes.count, 1);
    expect(&fixture, 0, "d/one", false);
    teardown(&fixture);
}
