/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events, pulls, builds: requests whose answer is a stream of messages.
 */
#include "tests/unit/test.h"

#include <signal.h>
#include <string.h>

#include "engine_client/build.h"
#include "engine_client/client.h"
#include "engine_client/endpoint.h"
#include "engine_client/events.h"
#include "engine_client/image_stream.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "tests/unit/engine_client/fake_engine.h"
#include "tests/unit/engine_client/private_dir.h"

struct world {
    uv_loop_t loop;
    struct fake_engine fake;
    struct engine_client *client;
    struct text seen, requests;
    const char *answer;
    bool hangs_up;
    unsigned done;
    struct error failure;
    struct engine_events *events;
};

static void on_request(struct fake_engine *fake, struct fake_connection *connection,
                       const struct fake_request *request)
{
    struct world *world = fake->owner;
    const char *auth = strcasestr(request->headers, "X-Registry-Auth:");

    text_addf(&world->requests, "%s %s", request->method, request->target);
    if (auth)
        text_addf(&world->requests, " %.*s", (int)strcspn(auth, "\r"), auth);
    text_add_char(&world->requests, '\n');
    if (!world->answer)
        return;
    if (!world->hangs_up) {
        fake_answer(connection, "200 OK", "", world->answer);
        return;
    }
    fake_send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 47);
    for (const char *at = world->answer; *at; at++) {
        char chunk[] = "1\r\n?\r\n";

        chunk[3] = *at; /* a byte at a time */
        fake_send(connection, chunk, 6);
    }
    fake_hang_up(connection);
}

static void world_open(struct world *world, const char *answer)
{
    struct engine_endpoint endpoint = {
        .transport = ENGINE_UNIX, .url = "unix:///x.sock", .source = "the test"};
    struct engine_client_options options = {.user_agent = "test"};
    struct error err;

    (void)signal(SIGPIPE, SIG_IGN);
    error_init(&err);
    *world = (struct world){.answer = answer};
    text_init(&world->seen, 0);
    text_init(&world->requests, 0);
    error_init(&world->failure);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    fake_engine_open(&world->fake, &world->loop, on_request, world);
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
    text_finish(&world->seen);
    text_finish(&world->requests);
    error_finish(&world->failure);
}

static void finish(struct world *world, const struct error *failure)
{
    world->done++;
    if (failure)
        error_copy(&world->failure, failure);
}

/* Events */

static void on_event(void *owner, const struct engine_event *event)
{
    struct world *world = owner;

    text_addf(&world->seen, "%s %s;", event->action, event->id);
}

static void on_events_open(void *owner)
{
    struct world *world = owner;

    text_add(&world->seen, "open;");
}

static void on_events_end(void *owner, const struct error *failure)
{
    finish(owner, failure);
}

static const struct engine_events_handlers handlers = {on_events_open, on_event, on_events_end};

static const char two_events[] =
    "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"a\"}}\n"
    "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\"}}\n";

