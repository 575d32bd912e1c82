/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <string.h>

#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "tests/unit/engine_client/private_dir.h"

TEST(settings_are_read)
{
    char directory[64];
    struct arena *arena = arena_create();
    struct docker_config config;
    struct error err;

    error_init(&err);
    private_dir_make(directory);
    private_dir_write(
        directory, "config.json",
        "{\"auths\":{\"r.example\":{\"auth\":\"dTpwOnE=\"},\"t.example\":{\"identitytoken\":"
        "\"tok\"}},"
        "\"credsStore\":\"pass\",\"credHelpers\":{\"g.example\":\"gcr\"},\"currentContext\":"
        "\"far\","
        "\"detachKeys\":\"ctrl-x\",\"HttpHeaders\":{\"X\":\"1\"},\"proxies\":{\"default\":"
        "{\"httpProxy\":\"http://p\"},\"tcp://h\":{\"noProxy\":\"n\"}}}",
        0600);
    assert_true(docker_config_load(arena, directory, NULL, &config, &err));
    assert_int_equal(config.login_count, 2);
    assert_string_equal(config.logins[0].username, "u");
    assert_string_equal(config.logins[0].password, "p:q");
    assert_string_equal(config.logins[1].identity_token, "tok");
    assert_string_equal(config.credentials_store, "pass");
    assert_string_equal(pairs_find(&config.credential_helpers, "g.example")->value, "gcr");
    assert_string_equal(config.current_context, "far");
    assert_string_equal(config.detach_keys, "ctrl-x");
    assert_int_equal(config.proxies.count, 2);
    assert_string_equal(pairs_find(&config.proxies, "http_proxy")->value, "http://p");
    assert_true(docker_config_load(arena, directory, "tcp://h", &config, &err));
    assert_string_equal(config.proxies.items[0].key, "NO_PROXY");
    private_dir_remove(directory);
    arena_destroy(arena);
}

TEST(missing_file_is_empty_and_a_broken_one_is_told)
{
    char directory[64];
    struct arena *arena = arena_create();
    struct docker_config config;
    struct error err;

    error_init(&err);
    private_dir_make(directory);
    assert_true(docker_config_load(arena, directory, NULL, &config, &err));
    assert_string_equal(config.current_context, "");
    assert_int_equal(config.login_count, 0);
    private_dir_write(directory, "config.json", "{broken", 0600);
    assert_false(docker_config_load(arena, directory, NULL, &config, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    error_finish(&err);
    private_dir_remove(directory);
    arena_destroy(arena);
}
