/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/image_reference.h"
#include "spec/base/arena.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void expect(const char *text, const char *canonical, const char *familiar)
{
    struct arena *arena = arena_create();
    struct image_reference reference;
    struct error err;

    error_init(&err);
    assert_true(image_reference_parse(arena, text, &reference, &err));
    assert_string_equal(image_reference_canonical(arena, &reference), canonical);
    assert_string_equal(image_reference_familiar(arena, &reference), familiar);
    arena_destroy(arena);
}

TEST(names_get_domain_library_and_tag)
{
    expect("redis", "docker.io/library/redis:latest", "redis:latest");
    expect("redis:7", "docker.io/library/redis:7", "redis:7");
    expect("docker.io/redis", "docker.io/library/redis:latest", "redis:latest");
    expect("index.docker.io/library/redis", "docker.io/library/redis:latest", "redis:latest");
    expect("user/app:1.0", "docker.io/user/app:1.0", "user/app:1.0");
    expect("localhost/app", "localhost/app:latest", "localhost/app:latest");
    expect("localhost:5000/a/b_c:x", "localhost:5000/a/b_c:x", "localhost:5000/a/b_c:x");
    expect("reg.example/a__b--c.d", "reg.example/a__b--c.d:latest", "reg.example/a__b--c.d:latest");
    expect("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest");
    expect("redis@" DIGEST, "docker.io/library/redis@" DIGEST, "redis@" DIGEST);
    expect("redis:7@" DIGEST, "docker.io/library/redis:7@" DIGEST, "redis:7@" DIGEST);
}

TEST(malformed_references_are_refused)
{
    static const char *const bad[] = {
        "",
        ":7",
        "Redis",
        "redis:",
        "redis:a b",
        "a//b",
        "/redis",
        "-a",
        "a___b",
        "redis@sha2",
        "redis@md5:00",
        "a..b",
        "host:port/app",
        "redis/",
        "a_/b",
        "redis:-x",
        "x@" DIGEST "0",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    };
    struct arena *arena = arena_create();
    struct image_reference reference;
    struct error err;

    error_init(&err);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (image_reference_parse(arena, bad[i], &reference, &err))
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    error_finish(&err);
    arena_destroy(arena);
}

/* docker.io/library/ and 237 more characters are 255; a name that is taken can be written and read again. */
TEST(the_longest_name_counts_what_is_put_in_front)
{
    struct arena *arena = arena_create();
    struct image_reference reference, again;
    struct error err;
    char name[239];

    error_init(&err);
    memset(name, 'a', sizeof(name) - 1);
    name[238] = '\0';
    assert_false(image_reference_parse(arena, name, &reference, &err));
    error_finish(&err);
    name[237] = '\0';
    assert_true(image_reference_parse(arena, name, &reference, &err));
    assert_true(
        image_reference_parse(arena, image_reference_canonical(arena, &reference), &again, &err));
    arena_destroy(arena);
}

TEST(short_and_long_names_are_the_same)
{
    assert_true(image_reference_same("redis", "docker.io/library/redis:latest"));
    assert_false(image_reference_same("redis", "redis:7"));
    assert_false(image_reference_same("redis", "localhost/redis"));
    assert_true(image_reference_same("Bad Name", "Bad Name"));
}
