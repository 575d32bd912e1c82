/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_client/client.h"
#include "engine_client/endpoint.h"
#include "engine_client/request.h"
#include "spec/base/text.h"
#include "tests/unit/engine_client/fake_engine.h"

/* What a test sees of one request. */
struct seen {
    struct engine_request *request;
    unsigned opened, chunks, done, drained;
    int status;
    struct text body, streamed;
    struct error failure;
    void (*on_chunk)(struct seen *seen);
    void (*on_done)(struct seen *seen);
    bool paused_once;
    struct world *world;
};

struct world {
    uv_loop_t loop;
    struct fake_engine fake;
    struct engine_client *client;
    struct text trace;
    struct text targets; /* of the requests, one a line */
    struct fake_connection *held;
    uv_timer_t timer;
    unsigned count;
};

static void on_trace(void *owner, const struct engine_trace *line)
{
    struct world *world = owner;

    text_addf(&world->trace, "%s %s %d %s\n", line->method, line->path, line->status,
              line->failure ? line->failure : "");
}

static void world_open(struct world *world, fake_request_fn *on_request, const char *socket_path)
{
    struct engine_endpoint endpoint = {
        .transport = ENGINE_UNIX, .url = "unix:///x.sock", .source = "the test"};
    struct engine_client_options options = {
        .user_agent = "test", .trace = on_trace, .trace_owner = world};
    struct error err;

    (void)signal(SIGPIPE, SIG_IGN);
    error_init(&err);
    *world = (struct world){.count = 0};
    text_init(&world->trace, 0);
    text_init(&world->targets, 0);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    uv_timer_init(&world->loop, &world->timer);
    fake_engine_open(&world->fake, &world->loop, on_request, world);
    endpoint.socket_path = socket_path ? socket_path : world->fake.path;
    world->client = engine_client_create(&world->loop, &endpoint, &options, &err);
    assert_non_null(world->client);
}

static void world_close(struct world *world)
{
    engine_client_destroy(world->client);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    fake_engine_close(&world->fake);
    uv_close((uv_handle_t *)&world->timer, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    text_finish(&world->trace);
    text_finish(&world->targets);
}

static void seen_init(struct seen *seen, struct world *world)
{
    *seen = (struct seen){.world = world};
    text_init(&seen->body, 0);
    text_init(&seen->streamed, 0);
    error_init(&seen->failure);
}

static void seen_finish(struct seen *seen)
{
    text_finish(&seen->body);
    text_finish(&seen->streamed);
    error_finish(&seen->failure);
}

static void on_open(void *owner, struct engine_request *req)
{
    struct seen *seen = owner;

    (void)req;
    seen->opened++;
}

static void on_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct seen *seen = owner;

    (void)req;
    seen->chunks++;
    text_add_bytes(&seen->streamed, bytes.bytes, bytes.length);
    if (seen->on_chunk)
        seen->on_chunk(seen);
}

static void on_drained(void *owner, struct engine_request *req)
{
    struct seen *seen = owner;

    seen->drained++;
    engine_request_end_input(req);
}

static void on_done(void *owner, struct engine_request *req, const struct error *failure)
{
    struct seen *seen = owner;
    struct span body = engine_request_body(req);

    seen->done++;
    seen->status = engine_request_status(req);
    text_add_bytes(&seen->body, body.bytes, body.length);
    if (failure)
        error_copy(&seen->failure, failure);
    if (seen->on_done)
        seen->on_done(seen);
}

static void start(struct seen *seen, const char *method, const char *path, bool stream)
{
    struct engine_call call = {.method = method, .path = path, .on_open = on_open};

    if (stream)
        call.on_chunk = on_chunk;
    seen->request = engine_request_start(seen->world->client, &call, on_done, seen);
    assert_int_equal(seen->done, 0);
}

static void run(struct world *world)
{
    uv_run(&world->loop, UV_RUN_DEFAULT);
}

static void run_until_done(struct seen *seen)
{
    while (seen->done == 0)
        uv_run(&seen->world->loop, UV_RUN_ONCE);
}

static void note(struct fake_engine *fake, const struct fake_request *request)
{
    struct world *world = fake->owner;

    text_addf(&world->targets, "%s %s\n", request->method, request->target);
}

