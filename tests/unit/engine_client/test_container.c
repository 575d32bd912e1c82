/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/container.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"

static const char list[] =
    "[{\"Id\":\"aa\",\"Names\":[\"/web/alias\",\"/"
    "p-web-1\"],\"Image\":\"busybox\",\"ImageID\":\"sha256:11\","
    "\"Command\":\"sleep 1\",\"Created\":1795260941,\"State\":\"running\",\"Status\":\"Up 2 "
    "minutes (unhealthy)\","
    "\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"HostConfig\":{\"NetworkMode\":\"p_default\"},"
    "\"Ports\":[{\"PrivatePort\":80,\"Type\":\"tcp\"},{\"IP\":\"::\",\"PrivatePort\":81,"
    "\"PublicPort\":8081,"
    "\"Type\":\"udp\"}],\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"v\",\"Source\":\"/"
    "x\",\"Destination\":\"/data\","
    "\"RW\":true}],\"NetworkSettings\":{\"Networks\":{\"z\":{\"NetworkID\":\"nz\"},\"b\":{"
    "\"NetworkID\":\"nb\","
    "\"Aliases\":[\"web\"],\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.5\"},\"IPAddress\":\"10.0.0."
    "5\"}}}},"
    "{\"Id\":\"bb\",\"State\":\"exited\",\"Status\":\"Exited (137) 3 seconds "
    "ago\",\"Names\":[\"/x\"]},"
    "{\"Id\":\"cc\",\"State\":\"stopped\",\"Status\":\"Up 1 second (health: starting)\"},"
    "{\"Id\":\"dd\",\"Status\":\"Exited (-1) ago\"}, 7, null]";

TEST(rows_of_the_list_are_decoded)
{
    struct arena *arena = arena_create();
    struct engine_container_list got;
    const struct engine_container_entry *row;
    struct error err;

    error_init(&err);
    assert_true(engine_container_list_decode(arena, span_of(list), &got, &err));
    assert_int_equal(got.count, 6);
    row = &got.items[0];
    assert_string_equal(row->names.items[0], "p-web-1");
    assert_string_equal(row->names.items[1], "web/alias");
    assert_int_equal(row->created_ns, 1795260941000000000);
    assert_int_equal(row->state, ENGINE_STATE_RUNNING);
    assert_int_equal(row->health, ENGINE_HEALTH_UNHEALTHY);
    assert_false(row->has_exit_code);
    assert_string_equal(row->labels.items[0].key, "a");
    assert_int_equal(row->port_count, 2);
    assert_int_equal(row->ports[0].host_port, 0);
    assert_string_equal(row->ports[1].host_ip, "::");
    assert_int_equal(row->ports[1].host_port, 8081);
    assert_string_equal(row->mounts[0].target, "/data");
    assert_true(row->mounts[0].writable);
    assert_string_equal(row->networks[0].name, "b");
    assert_string_equal(row->networks[0].ipv4_wanted, "10.0.0.5");
    assert_string_equal(row->networks[0].aliases.items[0], "web");
    row = &got.items[1];
    assert_int_equal(row->state, ENGINE_STATE_EXITED);
    assert_true(row->has_exit_code);
    assert_int_equal(row->exit_code, 137);
    assert_int_equal(got.items[2].state, ENGINE_STATE_EXITED);
    assert_int_equal(got.items[2].health, ENGINE_HEALTH_STARTING);
    assert_int_equal(got.items[3].exit_code, -1);
    assert_string_equal(got.items[4].id, "");
    arena_destroy(arena);
}

TEST(a_published_port_without_an_address_is_on_all)
{
    struct arena *arena = arena_create();
    struct engine_container_list got;
    struct error err;

    error_init(&err);
    assert_true(engine_container_list_decode(
        arena,
        span_of("[{\"Ports\":[{\"PrivatePort\":80,\"PublicPort\":8081,\"Type\":\"tcp\"},"
                "{\"PrivatePort\":81,\"Type\":\"tcp\"}]}]"),
        &got, &err)); /* as Podman 4 tells it */
    assert_string_equal(got.items[0].ports[0].host_ip, "0.0.0.0");
    assert_string_equal(got.items[0].ports[1].host_ip, "");
    arena_destroy(arena);
}

static const char inspect[] =
    "{\"Id\":\"aa\",\"Name\":\"/"
    "p-web-1\",\"Created\":\"2026-11-21T11:35:41.336651829Z\",\"Image\":\"sha256:11\","
    "\"RestartCount\":2,\"State\":{\"Status\":\"exited\",\"OOMKilled\":true,\"ExitCode\":137,"
    "\"Error\":\"boom\","
    "\"StartedAt\":\"2026-11-21T11:35:41.5Z\",\"FinishedAt\":\"0001-01-01T00:00:00Z\",\"Health\":{"
    "\"Status\":"
    "\"unhealthy\",\"FailingStreak\":3,\"Log\":[{\"Start\":\"2026-11-21T20:35:42+09:00\",\"End\":"
    "\"2026-11-21T20:35:43+09:00\",\"ExitCode\":1,\"Output\":\"no\"}]}},"
    "\"Config\":{\"Image\":\"busybox\",\"Env\":[\"A=1\",\"B\"],\"Cmd\":[\"sleep\",\"1\"],"
    "\"Entrypoint\":\"sh\","
    "\"Labels\":{\"k\":\"v\"},\"Volumes\":{\"/d\":{},\"/"
    "c\":{}},\"Tty\":true,\"StopTimeout\":0,\"Healthcheck\":"
    "{\"Test\":[\"CMD\",\"x\"],\"Interval\":1000000000,\"Retries\":3}},"
    "\"HostConfig\":{\"NetworkMode\":\"host\",\"Memory\":9007199254740993,\"RestartPolicy\":{"
    "\"Name\":\"always\"},"
    "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}],\"53/udp\":null}},"
    "\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},"
    "{\"HostIp\":\"::\",\"HostPort\":\"8080\"}],\"53/"
    "udp\":null},\"Networks\":null},\"Mounts\":null}";

