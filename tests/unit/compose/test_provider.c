/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/provision/provider.h"
#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/model.h"
#include "tests/unit/test.h"

static const char metadata[] =
    "{\"description\":\"d\",\"up\":{\"parameters\":[{\"name\":\"type\",\"required\":\"true\"},"
    "{\"name\":\"size\",\"required\":false}]},\"down\":{\"parameters\":[]}}";

/* A service with options type=mysql, size=1 and size=2, other=x. */
static struct spec_service *make_service(struct arena *arena)
{
    struct spec_service *service = arena_alloc(arena, sizeof(*service));
    struct spec_provider *provider = arena_alloc(arena, sizeof(*provider));
    static const char *const options[][2] = {{"type", "mysql"}, {"size", "1"}, {"other", "x"}};

    service->name = "my-db";
    service->provider = provider;
    provider->type = "cloud";
    provider->options.items =
        arena_array(arena, COUNT_OF(options), sizeof(*provider->options.items));
    provider->options.count = COUNT_OF(options);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        provider->options.items[i].key = options[i][0];
        strings_add(&provider->options.items[i].values, arena, options[i][1]);
    }
    strings_add(&provider->options.items[1].values, arena, "2");
    return service;
}

static const char *words_for(struct arena *arena, const char *action, const char *about)
{
    struct strings words;
    struct error err;

    error_init(&err);
    assert_true(
        provider_arguments(arena, "p", make_service(arena), action, span_of(about), &words, &err));
    return strings_join(&words, arena, " ");
}

TEST(provider_without_metadata_is_given_everything)
{
    struct arena *arena = arena_create();

    assert_string_equal(
        words_for(arena, "up", ""),
        "compose --project-name=p up --type=mysql --size=1 --size=2 --other=x my-db");
    arena_destroy(arena);
}

TEST(provider_is_given_what_it_declares)
{
    struct arena *arena = arena_create();

    assert_string_equal(words_for(arena, "up", metadata),
                        "compose --project-name=p up --type=mysql --size=1 --size=2 my-db");
    assert_string_equal(words_for(arena, "down", metadata), "compose --project-name=p down my-db");
    arena_destroy(arena);
}

TEST(provider_misses_a_required_parameter)
{
    struct arena *arena = arena_create();
    struct spec_service *service = make_service(arena);
    struct strings words;
    struct error err;
    char *message;

    error_init(&err);
    service->provider->options.items[0].key = "kind";
    assert_false(provider_arguments(
        arena, "p", service, "up",
        span_of("{\"up\":{\"parameters\":[{\"name\":\"type\",\"required\":true}]}}"), &words,
        &err));
    message = error_message(&err);
    assert_string_equal(
        message, "required parameter \"type\" is missing from provider \"cloud\" definition");
    free(message);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(provider_stops_where_metadata_says_so)
{
    assert_false(provider_stops(span_of(metadata)));
    assert_true(provider_stops(span_of("{\"stop\":{\"parameters\":[]}}")));
}

TEST(provider_messages_become_variables)
{
    struct arena *arena = arena_create();
    struct provider_message message;
    struct error err;

    error_init(&err);
    assert_true(provider_message_parse(
        arena, span_of("{\"type\":\"setenv\",\"message\":\"URL=a=b\"}"), &message, &err));
    assert_string_equal(provider_variable(arena, "my-db", &message), "MY-DB_URL");
    assert_string_equal(message.value, "a=b");
    assert_true(provider_message_parse(
        arena, span_of("{\"type\":\"rawsetenv\",\"message\":\"URL=x\"}"), &message, &err));
    assert_string_equal(provider_variable(arena, "my-db", &message), "URL");
    assert_true(provider_message_parse(arena, span_of("{\"type\":\"info\",\"message\":\"hi\"}"),
                                       &message, &err));
    assert_int_equal(message.kind, PROVIDER_INFO);
    assert_string_equal(message.text, "hi");
    arena_destroy(arena);
}

TEST(provider_nonsense_is_refused)
{
    static const char *const lines[] = {"hello", "{}", "{\"type\":\"dance\"}",
                                        "{\"type\":\"setenv\",\"message\":\"K\"}", "[1,2]"};
    struct arena *arena = arena_create();

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct provider_message message;
        struct error err;
        char *text;

        error_init(&err);
        assert_false(provider_message_parse(arena, span_of(lines[i]), &message, &err));
        text = error_message(&err);
        assert_int_equal(strncmp(text, "invalid response from plugin: ", 30), 0);
        free(text);
        error_finish(&err);
    }
    arena_destroy(arena);
}