static void answer_ok(struct fake_engine *fake, struct fake_connection *connection,
                      const struct fake_request *request)
{
    note(fake, request);
    fake_answer(connection, "200 OK", "Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n", "[]");
}

TEST(version_is_negotiated_once_and_stands_in_paths)
{
    struct world world;
    struct seen a, b;

    world_open(&world, answer_ok, NULL);
    seen_init(&a, &world);
    seen_init(&b, &world);
    start(&a, "GET", "/containers/json", false);
    start(&b, "GET", "/networks", false);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(b.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_string_equal(a.body.bytes, "[]");
    assert_int_equal(world.fake.pings, 1);
    assert_non_null(strstr(world.targets.bytes, "GET /v1.43/containers/json\n"));
    assert_non_null(strstr(world.targets.bytes, "GET /v1.43/networks\n"));
    assert_int_equal(engine_client_facts(world.client)->api_minor, 43);
    assert_true(engine_client_clock_ns(world.client) >= 1795255200000000000);
    assert_non_null(strstr(world.trace.bytes, "GET /v1.43/networks 200 \n"));
    seen_finish(&a);
    seen_finish(&b);
    world_close(&world);
}

TEST(newer_engine_is_spoken_to_at_the_highest_known_version)
{
    struct world world;
    struct seen a;

    world_open(&world, answer_ok, NULL);
    world.fake.api_version = "1.99";
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_string_equal(world.targets.bytes, "GET /v1.51/info\n");
    assert_int_equal(engine_client_facts(world.client)->engine_api_minor, 99);
    seen_finish(&a);
    world_close(&world);
}

TEST(too_old_engine_is_refused_with_a_remedy)
{
    struct world world;
    struct seen a;

    world_open(&world, answer_ok, NULL);
    world.fake.api_version = "1.24";
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_CONNECTION);
    assert_non_null(a.failure.hint);
    assert_int_equal(world.fake.requests, 0);
    seen_finish(&a);
    world_close(&world);
}

TEST(podman_is_told_by_its_header)
{
    struct world world;
    struct seen a;

    world_open(&world, answer_ok, NULL);
    world.fake.ping_headers = "Libpod-API-Version: 5.4.2\r\n";
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_true(engine_client_is_podman(world.client));
    seen_finish(&a);
    world_close(&world);
}

TEST(missing_socket_is_told_in_the_references_words)
{
    struct world world;
    struct seen a;
    char *message;

    world_open(&world, answer_ok, "/nonexistent/x.sock");
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.failure.kind, ERROR_CONNECTION);
    message = error_message(&a.failure);
    assert_string_equal(
        message,
        "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?");
    assert_non_null(strstr(a.failure.hint, "start the engine"));
    free(message);
    seen_finish(&a);
    world_close(&world);
}

TEST(refused_connection_is_told_too)
{
    struct world world;
    struct seen a;
    char path[256];

    world_open(&world, answer_ok, NULL);
    (void)snprintf(path, sizeof(path), "%s", world.fake.path);
    world_close(&world);
    world_open(&world, answer_ok, path); /* nobody listens there any more */
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_CONNECTION);
    seen_finish(&a);
    world_close(&world);
}

static void answer_conflict(struct fake_engine *fake, struct fake_connection *connection,
                            const struct fake_request *request)
{
    note(fake, request);
    if (strstr(request->target, "podman"))
        fake_answer(connection, "500 Internal", "",
                    "{\"cause\":\"in use\",\"message\":\"that name is in use\",\"response\":500}");
    else if (strstr(request->target, "plain"))
        fake_answer(connection, "502 Bad Gateway", "", "no upstream\n");
    else if (strstr(request->target, "silent"))
        fake_answer(connection, "404 Not Found", "", "");
    else
        fake_answer(connection, "409 Conflict", "", "{\"message\":\"name taken\"}");
}

static void expect_failure(struct world *world, const char *path, bool stream, int status,
                           const char *words)
{
    struct seen a;

    seen_init(&a, world);
    start(&a, "POST", path, stream);
    run(world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.opened, 0);
    assert_int_equal(a.chunks, 0);
    assert_int_equal(a.failure.kind, ERROR_ENGINE);
    assert_int_equal(a.failure.status, status);
    assert_string_equal(a.failure.engine_message, words);
    seen_finish(&a);
}

