/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "compose/observe/contents.h"
#include "spec/base/arena.h"
#include "spec/hash.h"

/* A config, a secret, and one of each whose content is unknown. */
struct fixture {
    struct arena *arena;
    struct content known[4];
    struct content *items[4];
    struct content_list list;
};

static void setup(struct fixture *fixture, const char *config, const char *secret)
{
    struct arena *arena = arena_create();

    *fixture = (struct fixture){.arena = arena, .list = {fixture->items, 4}};
    fixture->known[0] = (struct content){
        .arena = arena, .name = "app", .sha256 = spec_sha256_hex(arena, config, strlen(config))};
    fixture->known[1] = (struct content){.arena = arena,
                                         .name = "app",
                                         .is_secret = true,
                                         .sha256 = spec_sha256_hex(arena, secret, strlen(secret))};
    fixture->known[2] = (struct content){.arena = arena, .name = "lost", .problem = "no file"};
    fixture->known[3] =
        (struct content){.arena = arena, .name = "lost", .is_secret = true, .problem = "not set"};
    for (size_t i = 0; i < 4; i++)
        fixture->items[i] = &fixture->known[i];
}

TEST(label_has_what_is_known_and_its_salt)
{
    struct fixture fixture;
    const char *label;

    setup(&fixture, "one", "hunter2");
    label = contents_label(fixture.arena, &fixture.list, "00ff");
    assert_non_null(strstr(label, "config/app=7692c3ad3540bb80 "));
    assert_non_null(strstr(label, "salt=00ff secret/app="));
    assert_null(strstr(label, "lost"));
    /* Nothing that can be computed without the salt. */
    assert_null(strstr(label, "f52fbd32b2b3b86f")); /* SHA-256 of hunter2 */
    assert_string_equal(contents_salt(fixture.arena, label), "00ff");
    arena_destroy(fixture.arena);
}

TEST(secrets_differ_by_salt_and_configs_do_not)
{
    struct fixture fixture;
    const char *a, *b;

    setup(&fixture, "one", "hunter2");
    a = contents_label(fixture.arena, &fixture.list, "00ff");
    b = contents_label(fixture.arena, &fixture.list, "11ff");
    assert_int_equal(strncmp(a, b, strcspn(a, " ")), 0);
    assert_string_not_equal(strrchr(a, '='), strrchr(b, '='));
    arena_destroy(fixture.arena);
}

TEST(only_known_and_recorded_contents_change)
{
    struct fixture fixture;
    struct content_list changed;
    const char *label;

    setup(&fixture, "one", "hunter2");
    label = contents_label(fixture.arena, &fixture.list, "00ff");
    assert_int_equal(contents_changed(fixture.arena, &fixture.list, label).count, 0);
    assert_int_equal(contents_changed(fixture.arena, &fixture.list, "").count, 0);
    assert_int_equal(contents_changed(fixture.arena, &fixture.list, "0123456789abcdef").count, 0);
    assert_int_equal(
        contents_changed(fixture.arena, &fixture.list, "config/ap=1 secret/app=1").count, 0);
    fixture.known[0].sha256 = spec_sha256_hex(fixture.arena, "two", 3);
    fixture.known[2].sha256 = fixture.known[0].sha256; /* known now, but not recorded */
    changed = contents_changed(fixture.arena, &fixture.list, label);
    assert_int_equal(changed.count, 1);
    assert_ptr_equal(changed.items[0], fixture.items[0]);
    fixture.known[1].sha256 = fixture.known[0].sha256;
    fixture.known[1].salt = NULL;
    assert_int_equal(contents_changed(fixture.arena, &fixture.list, label).count, 2);
    fixture.known[1].sha256 = NULL;
    assert_int_equal(contents_changed(fixture.arena, &fixture.list, label).count, 1);
    arena_destroy(fixture.arena);
}

TEST(nothing_known_gives_no_label)
{
    struct fixture fixture;

    setup(&fixture, "", "");
    fixture.known[0].sha256 = fixture.known[1].sha256 = NULL;
    assert_null(contents_label(fixture.arena, &fixture.list, "00ff"));
    arena_destroy(fixture.arena);
}
