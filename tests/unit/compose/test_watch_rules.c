/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/watch/watch_rules.h"
#include "spec/base/text.h"
#include "spec/project.h"
#include "tests/unit/test.h"

struct fixture {
    struct arena *arena;
    struct spec_project *project;
    struct warnings warnings;
    struct watch_rules rules;
    struct error err;
    char *directory;
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

static void load(struct fixture *fixture, const char *yaml)
{
    static const char *const environment[] = {NULL};
    struct spec_load_options options = {.environment = environment, .project_name = "p"};
    char template[] = "/tmp/watch-XXXXXX";

    memset(fixture, 0, sizeof(*fixture));
    fixture->arena = arena_create();
    fixture->warnings.arena = fixture->arena;
    error_init(&fixture->err);
    fixture->directory = xstrdup(mkdtemp(template));
    put(fixture, "compose.yaml", yaml);
    strings_add(&options.files, fixture->arena, in(fixture, "compose.yaml"));
    fixture->project = spec_project_load(&options, &fixture->warnings, &fixture->err);
    assert_non_null(fixture->project);
}

static bool make(struct fixture *fixture)
{
    return watch_rules_make(fixture->arena, fixture->project, NULL, &fixture->warnings,
                            &fixture->rules, &fixture->err);
}

static void teardown(struct fixture *fixture)
{
    (void)unlink(in(fixture, "compose.yaml"));
    (void)unlink(in(fixture, ".dockerignore"));
    (void)unlink(in(fixture, "Dockerfile.dockerignore"));
    (void)rmdir(in(fixture, "here"));
    (void)rmdir(fixture->directory);
    free(fixture->directory);
    error_finish(&fixture->err);
    spec_project_destroy(fixture->project);
    arena_destroy(fixture->arena);
}

static const char sync_yaml[] =
    "services:\n"
    "  a:\n"
    "    build: .\n"
    "    develop:\n"
    "      watch:\n"
    "        - {path: src, action: sync, target: /app, ignore: [tmp/, \"**/*.o\"]}\n";

static bool matches(struct fixture *fixture, const char *name)
{
    return watch_rule_matches(&fixture->rules.items[0], in(fixture, name));
}

TEST(watch_matches_below_the_path_only)
{
    struct fixture fixture;

    load(&fixture, sync_yaml);
    assert_true(make(&fixture));
    assert_int_equal(fixture.rules.count, 1);
    assert_true(matches(&fixture, "src/main.c"));
    assert_true(matches(&fixture, "src"));
    assert_true(matches(&fixture, "src/deep/er/x"));
    assert_false(matches(&fixture, "srcs/main.c"));
    assert_false(matches(&fixture, "main.c"));
    teardown(&fixture);
}

TEST(watch_leaves_out_ignored_and_builtin_patterns)
{
    struct fixture fixture;

    load(&fixture, sync_yaml);
    put(&fixture, ".dockerignore", "src/secret\n*.md\n");
    assert_true(make(&fixture));
    assert_false(matches(&fixture, "src/tmp/x"));
    assert_false(matches(&fixture, "src/a/b.o"));
    assert_false(matches(&fixture, "src/secret"));
    assert_true(
        matches(&fixture, "src/readme.md")); /* patterns of .dockerignore start at the context */
    assert_false(matches(&fixture, "src/.git/index"));
    assert_false(matches(&fixture, "src/.main.c.swp"));
    assert_false(matches(&fixture, "src/main.c~"));
    assert_false(matches(&fixture, "src/.idea/workspace.xml"));
    assert_true(matches(&fixture, "src/.gitignore"));
    teardown(&fixture);
}

TEST(watch_takes_the_ignore_file_of_the_dockerfile_first)
{
    struct fixture fixture;

    load(&fixture, sync_yaml);
    put(&fixture, ".dockerignore", "src/a\n");
    put(&fixture, "Dockerfile.dockerignore", "src/b\n");
    assert_true(make(&fixture));
    assert_true(matches(&fixture, "src/a"));
    assert_false(matches(&fixture, "src/b"));
    teardown(&fixture);
}

TEST(watch_includes_narrow_the_match)
{
    struct fixture fixture;

    load(&fixture,
         "services:\n"
         "  a:\n"
         "    image: x\n"
         "    develop:\n"
         "      watch:\n"
         "        - {path: src, action: sync, target: /app, include: [\"**/*.c\", doc/]}\n");
    assert_true(make(&fixture));
    assert_true(matches(&fixture, "src/main.c"));
    assert_true(matches(&fixture, "src/x/y.c"));
    assert_true(matches(&fixture, "src/doc/readme"));
    assert_false(matches(&fixture, "src/main.h"));
    teardown(&fixture);
}

TEST(watch_prunes_directories_that_are_ignored_whole)
{
    struct fixture fixture;

    load(&fixture,
         "services:\n"
         "  a:\n"
         "    image: x\n"
         "    develop:\n"
         "      watch:\n"
         "        - {path: src, action: restart, ignore: [node_modules/, data, \"!data/keep\"]}\n");
    assert_true(make(&fixture));
    assert_true(watch_rules_want(&fixture.rules,
                                 fixture.directory)); /* the path may come into being there */
    assert_true(watch_rules_want(&fixture.rules, in(&fixture, "src")));
    assert_true(watch_rules_want(&fixture.rules, in(&fixture, "src/lib")));
    assert_true(watch_rules_want(&fixture.rules, in(&fixture, "src/data")));
    assert_false(watch_rules_want(&fixture.rules, in(&fixture, "src/node_modules")));
    assert_false(watch_rules_want(&fixture.rules, in(&fixture, "other")));
    teardown(&fixture);
}

TEST(watch_roots_are_the_nearest_directories_that_exist)
{
    struct fixture fixture;
    struct strings roots;

    load(&fixture,
         "services:\n"
         "  a:\n"
         "    image: x\n"
         "    develop:\n"
         "      watch:\n"
         "        - {path: here/not/yet, action: restart}\n"
         "        - {path: here/file, action: restart}\n");
    assert_int_equal(mkdir(in(&fixture, "here"), 0755), 0);
    assert_true(make(&fixture));
    roots = watch_rules_roots(fixture.arena, &fixture.rules);
    assert_int_equal(roots.count, 1);
    assert_string_equal(roots.items[0], in(&fixture, "here"));
    teardown(&fixture);
}

TEST(watch_skips_what_is_bind_mounted)
{
    struct fixture fixture;

    load(&fixture,
         "services:\n"
         "  a:\n"
         "    image: x\n"
         "    volumes: [\"./src:/app\"]\n"
         "    develop:\n"
         "      watch:\n"
         "        - {path: src/x, action: sync, target: /app/x}\n"
         "        - {path: src/conf, action: restart}\n");
    assert_true(make(&fixture));
    assert_int_equal(fixture.rules.count, 1);
    assert_int_equal(fixture.rules.items[0].action, WATCH_RESTART);
    assert_int_equal(fixture.warnings.count, 1);
    assert_string_equal(
        fixture.warnings.items[0].text,
        arena_printf(
            fixture.arena,
            "path '%s/src/x' also declared by a bind mount volume, this path won't be monitored!",
            fixture.directory));
    teardown(&fixture);
}

TEST(watch_refuses_to_rebuild_without_build)
{
    struct fixture fixture;
    char *message;

    load(&fixture,
         "services:\n"
         "  a:\n"
         "    image: x\n"
         "    develop:\n"
         "      watch:\n"
         "        - {path: src, action: rebuild}\n");
    assert_false(make(&fixture));
    message = error_message(&fixture.err);
    assert_string_equal(message,
                        "can't watch service \"a\" with action rebuild without a build context");
    free(message);
    teardown(&fixture);
}

static const char many_yaml[] =
    "services:\n"
    "  a:\n"
    "    build: .\n"
    "    develop:\n"
    "      watch:\n"
    "        - {path: src, action: sync+exec, target: /app, exec: {command: [make]}}\n"
    "        - {path: conf, action: sync+restart, target: /etc/a}\n"
    "        - {path: deps, action: rebuild}\n"
    "  b:\n"
    "    image: b\n"
    "    develop:\n"
    "      watch:\n"
    "        - {path: src, action: restart}\n"
    "        - {path: one.txt, action: sync, target: /srv/one.txt}\n";

TEST(watch_batch_sorts_changes_into_actions)
{
    struct fixture fixture;
    struct watch_batch batch;

    load(&fixture, many_yaml);
    assert_true(make(&fixture));

    struct watch_change changes[] = {
        {.path = in(&fixture, "src/x"), .directory = true},
        {.path = in(&fixture, "src/x/1")},
        {.path = in(&fixture, "src/x/2"), .gone = true},
        {.path = in(&fixture, "conf/c")},
        {.path = in(&fixture, "one.txt")},
    };

    watch_rules_batch(fixture.arena, &fixture.rules, changes, COUNT_OF(changes), &batch);
    assert_int_equal(batch.rebuilds.count, 0);
    assert_int_equal(batch.sync_count, 2);
    assert_string_equal(batch.syncs[0].service->name, "a");
    assert_int_equal(batch.syncs[0].count, 4);
    assert_string_equal(batch.syncs[0].files[1].target, "/app/x/1");
    assert_true(batch.syncs[0].files[2].gone);
    assert_string_equal(batch.syncs[0].files[3].target, "/etc/a/c");
    assert_string_equal(batch.syncs[1].files[0].target, "/srv/one.txt");
    assert_int_equal(batch.restarts.count, 2);
    assert_string_equal(batch.restarts.items[0], "a");
    assert_string_equal(batch.restarts.items[1], "b");
    assert_int_equal(batch.exec_count, 1);
    teardown(&fixture);
}

/* The target of a folder that is gone as a whole is not to be removed with what else it holds. */
TEST(watch_batch_knows_when_the_whole_folder_is_gone)
{
    struct fixture fixture;
    struct watch_batch batch;

    load(&fixture, many_yaml);
    assert_true(make(&fixture));

    struct watch_change changes[] = {
        {.path = in(&fixture, "conf/sub"), .directory = true, .gone = true},
        {.path = in(&fixture, "src"), .directory = true, .gone = true},
        {.path = in(&fixture, "src/x"), .directory = true, .gone = true},
        {.path = in(&fixture, "src/x/1"), .gone = true},
    };

    watch_rules_batch(fixture.arena, &fixture.rules, changes, COUNT_OF(changes), &batch);
    assert_int_equal(batch.syncs[0].count, 4);
    for (size_t i = 0; i < batch.syncs[0].count; i++) {
        assert_int_equal(batch.syncs[0].files[i].root_gone, i > 0);
        assert_int_equal(batch.syncs[0].files[i].directory, i < 3);
    }
    teardown(&fixture);
}

TEST(watch_batch_of_an_empty_directory_rebuilds_nothing)
{
    struct fixture fixture;
    struct watch_batch batch;

    load(&fixture, many_yaml);
    assert_true(make(&fixture));

    struct watch_change change = {.path = in(&fixture, "deps/empty"), .directory = true};

    watch_rules_batch(fixture.arena, &fixture.rules, &change, 1, &batch);
    assert_true(watch_batch_is_empty(&batch));
    change.directory = false;
    watch_rules_batch(fixture.arena, &fixture.rules, &change, 1, &batch);
    assert_int_equal(batch.rebuilds.count, 1);
    teardown(&fixture);
}