TEST(failed_answers_become_errors_in_the_engines_words)
{
    struct world world;

    world_open(&world, answer_conflict, NULL);
    expect_failure(&world, "/docker", false, 409, "name taken");
    expect_failure(&world, "/docker", true, 409, "name taken");
    expect_failure(&world, "/podman", false, 500, "that name is in use");
    expect_failure(&world, "/plain", true, 502, "no upstream");
    expect_failure(&world, "/silent", true, 404, "POST /silent was answered with status 404");
    world_close(&world);
}

static void hang_up_first(struct fake_engine *fake, struct fake_connection *connection,
                          const struct fake_request *request)
{
    note(fake, request);
    if (fake->requests == 1)
        fake_hang_up(connection);
    else
        fake_answer(connection, "200 OK", "", "[]");
}

TEST(get_is_sent_once_more_when_no_byte_came)
{
    struct world world;
    struct seen a;

    world_open(&world, hang_up_first, NULL);
    seen_init(&a, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_int_equal(world.fake.requests, 2);
    seen_finish(&a);
    world_close(&world);
}

TEST(post_is_never_sent_twice)
{
    struct world world;
    struct seen ping, a;

    world_open(&world, hang_up_first, NULL);
    seen_init(&ping, &world);
    seen_init(&a, &world);
    start(&a, "POST", "/containers/x/start", false);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_CONNECTION);
    assert_int_equal(world.fake.requests, 1);
    seen_finish(&ping);
    seen_finish(&a);
    world_close(&world);
}

/* The first answer comes over a connection that is kept; the next request on it gets no reply. */
static void lose_every_second(struct fake_engine *fake, struct fake_connection *connection,
                              const struct fake_request *request)
{
    note(fake, request);
    if (fake->requests % 2 == 0)
        fake_hang_up(connection);
    else
        fake_answer(connection, "200 OK", "", "[]");
}

TEST(delete_with_a_lost_reply_is_not_repeated_on_a_kept_connection)
{
    struct world world;
    struct seen a, b;

    world_open(&world, lose_every_second, NULL);
    seen_init(&a, &world);
    seen_init(&b, &world);
    start(&a, "GET", "/info", false);
    run(&world);
    assert_false(error_is_set(&a.failure));
    start(&b, "DELETE", "/containers/x", false);
    run(&world);
    assert_int_equal(b.failure.kind, ERROR_CONNECTION);
    assert_string_equal(world.targets.bytes, "GET /v1.43/info\nDELETE /v1.43/containers/x\n");
    seen_finish(&a);
    seen_finish(&b);
    world_close(&world);
}

TEST(reads_share_connections)
{
    struct world world;
    struct seen a;

    world_open(&world, answer_ok, NULL);
    for (int i = 0; i < 5; i++) {
        seen_init(&a, &world);
        start(&a, "GET", "/info", false);
        run(&world);
        seen_finish(&a);
    }
    assert_int_equal(world.fake.requests, 5);
    assert_int_equal(world.fake.connections, 1);
    world_close(&world);
}

static void cut_in_the_middle(struct fake_engine *fake, struct fake_connection *connection,
                              const struct fake_request *request)
{
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";

    note(fake, request);
    fake_send(connection, part, strlen(part));
    fake_hang_up(connection);
}

TEST(cut_body_is_a_failure)
{
    struct world world;
    struct seen a;

    world_open(&world, cut_in_the_middle, NULL);
    seen_init(&a, &world);
    start(&a, "GET", "/info", true);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.opened, 1);
    assert_string_equal(a.streamed.bytes, "only this");
    assert_int_equal(a.failure.kind, ERROR_CONNECTION);
    assert_int_equal(world.fake.requests, 1);
    seen_finish(&a);
    world_close(&world);
}

static void hold(struct fake_engine *fake, struct fake_connection *connection,
                 const struct fake_request *request)
{
    struct world *world = fake->owner;

    note(fake, request);
    world->held = connection;
    fake_on_bytes(connection, NULL);
}

TEST(request_waits_as_long_as_the_engine_and_can_be_cancelled)
{
    struct world world;
    struct seen a;

    world_open(&world, hold, NULL);
    seen_init(&a, &world);
    start(&a, "POST", "/containers/x/wait", false);
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    assert_int_equal(a.done, 0);
    engine_request_cancel(a.request);
    assert_int_equal(a.done, 0);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.failure.kind, ERROR_CANCELED);
    seen_finish(&a);
    world_close(&world);
}

