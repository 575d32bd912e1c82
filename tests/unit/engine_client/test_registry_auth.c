/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/base64.h"
#include "engine_client/registry_auth.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "tests/unit/engine_client/private_dir.h"

struct answer {
    unsigned done;
    struct text plain; /* the header, decoded */
    struct error failure;
};

static void on_auth(void *owner, const char *header, const struct error *failure)
{
    struct answer *answer = owner;
    char *standard;

    answer->done++;
    if (failure) {
        error_copy(&answer->failure, failure);
        return;
    }
    standard = xstrdup(header);
    for (char *c = standard; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    assert_true(base64_decode(&answer->plain, span_of(standard)));
    free(standard);
}

/* Ask with `settings` as config.json; `failure_kind` ERROR_NONE expects `wanted`. */
static void expect(const char *settings, const char *image, enum error_kind failure_kind,
                   const char *wanted)
{
    struct arena *arena = arena_create();
    struct docker_config config;
    struct answer answer = {.done = 0};
    char directory[64];
    uv_loop_t loop;
    struct error err;

    (void)signal(SIGPIPE, SIG_IGN);
    error_init(&err);
    error_init(&answer.failure);
    text_init(&answer.plain, 0);
    private_dir_make(directory);
    private_dir_write(directory, "config.json", settings, 0600);
    assert_true(docker_config_load(arena, directory, NULL, &config, &err));
    assert_int_equal(uv_loop_init(&loop), 0);
    (void)registry_auth_start(&loop, &config, image, on_auth, &answer);
    assert_int_equal(answer.done, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(answer.done, 1);
    assert_int_equal(answer.failure.kind, failure_kind);
    if (failure_kind == ERROR_NONE)
        assert_string_equal(answer.plain.bytes, wanted);
    else
        assert_non_null(strstr(answer.failure.frames[0].text, wanted));
    error_finish(&answer.failure);
    text_finish(&answer.plain);
    private_dir_remove(directory);
    arena_destroy(arena);
}

static const char logins[] =
    "{\"auths\":{\"r.example:5000\":{\"auth\":\"dTpw\"},\"https://old.example/v1/\":{\"username\":"
    "\"o\",\"password\":\"<&>\"},\"https://index.docker.io/v1/\":{\"identitytoken\":\"t\"}}}";

TEST(logins_of_the_file_are_found)
{
    expect(logins, "r.example:5000/a/b:1", ERROR_NONE,
           "{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"r.example:5000\"}");
    expect(logins, "old.example/x", ERROR_NONE,
           "{\"username\":\"o\",\"password\":\"<&>\",\"serveraddress\":\"old.example\"}");
    expect(logins, "redis", ERROR_NONE,
           "{\"serveraddress\":\"https://index.docker.io/v1/\",\"identitytoken\":\"t\"}");
    expect(logins, "other.example/x", ERROR_NONE, "");
}

/* The helper stays in PATH, where a folder that is gone does no harm. */
static void with_helper(char *directory)
{
    char *path;

    private_dir_make(directory);
    private_dir_write(directory, "docker-credential-unittest",
                      "#!/bin/sh\nread server\ncase \"$1 $server\" in\n"
                      "'get good.example') echo '{\"Username\":\"h\",\"Secret\":\"s\"}';;\n"
                      "'get token.example') echo '{\"Username\":\"<token>\",\"Secret\":\"s\"}';;\n"
                      "'get bad.example') echo 'keychain is locked'; exit 3;;\n"
                      "'get odd.example') echo nonsense;;\n"
                      "*) echo 'credentials not found in native keychain'; exit 1;;\nesac\n",
                      0755);
    path = xasprintf("%s:%s", directory, getenv("PATH"));
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
}

TEST(helpers_are_asked)
{
    static const char settings[] = "{\"credsStore\":\"unittest\"}";
    char directory[64];

    with_helper(directory);
    expect(settings, "good.example/a", ERROR_NONE,
           "{\"username\":\"h\",\"password\":\"s\",\"serveraddress\":\"good.example\"}");
    expect(settings, "token.example/a", ERROR_NONE,
           "{\"serveraddress\":\"token.example\",\"identitytoken\":\"s\"}");
    expect(settings, "none.example/a", ERROR_NONE, "");
    expect(settings, "bad.example/a", ERROR_INPUT, "exit status 3, out: `keychain is locked`");
    expect(settings, "odd.example/a", ERROR_INPUT, "printed no JSON");
    expect("{\"credHelpers\":{\"x.example\":\"not-installed\"}}", "x.example/a", ERROR_SYSTEM,
           "docker-credential-not-installed");
    private_dir_remove(directory);
}

TEST(malformed_image_is_told)
{
    expect("{}", "Not a name", ERROR_INPUT, "invalid reference format");
}

TEST(builds_get_all_logins_of_the_file)
{
    struct arena *arena = arena_create();
    struct docker_login login = {"r.example", "u", "p", "", ""};
    struct docker_config config = {.logins = &login, .login_count = 1};
    CLEANUP(text_finish) struct text plain;

    text_init(&plain, 0);
    assert_true(base64_decode(&plain, span_of(registry_auth_build_header(arena, &config))));
    assert_string_equal(
        plain.bytes,
        "{\"r.example\":{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"r.example\"}}");
    config.login_count = 0;
    assert_string_equal(registry_auth_build_header(arena, &config), "");
    arena_destroy(arena);
}
