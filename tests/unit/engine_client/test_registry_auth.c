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

/* A helper of "" is an opt-out: the log-in of the file counts, and no program is run. */
TEST(an_empty_helper_means_the_file)
{
    char directory[64];

    with_helper(directory);
    expect("{\"credsStore\":\"unittest\",\"credHelpers\":{\"good.example\":\"\"},"
           "\"auths\":{\"good.example\":{\"auth\":\"dTpw\"}}}",
           "good.example/a", ERROR_NONE,
           "{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"good.example\"}");
    expect("{\"credHelpers\":{\"good.example\":\"\"}}", "good.example/a", ERROR_NONE, "");
    private_dir_remove(directory);
}

TEST(malformed_image_is_told)
{
    expect("{}", "Not a name", ERROR_INPUT, "invalid reference format");
}

struct logins {
    unsigned done;
    char *plain; /* the header, decoded */
    size_t skipped;
    char *first_skipped;
    enum error_kind failure;
};

static void on_logins(void *owner, const char *header, const struct strings *skipped,
                      const struct error *failure)
{
    struct logins *result = owner;
    CLEANUP(text_finish) struct text plain;
    char *standard;

    result->done++;
    result->skipped = skipped->count;
    result->first_skipped = xstrdup(skipped->count > 0 ? skipped->items[0] : "");
    result->failure = failure ? failure->kind : ERROR_NONE;
    text_init(&plain, 0);
    standard = xstrdup(header ? header : "");
    for (char *c = standard; *c; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    assert_true(base64_decode(&plain, span_of(standard)));
    free(standard);
    result->plain = text_take(&plain);
}

static struct logins all_logins(const struct docker_config *config, bool cancel)
{
    struct logins result = {0};
    struct registry_auth_builds *all;
    uv_loop_t loop;

    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&loop), 0);
    all = registry_auth_builds_start(&loop, config, on_logins, &result);
    assert_int_equal(result.done, 0);
    if (cancel)
        registry_auth_builds_cancel(all);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(result.done, 1);
    return result;
}

static void expect_all(const struct docker_config *config, const char *wanted, const char *skipped)
{
    struct logins result = all_logins(config, false);

    assert_string_equal(result.plain, wanted);
    assert_string_equal(result.first_skipped, skipped);
    assert_int_equal(result.failure, ERROR_NONE);
    free(result.plain);
    free(result.first_skipped);
}

TEST(builds_get_all_logins_of_the_file)
{
    struct docker_login login = {"r.example", "u", "p", "", ""};
    struct docker_config config = {.logins = &login, .login_count = 1, .credentials_store = ""};
    struct logins canceled;

    expect_all(
        &config,
        "{\"r.example\":{\"username\":\"u\",\"password\":\"p\",\"serveraddress\":\"r.example\"}}",
        "");
    canceled = all_logins(&config, true);
    assert_int_equal(canceled.failure, ERROR_CANCELED);
    free(canceled.plain);
    free(canceled.first_skipped);
    config.login_count = 0;
    expect_all(&config, "", "");
}

/* A store is asked which servers it has; a registry's helper is asked for that registry, and wins. */
TEST(builds_get_the_logins_of_helpers)
{
    char directory[64], path[128];
    struct arena *arena = arena_create();
    struct docker_login plain = {"file.example", "f", "1", "", ""};
    struct docker_config config = {.logins = &plain, .login_count = 1, .credentials_store = "all"};

    private_dir_make(directory);
    private_dir_write(
        directory, "docker-credential-all",
        "#!/bin/sh\nread server\n"
        "if [ $1 = list ]; then echo '{\"a.example\":\"x\",\"b.example\":\"y\"}'; exit; fi\n"
        "echo \"{\\\"Username\\\":\\\"x\\\",\\\"Secret\\\":\\\"of $server\\\"}\"\n",
        0755);
    private_dir_write(directory, "docker-credential-one",
                      "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"t\"}'\n", 0755);
    private_dir_write(directory, "docker-credential-none",
                      "#!/bin/sh\necho credentials not found in native keychain; exit 1\n", 0755);
    private_dir_write(directory, "docker-credential-broken", "#!/bin/sh\necho no; exit 1\n", 0755);
    (void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", directory);
    assert_int_equal(setenv("PATH", path, 1), 0);
    pairs_add(&config.credential_helpers, arena, "b.example", "one");
    pairs_add(&config.credential_helpers, arena, "c.example", "none");
    pairs_add(&config.credential_helpers, arena, "d.example", "broken");
    expect_all(
        &config,
        "{\"file.example\":{\"username\":\"f\",\"password\":\"1\",\"serveraddress\":\"file.example\"},"
        "\"a.example\":{\"username\":\"x\",\"password\":\"of a.example\",\"serveraddress\":\"a.example\"},"
        "\"b.example\":{\"serveraddress\":\"b.example\",\"identitytoken\":\"t\"}}",
        "docker-credential-broken does not give credentials for d.example");

    /* Opt-outs: of one server that the store knows and the file does not, and of one that both know. */
    plain.server = "a.example";
    config.credential_helpers = (struct pairs){0};
    pairs_add(&config.credential_helpers, arena, "a.example", "");
    pairs_add(&config.credential_helpers, arena, "b.example", "");
    expect_all(
        &config,
        "{\"a.example\":{\"username\":\"f\",\"password\":\"1\",\"serveraddress\":\"a.example\"}}",
        "");
    plain.server = "file.example";
    config.credential_helpers = (struct pairs){0};
    pairs_add(&config.credential_helpers, arena, "b.example", "one");
    pairs_add(&config.credential_helpers, arena, "c.example", "none");
    pairs_add(&config.credential_helpers, arena, "d.example", "broken");

    /* What is longer than any helper's answer is refused as a whole, and not cut. */
    private_dir_write(directory, "docker-credential-all",
                      "#!/bin/sh\nprintf '{\"Username\":\"x\",\"Secret\":\"%0100000d\"}' 0\n",
                      0755);
    config = (struct docker_config){.credentials_store = "all"};
    expect_all(&config, "", "docker-credential-all does not give credentials");
    private_dir_remove(directory);
    arena_destroy(arena);
}

/* Tokens are long: all of them together are longer than a message. */
TEST(many_long_logins_are_sent_whole)
{
    enum { LOGINS = 30, TOKEN_BYTES = 3000 };
    struct docker_login of_file[LOGINS];
    struct docker_config config = {
        .logins = of_file, .login_count = LOGINS, .credentials_store = ""};
    char servers[LOGINS][16], token[TOKEN_BYTES + 1];
    struct logins all;

    memset(token, 't', TOKEN_BYTES);
    token[TOKEN_BYTES] = '\0';
    for (size_t i = 0; i < LOGINS; i++) {
        (void)snprintf(servers[i], sizeof(servers[i]), "r%zu.example", i);
        of_file[i] = (struct docker_login){servers[i], "u", "", token, ""};
    }
    all = all_logins(&config, false);
    assert_true(strlen(all.plain) > (size_t)LOGINS * TOKEN_BYTES);
    assert_string_equal(all.plain + strlen(all.plain) - 5, "tt\"}}");
    free(all.plain);
    free(all.first_skipped);
}