TEST(cancelled_before_it_was_sent_it_is_never_sent)
{
    struct world world;
    struct seen a;

    world_open(&world, answer_ok, NULL);
    seen_init(&a, &world);
    start(&a, "POST", "/containers/create", false);
    engine_request_cancel(a.request);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_CANCELED);
    assert_int_equal(world.fake.requests + world.fake.pings, 0);
    seen_finish(&a);
    world_close(&world);
}

TEST(timeout_ends_a_request_that_hangs)
{
    struct world world;
    struct engine_call call = {.method = "POST", .path = "/slow", .timeout_ms = 50};
    struct seen a;

    world_open(&world, hold, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run_until_done(&a);
    assert_int_equal(a.failure.kind, ERROR_TIMEOUT);
    seen_finish(&a);
    world_close(&world);
}

static void destroy_client(struct seen *seen)
{
    engine_client_destroy(seen->world->client);
    seen->world->client = NULL;
}

TEST(client_may_be_destroyed_inside_a_completion)
{
    struct world world;
    struct seen a, b;

    world_open(&world, answer_ok, NULL);
    seen_init(&a, &world);
    seen_init(&b, &world);
    a.on_done = destroy_client;
    start(&a, "GET", "/one", false);
    start(&b, "POST", "/two", false);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(b.done, 1);
    seen_finish(&a);
    seen_finish(&b);
    world_close(&world);
}

static void send_part(struct fake_engine *fake, struct fake_connection *connection,
                      const struct fake_request *request)
{
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";

    note(fake, request);
    fake_send(connection, part, strlen(part));
}

TEST(client_may_be_destroyed_inside_a_chunk)
{
    struct world world;
    struct seen a;

    world_open(&world, send_part, NULL);
    seen_init(&a, &world);
    a.on_chunk = destroy_client;
    start(&a, "GET", "/one", true);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.chunks, 1);
    assert_int_equal(a.failure.kind, ERROR_CANCELED);
    seen_finish(&a);
    world_close(&world);
}

TEST(destroying_the_client_ends_open_requests)
{
    struct world world;
    struct seen a;

    world_open(&world, hold, NULL);
    seen_init(&a, &world);
    start(&a, "GET", "/events", true);
    while (!world.held)
        uv_run(&world.loop, UV_RUN_ONCE);
    world_close(&world);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.failure.kind, ERROR_CANCELED);
    seen_finish(&a);
}

/* Back-pressure */

enum { MUCH = 4 * 1024 * 1024 };

