/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/endpoint.h"
#include "spec/base/arena.h"
#include "spec/base/strings.h"
#include "tests/unit/engine_client/private_dir.h"

/* SHA-256 of "far". */
#define FAR_DIGEST "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868"

static const char *variable(void *owner, const char *name)
{
    const struct pair *pair = pairs_find(owner, name);

    return pair ? pair->value : NULL;
}

static bool resolve(struct arena *arena, const char *directory,
                    struct engine_endpoint_options *options, struct pairs *variables,
                    struct engine_endpoint *ret_endpoint, struct error *err)
{
    options->variable = variable;
    options->variable_owner = variables;
    options->config_directory = directory;
    return engine_endpoint_resolve(arena, options, ret_endpoint, err);
}

TEST(addresses_are_taken_apart)
{
    static const struct {
        const char *address;
        enum engine_transport transport;
        const char *host, *user, *socket_path, *base_path;
        unsigned port;
    } rows[] = {
        {"unix:///run/x.sock", ENGINE_UNIX, NULL, NULL, "/run/x.sock", "", 0},
        {"unix://", ENGINE_UNIX, NULL, NULL, "/var/run/docker.sock", "", 0},
        {"tcp://h:1234", ENGINE_TCP, "h", NULL, NULL, "", 1234},
        {"tcp://h", ENGINE_TCP, "h", NULL, NULL, "", 2375},
        {"tcp://:2376/pre/fix/", ENGINE_TCP, "localhost", NULL, NULL, "/pre/fix", 2376},
        {"tcp://[::1]:99", ENGINE_TCP, "::1", NULL, NULL, "", 99},
        {"http://h", ENGINE_TCP, "h", NULL, NULL, "", 80},
        {"https://h/", ENGINE_TLS, "h", NULL, NULL, "", 443},
        {"ssh://u@h:22/run/d.sock", ENGINE_SSH, "h", "u", "/run/d.sock", "", 22},
        {"ssh://h", ENGINE_SSH, "h", NULL, NULL, "", 0},
    };
    struct arena *arena = arena_create();
    struct engine_endpoint endpoint;
    struct error err;

    error_init(&err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(engine_endpoint_parse(arena, rows[i].address, &endpoint, &err));
        assert_int_equal(endpoint.transport, rows[i].transport);
        assert_int_equal(endpoint.port, rows[i].port);
        assert_string_equal(endpoint.base_path, rows[i].base_path);
        if (rows[i].host)
            assert_string_equal(endpoint.host, rows[i].host);
        if (rows[i].user)
            assert_string_equal(endpoint.user, rows[i].user);
        if (rows[i].socket_path)
            assert_string_equal(endpoint.socket_path, rows[i].socket_path);
    }
    arena_destroy(arena);
}

TEST(sockets_and_loopback_addresses_are_here)
{
    static const struct {
        const char *address;
        bool far;
    } rows[] = {
        {"unix:///run/x.sock", false}, {"tcp://127.0.0.1:2375", false},
        {"tcp://[::1]:2375", false},   {"tcp://localhost", false},
        {"tcp://:2375", false},        {"ssh://u@127.0.0.2", false},
        {"tcp://10.0.0.1", true},      {"https://build.test", true},
        {"ssh://u@build.test", true},  {"tcp://127.build.test", true},
    };
    struct arena *arena = arena_create();
    struct engine_endpoint endpoint;
    struct error err;

    error_init(&err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(engine_endpoint_parse(arena, rows[i].address, &endpoint, &err));
        assert_int_equal(engine_endpoint_is_far(&endpoint), rows[i].far);
    }
    arena_destroy(arena);
}