/* -- The whole talk, with a script as provider -- */

struct talk {
    struct arena *arena;
    char directory[32];
    struct docker_config docker;
    struct spec_service *service;
    struct spec_project project;
    struct strings said;
    bool done;
    char *failure;
};

static void on_message(void *owner, const struct provider_message *message)
{
    struct talk *talk = owner;

    strings_add_copy(&talk->said, talk->arena, message->text);
}

static void on_done(void *owner, const struct error *failure)
{
    struct talk *talk = owner;

    talk->done = true;
    talk->failure = failure ? error_message(failure) : NULL;
}

static void run_talk(struct talk *talk, const char *script, const char *action)
{
    struct provider_options options = {
        .project = &talk->project, .action = action, .docker = &talk->docker};
    const char *path;
    uv_loop_t loop;
    FILE *file;

    memset(talk, 0, sizeof(*talk));
    talk->arena = arena_create();
    (void)stpcpy(talk->directory, "/tmp/provider-XXXXXX");
    assert_non_null(mkdtemp(talk->directory));
    path = arena_printf(talk->arena, "%s/cli-plugins", talk->directory);
    assert_int_equal(mkdir(path, 0755), 0);
    path = arena_printf(talk->arena, "%s/docker-cloud", path);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "#!/bin/sh\n%s\n", script);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    talk->docker.directory = talk->directory;
    talk->project.name = "p";
    talk->service = make_service(talk->arena);
    options.service = talk->service;
    assert_int_equal(uv_loop_init(&loop), 0);
    (void)provider_start(&loop, &options, on_message, on_done, talk);
    assert_false(talk->done);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_true(talk->done);
}

static void end_talk(struct talk *talk)
{
    assert_int_equal(system(arena_printf(talk->arena, "rm -rf '%s'", talk->directory)), 0);
    free(talk->failure);
    arena_destroy(talk->arena);
}

TEST(provider_runs_and_speaks)
{
    struct talk talk;

    run_talk(&talk,
             "[ \"$2\" = metadata ] && exit 0\n"
             "echo '{\"type\":\"info\",\"message\":\"'\"$*\"'\"}'\n"
             "printf '{\"type\":\"setenv\",\"message\":\"A=1\"}'",
             "up");
    assert_null(talk.failure);
    assert_int_equal(talk.said.count, 2);
    assert_string_equal(
        talk.said.items[0],
        "compose --project-name=p up --type=mysql --size=1 --size=2 --other=x my-db");
    assert_string_equal(talk.said.items[1], "A=1");
    end_talk(&talk);
}

TEST(provider_failures_are_told)
{
    struct talk talk;

    run_talk(&talk, "exit 3", "up");
    assert_string_equal(talk.failure, "failed to create service provider: exit status 3");
    end_talk(&talk);
    run_talk(&talk, "[ \"$2\" = metadata ] || echo '{\"type\":\"error\",\"message\":\"no quota\"}'",
             "up");
    assert_string_equal(talk.failure, "no quota");
    end_talk(&talk);
    run_talk(&talk, "[ \"$2\" = metadata ] || { echo nonsense; exec tail -f /dev/null; }", "down");
    assert_string_equal(talk.failure, "invalid response from plugin: nonsense");
    end_talk(&talk);
}

TEST(provider_that_cannot_stop_is_not_run)
{
    struct talk talk;

    run_talk(&talk, "[ \"$2\" = metadata ] && echo '{\"description\":\"d\"}' || exit 9", "stop");
    assert_null(talk.failure);
    end_talk(&talk);
}
