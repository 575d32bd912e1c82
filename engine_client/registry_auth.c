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

    text_init(&plain, 0); /* the file and the helper's answer are bounded */
    json_begin(&json, &plain, 0);
    json.raw_html = true;
    write_login(&json, login, lookup->server);
    base64_encode(&lookup->header, text_span(&plain), true);
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
static bool read_login(struct arena *arena, const char *server, struct span answer,
                       struct docker_login *ret_login, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(answer, false, "credentials", err);
    struct docker_login login = {.server = server,
                                 .username = "",
                                 .password = "",
                                 .identity_token = "",
                                 .registry_token = ""};
    const char *user;

    if (!tree)
        return error_set(err, ERROR_INPUT, "the credential helper for %s printed no JSON", server);
    user = json_read_text(arena, tree, "Username");
    if (strcmp(user, "<token>") == 0) {
        login.identity_token = json_read_text(arena, tree, "Secret");
    } else {
        login.username = user;
        login.password = json_read_text(arena, tree, "Secret");
    }
    *ret_login = login;
    return true;
}

static void read_helper(struct registry_auth_lookup *lookup, struct span answer)
{
    struct docker_login login;

    if (read_login(lookup->arena, lookup->server, answer, &login, &lookup->failure))
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
    const char
        *program; /* a helper of "" keeps the server's log-in in the file, whatever the store */

    lookup->server = key_of(domain);
    if (!helper)
        helper = pairs_find(&config->credential_helpers, lookup->server);
    program = helper ? helper->value : config->credentials_store;
    if (*program) {
        ask_helper(lookup, loop, program);
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

/* -- All log-ins, for a build -- */

/* One question to a helper: the log-in of a server, or, of a store, which servers it has. */
struct question {
    const char *helper;
    const char *server; /* NULL: list */
};

struct registry_auth_builds {
    uv_loop_t *loop;
    const struct docker_config *config;
    registry_auth_builds_fn *done;
    void *owner;
    struct arena *arena;
    struct question *questions;
    size_t question_count, question_capacity, asked;
    struct docker_login *logins; /* of one server the last one counts */
    size_t login_count, login_capacity;
    struct strings skipped;
    struct child_talk *talk;
    uv_idle_t turn;
    bool canceled;
};

static void add_question(struct registry_auth_builds *all, const char *helper, const char *server)
{
    all->questions = arena_grow(all->arena, all->questions, &all->question_capacity,
                                all->question_count + 1, sizeof(*all->questions));
    all->questions[all->question_count++] = (struct question){helper, server};
}

/* After the store, for they know better. */
static void add_helpers(struct registry_auth_builds *all)
{
    const struct pairs *helpers = &all->config->credential_helpers;

    for (size_t i = 0; i < helpers->count; i++)
        if (*helpers->items[i].value)
            add_question(all, helpers->items[i].value, helpers->items[i].key);
}

static void add_login(struct registry_auth_builds *all, const struct docker_login *login)
{
    if (!has_secret(login))
        return;
    for (size_t i = 0; i < all->login_count; i++)
        if (strcmp(all->logins[i].server, login->server) == 0) {
            all->logins[i] = *login;
            return;
        }
    all->logins = arena_grow(all->arena, all->logins, &all->login_capacity, all->login_count + 1,
                             sizeof(*all->logins));
    all->logins[all->login_count++] = *login;
}

/* A helper of "" keeps a server's log-in in the file: what the store said of it does not count. */
static void apply_opt_outs(struct registry_auth_builds *all)
{
    const struct pairs *helpers = &all->config->credential_helpers;

    for (size_t i = 0; i < helpers->count; i++) {
        const char *server = helpers->items[i].key;
        const struct docker_login *login = find_login(all->config, server);
        size_t kept = 0;

        if (*helpers->items[i].value)
            continue;
        for (size_t j = 0; j < all->login_count; j++)
            if (strcmp(all->logins[j].server, server) != 0)
                all->logins[kept++] = all->logins[j];
        all->login_count = kept;
        if (login)
            add_login(all, login);
    }
}

static void write_header(const struct registry_auth_builds *all, struct text *header)
{
    CLEANUP(text_finish) struct text plain;
    struct json_writer json;

    text_init(&plain, 0); /* the file and the helpers' answers are bounded */
    json_begin(&json, &plain, 0);
    json.raw_html = true;
    json_object_open(&json);
    for (size_t i = 0; i < all->login_count; i++) {
        json_key(&json, all->logins[i].server);
        write_login(&json, &all->logins[i], all->logins[i].server);
    }
    json_object_close(&json);
    if (all->login_count > 0)
        base64_encode(header, text_span(&plain), true);
}

static void on_builds_closed(uv_handle_t *handle)
{
    struct registry_auth_builds *all = handle->data;

    arena_destroy(all->arena);
    free(all);
}

static void on_all_asked(uv_idle_t *handle)
{
    struct registry_auth_builds *all = handle->data;
    CLEANUP(text_finish) struct text header;
    CLEANUP(error_finish) struct error failure;

    uv_idle_stop(handle);
    text_init(&header, 0);
    error_init(&failure);
    if (all->canceled)
        (void)error_set(&failure, ERROR_CANCELED, "canceled");
    else {
        apply_opt_outs(all);
        write_header(all, &header);
    }
    all->done(all->owner, all->canceled ? NULL : header.bytes, &all->skipped,
              all->canceled ? &failure : NULL);
    uv_close((uv_handle_t *)handle, on_builds_closed);
}

static void ask_next(struct registry_auth_builds *all);

/* {"SERVER":"USER", ...} */
static bool read_list(struct registry_auth_builds *all, const char *helper, struct span answer,
                      struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(answer, false, "credentials", err);
    const cJSON *entry;

    if (!tree)
        return false;
    cJSON_ArrayForEach(entry, tree)
        add_question(all, helper, arena_strdup(all->arena, entry->string));
    return true;
}

static void on_answer(void *owner, const struct child_result *result, const struct error *failure)
{
    struct registry_auth_builds *all = owner;
    struct question question = all->questions[all->asked++];
    CLEANUP(error_finish) struct error problem;
    struct docker_login login;
    bool good = !failure && result->exit_code == 0;
    bool unknown = !failure && memmem(result->output.bytes, result->output.length, NOT_FOUND,
                                      strlen(NOT_FOUND)) != NULL;

    all->talk = NULL;
    error_init(&problem);
    if (good && !question.server) {
        good = read_list(all, question.helper, result->output, &problem);
    } else if (good) {
        good = read_login(all->arena, question.server, result->output, &login, &problem);
        if (good)
            add_login(all, &login);
    }
    if (!good && !unknown)
        strings_add(&all->skipped, all->arena,
                    arena_printf(all->arena, "docker-credential-%s does not give credentials%s%s",
                                 question.helper, question.server ? " for " : "",
                                 question.server ? question.server : ""));
    if (!question.server)
        add_helpers(all);
    ask_next(all);
}

static void ask_next(struct registry_auth_builds *all)
{
    const struct question *question;

    if (all->canceled || all->asked == all->question_count) {
        uv_idle_start(&all->turn, on_all_asked);
        return;
    }
    question = &all->questions[all->asked];
    const char *const argv[] = {arena_printf(all->arena, "docker-credential-%s", question->helper),
                                question->server ? "get" : "list", NULL};

    all->talk = child_talk_start(all->loop, argv, span_of(question->server ? question->server : ""),
                                 on_answer, all);
}

struct registry_auth_builds *registry_auth_builds_start(uv_loop_t *loop,
                                                        const struct docker_config *config,
                                                        registry_auth_builds_fn *done, void *owner)
{
    struct registry_auth_builds *all = xcalloc(1, sizeof(*all));

    all->loop = loop;
    all->config = config;
    all->done = done;
    all->owner = owner;
    all->arena = arena_create();
    uv_idle_init(loop, &all->turn);
    all->turn.data = all;
    for (size_t i = 0; i < config->login_count; i++)
        add_login(all, &config->logins[i]);
    if (*config->credentials_store)
        add_question(all, config->credentials_store, NULL);
    else
        add_helpers(all);
    ask_next(all);
    return all;
}

void registry_auth_builds_cancel(struct registry_auth_builds *all)
{
    all->canceled = true;
    if (all->talk)
        child_talk_cancel(all->talk); /* its end brings ERROR_CANCELED */
}
