/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/build/bake.h"
#include "spec/base/text.h"
#include "spec/project.h"
#include "tests/unit/test.h"

/* A project in a directory of its own, and what is made of it. */
struct fixture {
    struct arena *arena;
    struct spec_project *project;
    struct bake_options options;
    struct bake_file file;
    struct error err;
    char directory[32], path[64];
    struct text json;
};

static void setup(struct fixture *fixture, const char *yaml, const char *const *environment)
{
    struct spec_load_options options = {.environment = environment, .project_name = "p"};
    struct warnings warnings;
    FILE *file;

    memset(fixture, 0, sizeof(*fixture));
    fixture->arena = arena_create();
    error_init(&fixture->err);
    text_init(&fixture->json, 0);
    (void)stpcpy(fixture->directory, "/tmp/bake-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    (void)stpcpy(stpcpy(fixture->path, fixture->directory), "/compose.yaml");
    file = fopen(fixture->path, "w");
    assert_non_null(file);
    (void)fputs(yaml, file);
    (void)fclose(file);
    warnings = (struct warnings){.arena = fixture->arena};
    strings_add(&options.files, fixture->arena, fixture->path);
    fixture->project = spec_project_load(&options, &warnings, &fixture->err);
    assert_non_null(fixture->project);
    fixture->file = (struct bake_file){.project = fixture->project, .options = &fixture->options};
}

static void write_file(struct fixture *fixture)
{
    assert_true(bake_prepare(fixture->arena, &fixture->file, &fixture->err));
    bake_write(fixture->arena, &fixture->file, &fixture->json);
}

static void teardown(struct fixture *fixture)
{
    (void)unlink(fixture->path);
    (void)rmdir(fixture->directory);
    text_finish(&fixture->json);
    error_finish(&fixture->err);
    spec_project_destroy(fixture->project);
    arena_destroy(fixture->arena);
}

static const char *const no_environment[] = {NULL};

TEST(bake_writes_every_attribute)
{
    static const char yaml[] =
        "services:\n"
        "  a:\n"
        "    build:\n"
        "      context: https://example.org/x.git\n"
        "      dockerfile: sub/Dockerfile\n"
        "      args: {A: \"x$${B}\", N: 1}\n"
        "      labels: {l: m}\n"
        "      tags: [\"x:1\"]\n"
        "      cache_from: [\"type=local,src=c\"]\n"
        "      cache_to: [\"type=local,dest=c\"]\n"
        "      target: t\n"
        "      secrets: [s1, {source: s2, target: tt}]\n"
        "      ssh: [default]\n"
        "      platforms: [linux/amd64]\n"
        "      pull: true\n"
        "      no_cache: true\n"
        "      no_cache_filter: [t]\n"
        "      network: host\n"
        "      shm_size: 64m\n"
        "      ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}\n"
        "      entitlements: [network.host]\n"
        "      privileged: true\n"
        "      extra_hosts: [\"h=1.2.3.4\", \"h=1.2.3.5\"]\n"
        "      provenance: mode=max\n"
        "      sbom: true\n"
        "secrets:\n"
        "  s1: {file: /key}\n"
        "  s2: {environment: SECRET}\n";
    static const char *const environment[] = {"SECRET=word", NULL};
    struct fixture fixture;

    setup(&fixture, yaml, environment);
    write_file(&fixture);
    assert_string_equal(
        fixture.json.bytes,
        "{\n  \"group\": {\n    \"default\": {\n      \"targets\": [\n        \"a\"\n      ]\n    }\n  },\n"
        "  \"target\": {\n    \"a\": {\n"
        "      \"context\": \"https://example.org/x.git\",\n"
        "      \"dockerfile\": \"sub/Dockerfile\",\n"
        "      \"args\": {\n        \"A\": \"x$${B}\",\n        \"N\": \"1\"\n      },\n"
        "      \"labels\": {\n        \"com.docker.compose.project\": \"p\",\n"
        "        \"com.docker.compose.service\": \"a\",\n"
        "        \"com.docker.compose.version\": \"5.5.0\",\n        \"l\": \"m\"\n      },\n"
        "      \"tags\": [\n        \"x:1\",\n        \"p-a\"\n      ],\n"
        "      \"cache-from\": [\n        \"type=local,src=c\"\n      ],\n"
        "      \"cache-to\": [\n        \"type=local,dest=c\"\n      ],\n"
        "      \"target\": \"t\",\n"
        "      \"secret\": [\n        \"id=s1,type=file,src=/key\",\n"
        "        \"id=tt,type=env,env=SECRET\"\n      ],\n"
        "      \"ssh\": [\n        \"default=\"\n      ],\n"
        "      \"platforms\": [\n        \"linux/amd64\"\n      ],\n"
        "      \"pull\": true,\n      \"no-cache\": true,\n      \"network\": \"host\",\n"
        "      \"no-cache-filter\": [\n        \"t\"\n      ],\n"
        "      \"shm-size\": \"67108864\",\n"
        "      \"ulimits\": [\n        \"nofile=100\",\n        \"nproc=1:2\"\n      ],\n"
        "      \"entitlements\": [\n        \"network.host\",\n        \"security.insecure\"\n      ],\n"
        "      \"extra-hosts\": {\n        \"h\": \"1.2.3.4,1.2.3.5\"\n      },\n"
        "      \"output\": [\n        \"type=docker\"\n      ],\n"
        "      \"attest\": [\n        \"type=provenance,mode=max\",\n        \"type=sbom\"\n      ]\n"
        "    }\n  }\n}\n");
    assert_true(fixture.file.privileged);
    assert_string_equal(pairs_find(&fixture.file.environment, "SECRET")->value, "word");
    teardown(&fixture);
}

TEST(bake_keeps_target_names_apart)
{
    static const char yaml[] =
        "services:\n"
        "  a.b: {build: /x}\n"
        "  a_b: {build: /y}\n";
    struct fixture fixture;

    setup(&fixture, yaml, no_environment);
    write_file(&fixture);
    assert_int_equal(fixture.file.target_count, 2);
    assert_string_equal(fixture.file.targets[0].name, "a_b");
    assert_string_equal(fixture.file.targets[1].name, "a_b_");
    teardown(&fixture);
}

TEST(bake_pulls_services_used_as_context_into_the_group)
{
    static const char yaml[] =
        "services:\n"
        "  app: {build: {context: /x, additional_contexts: {base: \"service:base\"}}}\n"
        "  base: {build: /y}\n"
        "  other: {build: /z}\n"
        "  idle: {build: /i, profiles: [never]}\n";
    struct fixture fixture;
    struct strings names = {0};

    setup(&fixture, yaml, no_environment);
    strings_add(&names, fixture.arena, "app");
    fixture.file.services = &names;
    write_file(&fixture);
    assert_true(bake_target_of(&fixture.file, "app")->wanted);
    assert_true(bake_target_of(&fixture.file, "base")->wanted);
    assert_false(bake_target_of(&fixture.file, "other")->wanted);
    assert_null(bake_target_of(&fixture.file, "idle"));
    assert_non_null(strstr(fixture.json.bytes, "\"base\": \"target:base\""));
    teardown(&fixture);
}

TEST(bake_output_follows_push_check_and_platforms)
{
    static const char yaml[] =
        "services:\n"
        "  many: {image: m, build: {context: /x, platforms: [linux/amd64, linux/arm64]}}\n"
        "  named: {image: n, build: /x}\n"
        "  nameless: {build: /x}\n";
    struct fixture fixture;

    setup(&fixture, yaml, no_environment);
    fixture.options.push = true;
    write_file(&fixture);
    assert_non_null(strstr(fixture.json.bytes, "\"type=image,push=true\""));
    assert_non_null(strstr(fixture.json.bytes, "\"type=registry\""));
    assert_non_null(strstr(fixture.json.bytes, "\"type=docker\""));
    text_clear(&fixture.json);
    fixture.options.check = true;
    write_file(&fixture);
    assert_null(strstr(fixture.json.bytes, "output"));
    assert_non_null(strstr(fixture.json.bytes, "\"call\": \"lint\""));
    teardown(&fixture);
}

TEST(bake_arguments_win_in_order)
{
    static const char yaml[] =
        "services:\n"
        "  a: {build: {context: /x, args: {OWN: file, BOTH: file, http_proxy: mine}}}\n";
    static const char *const environment[] = {"FROM_SHELL=shell", NULL};
    struct fixture fixture;
    struct strings flags = {0};
    struct pairs arguments;

    setup(&fixture, yaml, environment);
    strings_add(&flags, fixture.arena, "BOTH=flag");
    strings_add(&flags, fixture.arena, "FROM_SHELL");
    strings_add(&flags, fixture.arena, "NOWHERE");
    fixture.options.arguments = bake_arguments(fixture.arena, fixture.project, &flags);
    pairs_add(&fixture.options.proxies, fixture.arena, "http_proxy", "theirs");
    pairs_add(&fixture.options.proxies, fixture.arena, "no_proxy", "n");
    arguments =
        bake_build_arguments(fixture.arena, fixture.project,
                             spec_project_service(fixture.project, "a")->build, &fixture.options);
    assert_int_equal(arguments.count, 5);
    assert_string_equal(pairs_find(&arguments, "BOTH")->value, "flag");
    assert_string_equal(pairs_find(&arguments, "FROM_SHELL")->value, "shell");
    assert_string_equal(pairs_find(&arguments, "OWN")->value, "file");
    assert_string_equal(pairs_find(&arguments, "http_proxy")->value, "mine");
    assert_string_equal(pairs_find(&arguments, "no_proxy")->value, "n");
    teardown(&fixture);
}

TEST(bake_refuses_a_default_platform_that_is_not_built)
{
    static const char yaml[] =
        "services:\n"
        "  a: {build: {context: /x, platforms: [linux/arm64]}}\n";
    static const char *const environment[] = {"DOCKER_DEFAULT_PLATFORM=linux/amd64", NULL};
    struct fixture fixture;
    char *message;

    setup(&fixture, yaml, environment);
    assert_false(bake_prepare(fixture.arena, &fixture.file, &fixture.err));
    message = error_message(&fixture.err);
    assert_string_equal(message,
                        "service \"a\" build.platforms does not support value set by "
                        "DOCKER_DEFAULT_PLATFORM: linux/amd64");
    free(message);
    teardown(&fixture);
}

TEST(bake_builds_one_platform_to_run_it)
{
    static const char yaml[] =
        "services:\n"
        "  own: {platform: linux/arm64, build: {context: /x, platforms: [linux/amd64, linux/arm64]}}\n"
        "  any: {build: {context: /x, platforms: [linux/amd64, linux/arm64]}}\n";
    struct fixture fixture;

    setup(&fixture, yaml, no_environment);
    fixture.options.single_platform = true;
    write_file(&fixture);
    assert_int_equal(bake_target_of(&fixture.file, "any")->platforms.count, 0);
    assert_int_equal(bake_target_of(&fixture.file, "own")->platforms.count, 1);
    assert_string_equal(bake_target_of(&fixture.file, "own")->platforms.items[0], "linux/arm64");
    teardown(&fixture);
}

TEST(bake_reads_ssh_keys)
{
    struct arena *arena = arena_create();
    struct strings flags = {0};
    struct pairs keys;
    struct error err;
    char *message;

    error_init(&err);
    strings_add(&flags, arena, "");
    strings_add(&flags, arena, "id=/path");
    assert_true(bake_ssh_keys(arena, &flags, &keys, &err));
    assert_null(pairs_find(&keys, "default")->value);
    assert_string_equal(pairs_find(&keys, "id")->value, "/path");
    strings_add(&flags, arena, "nonsense");
    assert_false(bake_ssh_keys(arena, &flags, &keys, &err));
    message = error_message(&err);
    assert_string_equal(message, "invalid ssh key \"nonsense\"");
    free(message);
    error_finish(&err);
    arena_destroy(arena);
}
