/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/registry_auth.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/base64.h"
#include "engine_client/child_talk.h"
#include "engine_client/image_reference.h"
#include "engine_client/json_read.h"
#include "spec/base/json_writer.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

#define HUB_KEY "https://index.docker.io/v1/"

/* What helpers print instead of credentials when they have none. */
#define NOT_FOUND "credentials not found in native keychain"

struct registry_auth_lookup {
    const struct docker_config *config;
    registry_auth_fn *done;
    void *owner;
    struct arena *arena;
    const char *server;
    struct child_talk *talk;
    uv_idle_t turn;
    struct text header;
    struct error failure;
};

/* The key under "auths": the hub has a legacy one. */
static const char *key_of(const char *domain)
{
    return strcmp(domain, "docker.io") == 0 || strcmp(domain, "index.docker.io") == 0 ? HUB_KEY
                                                                                      : domain;
}

/* "https://host/v1/" -> "host" */
static struct span host_of(const char *server)
{
    const char *scheme = strstr(server, "://");

    if (scheme)
        server = scheme + 3;
    return (struct span){server, strcspn(server, "/")};
}

static const struct docker_login *find_login(const struct docker_config *config, const char *server)
{
    struct span host = host_of(server);

    for (size_t i = 0; i < config->login_count; i++)
        if (strcmp(config->logins[i].server, server) == 0)
            return &config->logins[i];
    /* Older entries carry a scheme and a path. */
    for (size_t i = 0; i < config->login_count; i++) {
        struct span other = host_of(config->logins[i].server);

        if (other.length == host.length && memcmp(other.bytes, host.bytes, host.length) == 0)
            return &config->logins[i];
    }
    return NULL;
}

static bool has_secret(const struct docker_login *login)
{
    return *login->password || *login->identity_token || *login->registry_token;
}

static void write_member(struct json_writer *json, const char *key, const char *value)
{
    if (*value)
        json_member_string(json, key, value);
}

static void write_login(struct json_writer *json, const struct docker_login *login,
                        const char *server)
{
    json_object_open(json);
    write_member(json, "username", login->username);
    write_member(json, "password", login->password);
    write_member(json, "serveraddress", server);
    write_member(json, "identitytoken", login->identity_token);
    write_member(json, "registrytoken", login->registry_token);
    json_object_close(json);
}

static void make_header(struct registry_auth_lookup *lookup, const struct docker_login *login)
{
    CLEANUP(text_finish) struct text plain;
    struct json_writer json;

    text_init(&plain, LIMIT_MESSAGE_BYTES);
    json_begin(&json, &plain, 0);
    json.raw_html = true;
    write_login(&json, login, lookup->server);
    base64_encode(&lookup->header, text_span(&plain), true);
}

const char *registry_auth_build_header(struct arena *arena, const struct docker_config *config)
{
    CLEANUP(text_finish) struct text plain;
    CLEANUP(text_finish) struct text header;
    struct json_writer json;
    size_t count = 0;

    text_init(&plain, LIMIT_MESSAGE_BYTES);
    text_init(&header, 0);
    json_begin(&json, &plain, 0);
    json.raw_html = true;
    json_object_open(&json);
    for (size_t i = 0; i < config->login_count; i++) {
        if (!has_secret(&config->logins[i]))
            continue;
        json_key(&json, config->logins[i].server);
        write_login(&json, &config->logins[i], config->logins[i].server);
        count++;
    }
    json_object_close(&json);
    if (count == 0)
        return "";
    base64_encode(&header, text_span(&plain), true);
    return arena_strdup(arena, header.bytes);
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct registry_auth_lookup *lookup = handle->data;

    text_finish(&lookup->header);
    error_finish(&lookup->failure);
    arena_destroy(lookup->arena);
    free(lookup);
}

static void on_turn(uv_idle_t *handle)
{
    struct registry_auth_lookup *lookup = handle->data;
    bool failed = error_is_set(&lookup->failure);

    uv_idle_stop(handle);
    lookup->done(lookup->owner, failed ? NULL : lookup->header.bytes,
                 failed ? &lookup->failure : NULL);
    uv_close((uv_handle_t *)handle, on_turn_closed);
}