TEST(inspect_is_decoded)
{
    struct arena *arena = arena_create();
    struct engine_container c;
    struct error err;
    int64_t memory;

    error_init(&err);
    assert_true(engine_container_decode(arena, span_of(inspect), &c, &err));
    assert_string_equal(c.name, "p-web-1");
    assert_int_equal(c.state, ENGINE_STATE_EXITED);
    assert_true(c.oom_killed);
    assert_int_equal(c.exit_code, 137);
    assert_int_equal(c.finished_ns, 0);
    assert_int_equal(c.health, ENGINE_HEALTH_UNHEALTHY);
    assert_int_equal(c.probe_count, 1);
    assert_string_equal(c.probes[0].output, "no");
    assert_int_equal(c.env.count, 2);
    assert_string_equal(c.volumes.items[0], "/c");
    assert_true(c.tty);
    assert_int_equal(c.port_count, 3);
    assert_string_equal(c.ports[1].host_ip, "::");
    assert_int_equal(c.ports[2].container_port, 53);
    assert_int_equal(c.network_count, 0);
    assert_true(engine_json_find_int64(c.raw, "HostConfig.Memory", &memory));
    assert_int_equal(memory, 9007199254740993);
    arena_destroy(arena);
}

TEST(answers_of_another_shape_are_refused)
{
    struct arena *arena = arena_create();
    struct engine_container_list containers;
    struct engine_container container;
    struct engine_created created;
    struct error err;

    error_init(&err);
    assert_false(engine_container_list_decode(arena, span_of("{}"), &containers, &err));
    assert_int_equal(err.kind, ERROR_ENGINE);
    assert_false(engine_container_list_decode(arena, span_of("[{"), &containers, &err));
    assert_false(engine_container_decode(arena, span_of("[]"), &container, &err));
    assert_false(engine_created_decode(arena, span_of("{\"Warnings\":[]}"), &created, &err));
    assert_true(engine_container_list_decode(arena, span_of("null"), &containers, &err));
    assert_int_equal(containers.count, 0);
    error_finish(&err);
    arena_destroy(arena);
}

TEST(creations_tell_id_and_warnings)
{
    struct arena *arena = arena_create();
    struct engine_created created;
    struct error err;

    error_init(&err);
    assert_true(engine_created_decode(arena, span_of("{\"Id\":\"x\",\"Warnings\":[\"w\"]}"),
                                      &created, &err));
    assert_string_equal(created.id, "x");
    assert_string_equal(created.warnings.items[0], "w");
    assert_true(
        engine_created_decode(arena, span_of("{\"Id\":\"n\",\"Warning\":\"\"}"), &created, &err));
    assert_int_equal(created.warnings.count, 0);
    assert_true(
        engine_created_decode(arena, span_of("{\"Id\":\"n\",\"Warnings\":null}"), &created, &err));
    assert_int_equal(created.warnings.count, 0);
    arena_destroy(arena);
}

TEST(waits_execs_and_processes_are_decoded)
{
    struct arena *arena = arena_create();
    struct engine_wait_result wait;
    struct engine_exec exec;
    struct engine_top top;
    struct error err;

    error_init(&err);
    assert_true(
        engine_wait_decode(arena, span_of("{\"StatusCode\":3,\"Error\":null}"), &wait, &err));
    assert_int_equal(wait.status_code, 3);
    assert_string_equal(wait.error, "");
    assert_true(engine_exec_decode(span_of("{\"ID\":\"e\",\"Running\":true,\"ExitCode\":null}"),
                                   &exec, &err));
    assert_int_equal(exec.exit_code, 0);
    assert_true(engine_top_decode(
        arena,
        span_of("{\"Titles\":[\"PID\",\"CMD\"],\"Processes\":[[\"1\",\"sh\"],[\"2\",\"a b\"]]}"),
        &top, &err));
    assert_int_equal(top.row_count, 2);
    assert_string_equal(top.rows[1].items[1], "a b");
    arena_destroy(arena);
}

TEST(file_descriptions_are_decoded)
{
    /* {"name":"d","size":4096,"mode":2147484141,"mtime":"2026-11-21T11:35:41Z","linkTarget":""} */
    static const char header[] =
        "eyJuYW1lIjoiZCIsInNpemUiOjQwOTYsIm1vZGUiOjIxNDc0ODQxNDEsIm10aW1lIjoiMjAyNi0xMS0yMVQxMTozN"
        "To0MVoiLCJsaW5rVGFyZ2V0IjoiIn0=";
    struct arena *arena = arena_create();
    struct engine_path_stat stat;
    struct error err;

    error_init(&err);
    assert_true(engine_path_stat_decode(arena, header, &stat, &err));
    assert_true(stat.is_directory);
    assert_false(stat.is_symlink);
    assert_int_equal(stat.mode & 0777, 0755);
    assert_false(engine_path_stat_decode(arena, "***", &stat, &err));
    error_finish(&err);
    arena_destroy(arena);
}