static void send_much(struct fake_engine *fake, struct fake_connection *connection,
                      const struct fake_request *request)
{
    char *much = malloc(MUCH);
    char head[128];

    note(fake, request);
    assert_non_null(much);
    memset(much, 'x', MUCH);
    (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", MUCH);
    fake_send(connection, head, strlen(head));
    fake_send(connection, much, MUCH);
    free(much);
}

static void on_resume(uv_timer_t *timer)
{
    struct seen *seen = timer->data;

    engine_request_resume(seen->request);
}

static void pause_once(struct seen *seen)
{
    if (seen->paused_once)
        return;
    seen->paused_once = true;
    engine_request_pause(seen->request);
    seen->world->count = seen->chunks;
    seen->world->timer.data = seen;
    uv_timer_start(&seen->world->timer, on_resume, 50, 0);
}

static void on_look(uv_timer_t *timer)
{
    struct seen *seen = timer->data;

    assert_int_equal(seen->chunks, seen->world->count); /* nothing came while it was paused */
    on_resume(timer);
}

static void pause_and_look(struct seen *seen)
{
    if (seen->paused_once)
        return;
    pause_once(seen);
    uv_timer_start(&seen->world->timer, on_look, 50, 0);
}

TEST(paused_stream_delivers_nothing_and_loses_nothing)
{
    struct world world;
    struct seen a;

    world_open(&world, send_much, NULL);
    seen_init(&a, &world);
    a.on_chunk = pause_and_look;
    start(&a, "GET", "/logs", true);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_int_equal(a.streamed.length, MUCH);
    seen_finish(&a);
    world_close(&world);
}

/* Uploads */

struct source {
    unsigned pieces, left;
    bool late;
    struct seen *seen;
};

static void on_more(uv_timer_t *timer)
{
    struct source *source = timer->data;

    engine_request_pull_again(source->seen->request);
}

static enum engine_pull pull(void *owner, char *buffer, size_t size, size_t *ret_length,
                             struct error *err)
{
    struct source *source = owner;
    struct world *world = source->seen->world;

    (void)size;
    if (source->left == 0)
        return source->pieces == 99
                   ? (error_set(err, ERROR_SYSTEM, "disk broke"), ENGINE_PULL_FAILED)
                   : ENGINE_PULL_END;
    if (source->late) {
        source->late = false;
        world->timer.data = source;
        uv_timer_start(&world->timer, on_more, 10, 0);
        return ENGINE_PULL_LATER;
    }
    source->late = true;
    source->left--;
    memcpy(buffer, "piece ", 6);
    *ret_length = 6;
    return ENGINE_PULL_MORE;
}

static void echo_body(struct fake_engine *fake, struct fake_connection *connection,
                      const struct fake_request *request)
{
    char *body = strndup(request->body, request->body_length);

    note(fake, request);
    assert_non_null(strstr(request->headers, "Content-Type: application/x-tar"));
    fake_answer(connection, "200 OK", "", body);
    free(body);
}

TEST(upload_is_pulled_and_may_wait_for_its_source)
{
    struct world world;
    struct seen a;
    struct source source = {.pieces = 3, .left = 3, .seen = &a};
    struct engine_call call = {.method = "PUT",
                               .path = "/up",
                               .content_type = "application/x-tar",
                               .pull = pull,
                               .pull_owner = &source};

    world_open(&world, echo_body, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_false(error_is_set(&a.failure));
    assert_string_equal(a.body.bytes, "piece piece piece ");
    assert_string_equal(world.targets.bytes, "PUT /v1.43/up\n");
    seen_finish(&a);
    world_close(&world);
}

TEST(upload_whose_source_fails_ends_with_its_error)
{
    struct world world;
    struct seen a;
    struct source source = {.pieces = 99, .left = 1, .seen = &a};
    struct engine_call call = {.method = "POST",
                               .path = "/build",
                               .content_type = "application/x-tar",
                               .pull = pull,
                               .pull_owner = &source};

    world_open(&world, echo_body, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_SYSTEM);
    assert_int_equal(world.fake.requests, 0);
    seen_finish(&a);
    world_close(&world);
}

/* Duplex */

static void on_duplex_bytes(struct fake_connection *connection)
{
    bool ended;
    size_t length;
    const char *bytes = fake_received(connection, &length, &ended);
    struct world *world = fake_of(connection)->owner;

    if (!ended)
        return;
    world->count = (unsigned)length;
    fake_send(connection, bytes, length);
    fake_send(connection, "!", 1);
    fake_hang_up(connection);
}

static void upgrade(struct fake_engine *fake, struct fake_connection *connection,
                    const struct fake_request *request)
{
    static const char head[] =
        "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
        "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

    note(fake, request);
    assert_non_null(strstr(request->headers, "Upgrade: tcp"));
    assert_memory_equal(request->body, "{\"Tty\":true}", request->body_length);
    fake_send(connection, head, strlen(head));
    fake_on_bytes(connection, on_duplex_bytes);
}

static void write_on_open(void *owner, struct engine_request *req)
{
    struct seen *seen = owner;

    seen->opened++;
    engine_request_write(req, span_of("hello "));
    engine_request_write(req, span_of("world"));
    engine_request_end_input(req);
}

TEST(duplex_sends_receives_and_closes_its_side_alone)
{
    struct world world;
    struct seen a;
    struct engine_call call = {
        .method = "POST",
        .path = "/exec/x/start",
        .body = span_of("{\"Tty\":true}"),
        .duplex = true,
        .on_open = write_on_open,
        .on_chunk = on_chunk,
        .on_drained = on_drained,
    };

    world_open(&world, upgrade, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_int_equal(a.status, 101);
    assert_string_equal(a.streamed.bytes, "hello world!");
    seen_finish(&a);
    world_close(&world);
}

static void write_much_on_open(void *owner, struct engine_request *req)
{
    char *much = malloc(MUCH);

    (void)owner;
    assert_non_null(much);
    memset(much, 'y', MUCH);
    engine_request_write(req, (struct span){much, MUCH});
    assert_int_equal(engine_request_unsent_bytes(req), MUCH);
    free(much);
}

TEST(duplex_tells_when_its_bytes_are_sent)
{
    struct world world;
    struct seen a;
    struct engine_call call = {
        .method = "POST",
        .path = "/exec/x/start",
        .body = span_of("{\"Tty\":true}"),
        .duplex = true,
        .on_open = write_much_on_open,
        .on_chunk = on_chunk,
        .on_drained = on_drained,
    };

    world_open(&world, upgrade, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.drained, 1);
    assert_int_equal(world.count, MUCH);
    assert_int_equal(a.streamed.length, MUCH + 1);
    seen_finish(&a);
    world_close(&world);
}

static void upgrade_and_go(struct fake_engine *fake, struct fake_connection *connection,
                           const struct fake_request *request)
{
    static const char all[] =
        "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nbye";

    note(fake, request);
    fake_send(connection, all, strlen(all));
    fake_hang_up(connection);
}

TEST(duplex_ends_when_the_far_side_goes_while_input_is_open)
{
    struct world world;
    struct seen a;
    struct engine_call call = {.method = "POST",
                               .path = "/exec/x/start",
                               .body = span_of("{}"),
                               .duplex = true,
                               .on_open = on_open,
                               .on_chunk = on_chunk};

    world_open(&world, upgrade_and_go, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_string_equal(a.streamed.bytes, "bye");
    assert_false(error_is_set(&a.failure));
    seen_finish(&a);
    world_close(&world);
}

static void upgrade_and_go_silently(struct fake_engine *fake, struct fake_connection *connection,
                                    const struct fake_request *request)
{
    static const char all[] =
        "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

    note(fake, request);
    fake_send(connection, all, strlen(all));
    fake_hang_up(connection);
}

TEST(duplex_may_end_without_a_word)
{
    struct world world;
    struct seen a;
    struct engine_call call = {.method = "POST",
                               .path = "/exec/x/start",
                               .body = span_of("{}"),
                               .duplex = true,
                               .on_chunk = on_chunk};

    world_open(&world, upgrade_and_go_silently, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_int_equal(world.fake.requests, 1);
    seen_finish(&a);
    world_close(&world);
}

static void upgrade_and_send_much(struct fake_engine *fake, struct fake_connection *connection,
                                  const struct fake_request *request)
{
    static const char head[] =
        "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    char *much = malloc(MUCH);

    note(fake, request);
    assert_non_null(much);
    memset(much, 'x', MUCH);
    fake_send(connection, head, strlen(head));
    fake_send(connection, much, MUCH);
    fake_hang_up(connection);
    free(much);
}

TEST(paused_duplex_loses_nothing_when_the_far_side_goes)
{
    struct world world;
    struct seen a;
    struct engine_call call = {.method = "POST",
                               .path = "/exec/x/start",
                               .body = span_of("{}"),
                               .duplex = true,
                               .on_chunk = on_chunk};

    world_open(&world, upgrade_and_send_much, NULL);
    seen_init(&a, &world);
    a.on_chunk = pause_and_look;
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.done, 1);
    assert_false(error_is_set(&a.failure));
    assert_int_equal(a.streamed.length, MUCH);
    seen_finish(&a);
    world_close(&world);
}

TEST(refused_duplex_is_an_error_of_the_engine)
{
    struct world world;
    struct seen a;
    struct engine_call call = {.method = "POST",
                               .path = "/docker",
                               .body = span_of("{}"),
                               .duplex = true,
                               .on_chunk = on_chunk};

    world_open(&world, answer_conflict, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_int_equal(a.failure.kind, ERROR_ENGINE);
    assert_int_equal(a.failure.status, 409);
    seen_finish(&a);
    world_close(&world);
}

TEST(trace_hides_values_of_build_arguments)
{
    struct world world;
    struct seen a;
    struct engine_call call = {
        .method = "POST", .path = "/build", .query = "t=x&buildargs=%7Bsecret%7D&rm=1"};

    world_open(&world, answer_ok, NULL);
    seen_init(&a, &world);
    a.request = engine_request_start(world.client, &call, on_done, &a);
    run(&world);
    assert_null(strstr(world.trace.bytes, "secret"));
    assert_non_null(strstr(world.trace.bytes, "POST /v1.43/build?t=x&buildargs=...&rm=1 200"));
    seen_finish(&a);
    world_close(&world);
}
