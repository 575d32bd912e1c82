/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/docker_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/base64.h"
#include "engine_client/json_read.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"

const char *docker_config_directory(struct arena *arena)
{
    const char *directory = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

    if (directory && *directory)
        return arena_strdup(arena, directory);
    return arena_printf(arena, "%s/.docker", home ? home : "");
}

/* "auth" is base64 of "user:password". */
static void split_auth(struct arena *arena, const char *coded, struct docker_login *login)
{
    CLEANUP(text_finish) struct text plain;
    const char *colon;

    text_init(&plain, 0); /* the file is bounded */
    if (!base64_decode(&plain, span_of(coded)) || (colon = strchr(plain.bytes, ':')) == NULL)
        return;
    login->username = arena_strndup(arena, plain.bytes, (size_t)(colon - plain.bytes));
    login->password = arena_strdup(arena, colon + 1);
}

static void read_logins(struct arena *arena, const cJSON *auths, struct docker_config *config)
{
    const cJSON *entry;

    if (!cJSON_IsObject(auths))
        return;
    config->logins = arena_array(arena, json_read_count(auths), sizeof(*config->logins));
    cJSON_ArrayForEach(entry, auths)
    {
        struct docker_login *login = &config->logins[config->login_count];
        const char *coded = json_peek_text(entry, "auth");

        login->server = arena_strdup(arena, entry->string);
        login->username = json_read_text(arena, entry, "username");
        login->password = json_read_text(arena, entry, "password");
        login->identity_token = json_read_text(arena, entry, "identitytoken");
        login->registry_token = json_read_text(arena, entry, "registrytoken");
        if (coded && *coded)
            split_auth(arena, coded, login);
        config->login_count++;
    }
}

static void read_proxies(struct arena *arena, const cJSON *proxies, const char *host,
                         struct docker_config *config)
{
    static const struct {
        const char *member, *upper, *lower;
    } rows[] = {
        {"httpProxy", "HTTP_PROXY", "http_proxy"}, {"httpsProxy", "HTTPS_PROXY", "https_proxy"},
        {"noProxy", "NO_PROXY", "no_proxy"},       {"ftpProxy", "FTP_PROXY", "ftp_proxy"},
        {"allProxy", "ALL_PROXY", "all_proxy"},
    };
    const cJSON *chosen = host ? json_read_member(proxies, host) : NULL;

    if (!chosen)
        chosen = json_read_member(proxies, "default");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *value = json_read_text(arena, chosen, rows[i].member);

        if (!*value)
            continue;
        pairs_add(&config->proxies, arena, rows[i].upper, value);
        pairs_add(&config->proxies, arena, rows[i].lower, value);
    }
    pairs_sort(&config->proxies);
}

static void read_tree(struct arena *arena, const cJSON *tree, const char *host,
                      struct docker_config *config)
{
    read_logins(arena, json_read_member(tree, "auths"), config);
    read_proxies(arena, json_read_member(tree, "proxies"), host, config);
    config->credentials_store = json_read_text(arena, tree, "credsStore");
    config->credential_helpers = json_read_pairs(arena, json_read_member(tree, "credHelpers"));
    config->current_context = json_read_text(arena, tree, "currentContext");
    config->http_headers = json_read_pairs(arena, json_read_member(tree, "HttpHeaders"));
    config->detach_keys = json_read_text(arena, tree, "detachKeys");
    config->ps_format = json_read_text(arena, tree, "psFormat");
    config->plugin_directories =
        json_read_strings(arena, json_read_member(tree, "cliPluginsExtraDirs"));
}

static struct docker_config empty_config(struct arena *arena, const char *directory)
{
    const char *where = directory ? directory : docker_config_directory(arena);

    return (struct docker_config){
        .directory = arena_strdup(arena, where),
        .file = arena_printf(arena, "%s/config.json", where),
        .credentials_store = "",
        .current_context = "",
        .detach_keys = "",
        .ps_format = "",
    };
}

bool docker_config_load(struct arena *arena, const char *directory, const char *host,
                        struct docker_config *ret_config, struct error *err)
{
    struct docker_config config = empty_config(arena, directory);
    CLEANUP(text_finish) struct text content;
    CLEANUP(error_finish) struct error unreadable;

    error_init(&unreadable);
    text_init(&content, LIMIT_ENV_FILE_BYTES);
    if (!file_read_whole(config.file, &content, &unreadable)) {
        if (unreadable.errno_value != ENOENT && unreadable.errno_value != ENOTDIR) {
            error_move(err, &unreadable);
            return error_wrap(err, "loading config file");
        }
    } else if (content.length > 0) {
        CLEANUP(json_read_finish)
        cJSON *tree = json_read_tree(text_span(&content), false, "config", err);

        if (!tree)
            return error_set(err, ERROR_INPUT, "loading config file: %s is not a JSON object",
                             config.file);
        read_tree(arena, tree, host, &config);
    }
    *ret_config = config;
    return true;
}

void docker_config_load_lenient(struct arena *arena, const char *directory, const char *host,
                                struct docker_config *ret_config)
{
    CLEANUP(error_finish) struct error problem;
    CLEANUP(cleanup_free) char *message = NULL;

    error_init(&problem);
    if (docker_config_load(arena, directory, host, ret_config, &problem))
        return;
    message = error_message(&problem);
    *ret_config = empty_config(arena, directory);
    ret_config->problem = arena_strdup(arena, message);
}
