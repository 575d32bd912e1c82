/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for ssh, first in PATH, does what the real one does for us: it puts the engine's socket where -L wants it,
 * says that it is ready, and stays until its input ends.
 */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_client/client.h"
#include "engine_client/endpoint.h"
#include "engine_client/request.h"
#include "spec/base/text.h"
#include "tests/unit/engine_client/fake_engine.h"
#include "tests/unit/engine_client/private_dir.h"

static const char stand_in[] =
    "#!/bin/sh\n"
    "echo \"$*\" >>\"$FAKE_SSH_LOG\"\n"
    "while [ $# -gt 1 ]; do case \"$1\" in -L) where=${2%%:*}; "
    "engine=${2#*:};; --) host=$2;; esac; shift; done\n"
    "case $host in down) echo 'ssh: connect to host down: Connection "
    "refused' >&2; exit 255;; esac\n"
    "ln -s \"$engine\" \"$where\"\n"
    "echo Welcome\n"
    "case $host in talkative) printf '%0200000d' 0;; esac\n"
    "case $1 in 'echo '*'; exec cat') ;; *) exit 9;; esac\n"
    "eval \"$1\"\n";

struct world {
    char directory[64];
    uv_loop_t loop;
    struct fake_engine fake;
    struct engine_client *client;
    unsigned done;
    struct error failure;
};

static void answer(struct fake_engine *fake, struct fake_connection *connection,
                   const struct fake_request *request)
{
    (void)fake;
    (void)request;
    fake_answer(connection, "200 OK", "", "[]");
}

static void world_open(struct world *world, const char *host)
{
    struct engine_endpoint endpoint = {.transport = ENGINE_SSH,
                                       .url = "ssh://u@x",
                                       .source = "the test",
                                       .user = "u",
                                       .host = host,
                                       .port = 2222};
    struct engine_client_options options = {.user_agent = "test"};
    char *path, *log;
    struct error err;

    (void)signal(SIGPIPE, SIG_IGN);
    error_init(&err);
    *world = (struct world){.done = 0};
    error_init(&world->failure);
    private_dir_make(world->directory);
    private_dir_write(world->directory, "ssh", stand_in, 0755);
    path = xasprintf("%s:/usr/bin:/bin", world->directory);
    log = xasprintf("%s/log", world->directory);
    assert_int_equal(setenv("PATH", path, 1) | setenv("FAKE_SSH_LOG", log, 1), 0);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", world->directory, 1), 0);
    free(path);
    free(log);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    fake_engine_open(&world->fake, &world->loop, answer, world);
    endpoint.socket_path = world->fake.path;
    world->client = engine_client_create(&world->loop, &endpoint, &options, &err);
    assert_non_null(world->client);
}

static void world_close(struct world *world)
{
    engine_client_destroy(world->client);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    fake_engine_close(&world->fake);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    error_finish(&world->failure);
    private_dir_remove(world->directory);
}

static void on_done(void *owner, struct engine_request *req, const struct error *failure)
{
    struct world *world = owner;

    (void)req;
    world->done++;
    if (failure)
        error_copy(&world->failure, failure);
}

static void get(struct world *world)
{
    struct engine_call call = {.method = "GET", .path = "/info"};

    (void)engine_request_start(world->client, &call, on_done, world);
}

static unsigned started(const struct world *world)
{
    char *path = xasprintf("%s/log", world->directory);
    FILE *file = fopen(path, "re");
    unsigned lines = 0;
    int c;

    free(path);
    if (!file)
        return 0;
    while ((c = fgetc(file)) != EOF)
        lines += c == '\n';
    (void)fclose(file);
    return lines;
}

TEST(one_process_serves_all_requests)
{
    struct world world;

    world_open(&world, "far");
    for (int i = 0; i < 3; i++)
        get(&world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    get(&world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 4);
    assert_false(error_is_set(&world.failure));
    assert_int_equal(started(&world), 1);
    world_close(&world);
}

/* A login shell may print more than is kept. */
TEST(long_greeting_does_not_hide_the_end_of_it)
{
    struct world world;

    world_open(&world, "talkative");
    get(&world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 1);
    assert_false(error_is_set(&world.failure));
    world_close(&world);
}

TEST(words_of_ssh_are_told)
{
    struct world world;

    world_open(&world, "down");
    get(&world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.failure.kind, ERROR_CONNECTION);
    assert_string_equal(world.failure.frames[0].text,
                        "no ssh connection to the engine at ssh://u@x: ssh: connect to "
                        "host down: Connection refused");
    get(&world); /* tried anew */
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 2);
    assert_int_equal(started(&world), 2);
    world_close(&world);
}

TEST(missing_ssh_is_told)
{
    struct world world;
    char *path;

    world_open(&world, "far");
    path = xasprintf("%s/ssh", world.directory);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(setenv("PATH", world.directory, 1), 0);
    free(path);
    get(&world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.failure.kind, ERROR_CONNECTION);
    assert_non_null(strstr(world.failure.frames[0].text, "run ssh: no such file"));
    world_close(&world);
}

TEST(client_may_go_while_ssh_connects)
{
    struct world world;

    world_open(&world, "far");
    get(&world);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    world_close(&world);
    assert_int_equal(world.done, 1);
}
