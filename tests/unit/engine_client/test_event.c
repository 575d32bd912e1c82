/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include "engine_client/event.h"
#include "spec/base/arena.h"

static struct engine_event decode(struct arena *arena, const char *line)
{
    struct engine_event event;
    struct error err;

    error_init(&err);
    assert_true(engine_event_decode(arena, span_of(line), &event, &err));
    return event;
}

TEST(events_keep_their_nanoseconds_and_attributes)
{
    struct arena *arena = arena_create();
    struct engine_event event =
        decode(arena,
               "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"aa\",\"Attributes\":"
               "{\"name\":\"w\","
               "\"exitCode\":\"137\"}},\"time\":1795262732,\"timeNano\":1795262732002588123}");

    assert_string_equal(event.action, "die");
    assert_string_equal(event.id, "aa");
    assert_int_equal(event.time_ns, 1795262732002588123);
    assert_true(event.has_exit_code);
    assert_int_equal(event.exit_code, 137);
    assert_string_equal(engine_event_attribute(&event, "name"), "w");
    assert_string_equal(engine_event_attribute(&event, "none"), "");
    arena_destroy(arena);
}

TEST(health_is_read_from_both_engines)
{
    struct arena *arena = arena_create();
    struct engine_event event =
        decode(arena, "{\"Type\":\"container\",\"Action\":\"health_status: unhealthy\"}");

    assert_string_equal(event.action, "health_status");
    assert_int_equal(event.health, ENGINE_HEALTH_UNHEALTHY);
    event = decode(
        arena,
        "{\"Type\":\"container\",\"Action\":\"health_status\",\"HealthStatus\":\"healthy\"}");
    assert_int_equal(event.health, ENGINE_HEALTH_HEALTHY);
    arena_destroy(arena);
}

TEST(only_the_end_of_a_container_has_an_exit_code)
{
    struct arena *arena = arena_create();
    struct engine_event event =
        decode(arena,
               "{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"Attributes\":{"
               "\"containerExitCode\":\"0\"}}}");

    assert_false(event.has_exit_code); /* Podman says it in all of its events */
    event = decode(arena,
                   "{\"Type\":\"container\",\"Action\":\"died\",\"Actor\":{\"Attributes\":{"
                   "\"containerExitCode\":\"3\"}}}");
    assert_true(event.has_exit_code);
    assert_int_equal(event.exit_code, 3);
    arena_destroy(arena);
}

TEST(actions_of_podman_get_dockers_names)
{
    struct arena *arena = arena_create();

    assert_string_equal(decode(arena, "{\"Type\":\"container\",\"Action\":\"died\"}").action,
                        "die");
    assert_string_equal(decode(arena, "{\"Type\":\"container\",\"Action\":\"remove\"}").action,
                        "destroy");
    assert_string_equal(decode(arena, "{\"Type\":\"network\",\"Action\":\"remove\"}").action,
                        "remove");
    assert_string_equal(decode(arena, "{\"Type\":\"container\",\"Action\":\"exec_died\"}").action,
                        "exec_die");
    arena_destroy(arena);
}

TEST(command_of_an_exec_is_kept_apart)
{
    struct arena *arena = arena_create();
    struct engine_event event =
        decode(arena, "{\"Type\":\"container\",\"Action\":\"exec_start: sh -c a: b\"}");

    assert_string_equal(event.action, "exec_start");
    assert_string_equal(event.detail, "sh -c a: b");
    arena_destroy(arena);
}