static void finish_soon(struct registry_auth_lookup *lookup)
{
    uv_idle_start(&lookup->turn, on_turn);
}

/* {"ServerURL","Username","Secret"}; the user "<token>" means an identity token. */
static void read_helper(struct registry_auth_lookup *lookup, struct span answer)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(answer, false, "credentials", &lookup->failure);
    struct docker_login login = {
        .username = "", .password = "", .identity_token = "", .registry_token = ""};
    const char *user;

    if (!tree) {
        (void)error_set(&lookup->failure, ERROR_INPUT,
                        "the credential helper for %s printed no JSON", lookup->server);
        return;
    }
    user = json_read_text(lookup->arena, tree, "Username");
    if (strcmp(user, "<token>") == 0) {
        login.identity_token = json_read_text(lookup->arena, tree, "Secret");
    } else {
        login.username = user;
        login.password = json_read_text(lookup->arena, tree, "Secret");
    }
    make_header(lookup, &login);
}

static struct span trimmed(struct span text)
{
    while (text.length > 0 && strchr("\r\n ", text.bytes[text.length - 1]))
        text.length--;
    return text;
}

static void on_helper(void *owner, const struct child_result *result, const struct error *failure)
{
    struct registry_auth_lookup *lookup = owner;

    struct span words = trimmed(result->output);

    lookup->talk = NULL;
    if (failure)
        error_copy(&lookup->failure, failure);
    else if (result->exit_code == 0)
        read_helper(lookup, result->output);
    else if (!memmem(result->output.bytes, result->output.length, NOT_FOUND, strlen(NOT_FOUND)))
        (void)error_set(&lookup->failure, ERROR_INPUT,
                        "error getting credentials - err: exit status %d, out: `%.*s`",
                        result->exit_code, (int)words.length, words.bytes);
    finish_soon(lookup);
}

static void ask_helper(struct registry_auth_lookup *lookup, uv_loop_t *loop, const char *helper)
{
    const char *program = arena_printf(lookup->arena, "docker-credential-%s", helper);
    const char *const argv[] = {program, "get", NULL};

    lookup->talk = child_talk_start(loop, argv, span_of(lookup->server), on_helper, lookup);
}

static void look_up(struct registry_auth_lookup *lookup, uv_loop_t *loop, const char *domain)
{
    const struct docker_config *config = lookup->config;
    const struct pair *helper = pairs_find(&config->credential_helpers, domain);
    const struct docker_login *login;

    lookup->server = key_of(domain);
    if (!helper)
        helper = pairs_find(&config->credential_helpers, lookup->server);
    if (helper || *config->credentials_store) {
        ask_helper(lookup, loop, helper ? helper->value : config->credentials_store);
        return;
    }
    login = find_login(config, lookup->server);
    if (login && has_secret(login))
        make_header(lookup, login);
    finish_soon(lookup);
}

struct registry_auth_lookup *registry_auth_start(uv_loop_t *loop,
                                                 const struct docker_config *config,
                                                 const char *image, registry_auth_fn *done,
                                                 void *owner)
{
    struct registry_auth_lookup *lookup = xcalloc(1, sizeof(*lookup));
    struct image_reference reference;

    lookup->config = config;
    lookup->done = done;
    lookup->owner = owner;
    lookup->arena = arena_create();
    text_init(&lookup->header, 0);
    error_init(&lookup->failure);
    uv_idle_init(loop, &lookup->turn);
    lookup->turn.data = lookup;
    if (image_reference_parse(lookup->arena, image, &reference, &lookup->failure))
        look_up(lookup, loop, reference.domain);
    else
        finish_soon(lookup);
    return lookup;
}

void registry_auth_cancel(struct registry_auth_lookup *lookup)
{
    if (lookup->talk)
        child_talk_cancel(lookup->talk); /* its end brings ERROR_CANCELED */
    else
        (void)error_set(&lookup->failure, ERROR_CANCELED, "canceled");
}