TEST(addresses_that_cannot_work_are_refused_with_a_reason)
{
    static const char *const bad[] = {
        "npipe:////./pipe/docker_engine",
        "docker.sock",
        "tcp://h:0",
        "tcp://h:70000",
        "tcp://[::1",
        "ssh://",
        "ssh://u:secret@h",
        "ssh://-oProxyCommand=x",
        "ssh://-l@h",
    };
    struct arena *arena = arena_create();
    struct engine_endpoint endpoint;
    struct error err;

    error_init(&err);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(engine_endpoint_parse(arena, bad[i], &endpoint, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(err.hint);
    }
    error_finish(&err);
    arena_destroy(arena);
}

TEST(the_flag_goes_before_the_variable_and_that_before_the_context)
{
    char directory[64];
    struct arena *arena = arena_create();
    struct engine_endpoint_options options = {0};
    struct pairs variables = {0};
    struct engine_endpoint endpoint;
    struct error err;

    error_init(&err);
    private_dir_make(directory);
    private_dir_write(directory, "config.json", "{\"currentContext\":\"nowhere\"}", 0600);
    assert_false(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    pairs_add(&variables, arena, "DOCKER_HOST", "unix:///from/variable");
    assert_true(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_string_equal(endpoint.socket_path, "/from/variable");
    assert_string_equal(endpoint.source, "DOCKER_HOST");
    options.host = "unix:///from/flag";
    assert_true(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_string_equal(endpoint.socket_path, "/from/flag");
    options.context = "x";
    assert_false(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    error_finish(&err);
    private_dir_remove(directory);
    arena_destroy(arena);
}

static void write_context(const char *directory, const char *digest)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "contexts/meta/%s/meta.json", digest);
    private_dir_write(
        directory, path,
        "{\"Name\":\"far\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://far.example:2376\","
        "\"SkipTLSVerify\":false}}}",
        0600);
    (void)snprintf(path, sizeof(path), "contexts/tls/%s/docker/ca.pem", digest);
    private_dir_write(directory, path, "CA", 0600);
}

TEST(contexts_are_found_by_the_digest_of_their_name)
{
    char directory[64];
    struct arena *arena = arena_create();
    struct engine_endpoint_options options = {.context = "far"};
    struct pairs variables = {0};
    struct engine_endpoint endpoint;
    struct error err;
    char *message;

    error_init(&err);
    private_dir_make(directory);
    assert_false(resolve(arena, directory, &options, &variables, &endpoint, &err));
    message = error_message(&err);
    assert_non_null(
        strstr(message,
               "Failed to initialize: unable to resolve docker endpoint: context \"far\": "
               "context not found"));
    write_context(directory, FAR_DIGEST);
    assert_true(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_int_equal(endpoint.transport, ENGINE_TLS);
    assert_string_equal(endpoint.host, "far.example");
    assert_true(endpoint.verify_peer);
    assert_non_null(endpoint.ca_file);
    assert_null(endpoint.key_file);
    assert_string_equal(endpoint.context, "far");
    free(message);
    error_finish(&err);
    private_dir_remove(directory);
    arena_destroy(arena);
}

TEST(tls_is_asked_for_by_variables)
{
    char directory[64];
    struct arena *arena = arena_create();
    struct engine_endpoint_options options = {.host = "tcp://h"};
    struct pairs variables = {0};
    struct engine_endpoint endpoint;
    struct error err;

    error_init(&err);
    private_dir_make(directory);
    private_dir_write(directory, "cert.pem", "x", 0600);
    assert_true(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_int_equal(endpoint.transport, ENGINE_TCP);
    pairs_add(&variables, arena, "DOCKER_TLS_VERIFY", "1");
    pairs_add(&variables, arena, "DOCKER_CERT_PATH", directory);
    assert_false(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_non_null(strstr(err.frames[0].text, "key.pem is missing"));
    private_dir_write(directory, "key.pem", "x", 0600);
    assert_false(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_non_null(strstr(err.frames[0].text, "/ca.pem: no such file"));
    private_dir_write(directory, "ca.pem", "x", 0600);
    assert_true(resolve(arena, directory, &options, &variables, &endpoint, &err));
    assert_int_equal(endpoint.transport, ENGINE_TLS);
    assert_int_equal(endpoint.port, 2376);
    assert_true(endpoint.verify_peer);
    error_finish(&err);
    private_dir_remove(directory);
    arena_destroy(arena);
}
