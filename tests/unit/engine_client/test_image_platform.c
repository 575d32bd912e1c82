/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/image_platform.h"
#include "spec/base/arena.h"

static void expect(const char *text, const char *expected)
{
    struct arena *arena = arena_create();
    struct engine_platform platform;
    struct error err;

    error_init(&err);
    assert_true(image_platform_parse(arena, text, &platform, &err));
    assert_string_equal(image_platform_text(arena, &platform), expected);
    arena_destroy(arena);
}

static void expect_refused(const char *text, const char *words)
{
    struct arena *arena = arena_create();
    struct engine_platform platform;
    CLEANUP(error_finish) struct error err;
    char *message;

    error_init(&err);
    assert_false(image_platform_parse(arena, text, &platform, &err));
    message = error_message(&err);
    assert_non_null(strstr(message, words));
    free(message);
    arena_destroy(arena);
}

TEST(platforms_get_the_engines_names)
{
    expect("linux/amd64", "linux/amd64");
    expect("linux/x86_64", "linux/amd64");
    expect("linux/x86-64", "linux/amd64");
    expect("LINUX/AMD64", "linux/amd64");
    expect("linux/amd64/v1", "linux/amd64");
    expect("linux/amd64/v2", "linux/amd64/v2");
    expect("linux/i386", "linux/386");
    expect("linux/aarch64", "linux/arm64");
    expect("linux/aarch64/v8", "linux/arm64/v8");
    expect("linux/arm64/8", "linux/arm64/v8");
    expect("linux/arm64/v9", "linux/arm64/v9");
    expect("linux/arm/7", "linux/arm/v7");
    expect("linux/arm/v7", "linux/arm/v7");
    expect("linux/armhf", "linux/arm");
    expect("linux/armel", "linux/arm/v6");
    expect("macos/amd64", "darwin/amd64");
    expect("windows(10.0.17763)/amd64", "windows/amd64");
    expect("wasi/wasm", "wasi/wasm");
    expect("foo/bar", "foo/bar");
}

TEST(one_word_is_a_processor_or_an_operating_system)
{
    struct arena *arena = arena_create();
    const char *here = arena_printf(arena, "linux/%s", image_platform_host_architecture());

    expect("arm64", "linux/arm64");
    expect("x86_64", "linux/amd64");
    expect("armhf", "linux/arm");
    expect("linux", here);
    expect_refused("weird", "\"weird\": unknown operating system or architecture");
    arena_destroy(arena);
}

TEST(malformed_platforms_are_refused)
{
    expect_refused("a/b/c/d", "cannot parse platform specifier");
    expect_refused("linux/arm64/v8.1", "\"v8.1\" is an invalid component of \"linux/arm64/v8.1\"");
    expect_refused("linux/", "\"\" is an invalid component");
}

TEST(a_variant_counts_where_both_have_one)
{
    const struct engine_platform plain = {"linux", "arm64", ""}, eight = {"linux", "arm64", "v8"};

    assert_true(image_platform_matches("linux/aarch64", &eight));
    assert_true(image_platform_matches("linux/arm64/v8", &plain));
    assert_false(image_platform_matches("linux/arm64/v9", &eight));
    assert_false(image_platform_matches("linux/amd64", &plain));
    assert_false(image_platform_matches("weird", &plain));
}
