/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"
#include "spec/digest.h"

struct fixture {
    struct arena *arena;
    char directory[sizeof("/tmp/digest-XXXXXX")];
    const char *path;
    struct error err;
};

static void setup(struct fixture *fixture)
{
    *fixture = (struct fixture){.arena = arena_create(), .directory = "/tmp/digest-XXXXXX"};
    error_init(&fixture->err);
    assert_non_null(mkdtemp(fixture->directory));
    fixture->path = arena_printf(fixture->arena, "%s/file", fixture->directory);
}

static void teardown(struct fixture *fixture)
{
    (void)unlink(fixture->path);
    (void)rmdir(fixture->directory);
    error_finish(&fixture->err);
    arena_destroy(fixture->arena);
}

static void write_repeated(const char *path, const char *text, size_t times)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    while (times-- > 0)
        (void)fputs(text, file);
    (void)fclose(file);
}

static void expect_refusal(struct fixture *fixture, uint64_t limit, const char *text)
{
    const char *hex = "untouched";

    assert_false(spec_digest_file(fixture->arena, fixture->path, limit, &hex, &fixture->err));
    assert_string_equal(hex, "untouched");
    assert_non_null(strstr(fixture->err.frames[0].text, text));
    error_finish(&fixture->err);
    error_init(&fixture->err);
}

TEST(file_is_digested_whole)
{
    struct fixture fixture;
    const char *hex = NULL;

    setup(&fixture);
    write_repeated(fixture.path, "0123456789abcdef", 16384); /* several pieces */
    assert_true(spec_digest_file(fixture.arena, fixture.path, 1 << 20, &hex, &fixture.err));
    assert_string_equal(hex, "cb8690e393200318a9f52ec1ea9c05cc48ea63eae57be5bb36ae4388f08270bb");
    write_repeated(fixture.path, "", 0);
    assert_true(spec_digest_file(fixture.arena, fixture.path, 1 << 20, &hex, &fixture.err));
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    teardown(&fixture);
}

/* None of these may wait or read for ever. */
TEST(what_is_no_regular_file_is_refused)
{
    struct fixture fixture;

    setup(&fixture);
    expect_refusal(&fixture, 100, "no such file or directory");
    assert_int_equal(mkfifo(fixture.path, 0600), 0);
    expect_refusal(&fixture, 100, "is not a regular file");
    (void)unlink(fixture.path);
    assert_int_equal(symlink("/dev/zero", fixture.path), 0);
    expect_refusal(&fixture, 100, "is not a regular file");
    (void)unlink(fixture.path);
    assert_int_equal(symlink("/", fixture.path), 0);
    expect_refusal(&fixture, 100, "is not a regular file");
    (void)unlink(fixture.path);
    write_repeated(fixture.path, "x", 101);
    expect_refusal(&fixture, 100, "has more than 100 bytes");
    teardown(&fixture);
}

/* Computed with another implementation of RFC 7914: N = 4096, r = 8, p = 1, 16 bytes. */
TEST(secret_is_derived_with_its_salt)
{
    struct arena *arena = arena_create();

    assert_string_equal(spec_digest_secret(arena, "password", "salt"),
                        "e1d96c45c39931fbecda7a37cd6f64e0");
    assert_int_equal(strlen(spec_digest_salt(arena)), 32);
    assert_string_not_equal(spec_digest_salt(arena), spec_digest_salt(arena));
    arena_destroy(arena);
}