TEST(events_come_one_by_one_and_the_end_is_told)
{
    struct world world;
    struct arena *arena = arena_create();
    struct pairs filters = {0};
    struct engine_events_options options = {.has_since = true, .since_ns = 1795262732002588123, .filters = &filters};

    pairs_add(&filters, arena, "type", "container");
    world_open(&world, two_events);
    (void)engine_events_start(world.client, &options, &handlers, &world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_string_equal(world.seen.bytes, "open;start a;die a;");
    assert_int_equal(world.done, 1);
    assert_false(error_is_set(&world.failure));
    assert_string_equal(world.requests.bytes,
                        "GET /v1.43/events?since=1795262732.002588123&filters=%7B%22type%22:"
                        "%7B%22container%22:true%7D%7D\n");
    world_close(&world);
    arena_destroy(arena);
}

TEST(broken_event_stream_is_a_failure_after_its_events)
{
    struct world world;
    struct engine_events_options options = {0};

    world_open(&world, two_events);
    world.hangs_up = true;
    (void)engine_events_start(world.client, &options, &handlers, &world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_string_equal(world.seen.bytes, "open;start a;die a;");
    assert_int_equal(world.failure.kind, ERROR_CONNECTION);
    world_close(&world);
}

TEST(stopped_event_stream_ends_as_cancelled)
{
    struct world world;
    struct engine_events_options options = {0};
    struct engine_events *events;

    world_open(&world, NULL);
    events = engine_events_start(world.client, &options, &handlers, &world);
    while (world.fake.requests == 0)
        uv_run(&world.loop, UV_RUN_ONCE);
    engine_events_stop(events);
    assert_int_equal(world.done, 0);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.failure.kind, ERROR_CANCELED);
    world_close(&world);
}

/* Images */

static void on_progress(void *owner, const struct engine_progress *progress)
{
    struct world *world = owner;

    text_addf(&world->seen, "%s;", progress->status);
}

static void on_image_done(void *owner, const struct error *failure)
{
    finish(owner, failure);
}

TEST(pull_asks_for_name_and_tag_with_its_credentials)
{
    struct world world;
    struct engine_image_stream_options options = {.reference = "docker.io/library/redis:7",
                                                  .platform = "linux/arm64",
                                                  .registry_auth = "c2VjcmV0"};

    world_open(&world, "{\"status\":\"Pulling\"}\r\n{\"status\":\"Done\"}");
    (void)engine_image_pull(world.client, &options, on_progress, on_image_done, &world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_string_equal(world.seen.bytes, "Pulling;Done;");
    assert_false(error_is_set(&world.failure));
    assert_string_equal(world.requests.bytes,
                        "POST /v1.43/images/create?fromImage=redis&tag=7&platform=linux/arm64 "
                        "X-Registry-Auth: c2VjcmV0\n");
    world_close(&world);
}

TEST(error_line_of_a_pull_is_its_failure)
{
    struct world world;
    struct engine_image_stream_options options = {.reference = "redis"};

    world_open(&world,
               "{\"status\":\"Pulling\"}\n{\"errorDetail\":{\"message\":\"no "
               "space\"},\"error\":\"no space\"}\n");
    (void)engine_image_pull(world.client, &options, on_progress, on_image_done, &world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.failure.kind, ERROR_ENGINE);
    assert_string_equal(world.failure.engine_message, "no space");
    world_close(&world);
}

TEST(malformed_reference_sends_nothing)
{
    struct world world;
    struct engine_image_stream_options options = {.reference = "Not a name"};

    world_open(&world, "");
    (void)engine_image_pull(world.client, &options, on_progress, on_image_done, &world);
    assert_int_equal(world.done, 0);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.failure.kind, ERROR_INPUT);
    assert_int_equal(world.fake.requests + world.fake.pings, 0);
    world_close(&world);
}

TEST(push_without_credentials_still_carries_the_header)
{
    struct world world;
    struct engine_image_stream_options options = {.reference = "host:5000/a/b:1"};

    world_open(&world, "{\"status\":\"Pushed\"}\n");
    (void)engine_image_push(world.client, &options, on_progress, on_image_done, &world);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_string_equal(world.requests.bytes,
                        "POST /v1.43/images/host:5000/a/b/push?tag=1 X-Registry-Auth: e30=\n");
    world_close(&world);
}

/* Builds */

static void on_message(void *owner, const struct engine_build_message *message)
{
    struct world *world = owner;

    if (message->kind == ENGINE_BUILD_TEXT)
        text_add_bytes(&world->seen, message->text.bytes, message->text.length);
    else if (message->kind == ENGINE_BUILD_STEP)
        text_addf(&world->seen, "<%s>", message->name);
}

static void on_build_done(void *owner, const char *image_id, const struct error *failure)
{
    struct world *world = owner;

    if (image_id)
        text_addf(&world->seen, "=%s", image_id);
    finish(world, failure);
}

static void build(struct world *world, bool buildkit, const char *directory)
{
    struct arena *arena = arena_create();
    struct engine_ulimit ulimit = {"nofile", 10, 20};
    struct engine_build_options options = {
        .buildkit = buildkit,
        .directory = directory,
        .target = "t",
        .no_cache = true,
        .shm_bytes = 64,
        .ulimits = &ulimit,
        .ulimit_count = 1,
    };

    strings_add(&options.tags, arena, "a:1");
    strings_add(&options.tags, arena, "b");
    pairs_add(&options.arguments, arena, "K", "v");
    strings_add(&options.extra_hosts, arena, "h:1.2.3.4");
    (void)engine_build_start(world->client, &options, on_message, on_build_done, world);
    arena_destroy(arena);
    assert_int_equal(world->done, 0);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(world->done, 1);
}

TEST(classic_build_streams_text_and_tells_the_image)
{
    char directory[64];
    struct world world;

    private_dir_make(directory);
    private_dir_write(directory, "Dockerfile", "FROM x", 0644);
    world_open(&world,
               "{\"stream\":\"Step 1\"}\n{\"stream\":\"\\n\"}\n{\"aux\":{\"ID\":\"sha256:1\"}}\n");
    build(&world, false, directory);
    assert_string_equal(world.seen.bytes, "Step 1\n=sha256:1");
    assert_string_equal(
        world.requests.bytes,
        "POST "
        "/v1.43/build?t=a:1&t=b&dockerfile=Dockerfile&target=t&buildargs=%7B%22K%22:%22v%22%7D&"
        "extrahosts=h:1.2.3.4&nocache=1&rm=1&forcerm=1&shmsize=64&ulimits=%5B%7B%22Name%22:"
        "%22nofile%22,%22Hard%22:20,%22Soft%22:10%7D%5D\n");
    world_close(&world);
    private_dir_remove(directory);
}

TEST(buildkit_messages_are_decoded_and_its_error_line_fails_the_build)
{
    char directory[64];
    struct world world;

    private_dir_make(directory);
    private_dir_write(directory, "Dockerfile", "FROM x", 0644);
    world_open(&world,
               "{\"id\":\"moby.buildkit.trace\",\"aux\":\"CgsKAmQxGgVSVU4geA==\"}\n"
               "{\"errorDetail\":{\"message\":\"exit code: 1\"},\"error\":\"exit code: 1\"}\n");
    build(&world, true, directory);
    assert_string_equal(world.seen.bytes, "<RUN x>");
    assert_string_equal(world.failure.engine_message, "exit code: 1");
    assert_non_null(strstr(world.requests.bytes, "/build?version=2&t=a:1"));
    world_close(&world);
    private_dir_remove(directory);
}

TEST(build_without_a_context_sends_nothing)
{
    struct world world;

    world_open(&world, "");
    build(&world, true, "/nonexistent/context");
    assert_int_equal(world.failure.kind, ERROR_INPUT);
    assert_int_equal(world.fake.requests + world.fake.pings, 0);
    world_close(&world);
}
