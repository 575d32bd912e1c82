/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine_client/context.h"
#include "engine_client/docker_config.h"
#include "engine_client/proxy.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/span.h"

enum {
    PORT_PLAIN = 2375,
    PORT_TLS = 2376,
    PORT_HTTP = 80,
    PORT_HTTPS = 443,
};

#define DEFAULT_SOCKET "/var/run/docker.sock"

/* Addresses */

static bool bad_address(const char *address, const char *why, struct error *err)
{
    (void)error_set(err, ERROR_USAGE, "unable to parse docker host `%s`", address);
    return error_hint(err, "%s", why);
}

static bool parse_unix(struct arena *arena, const char *address, const char *path,
                       struct engine_endpoint *endpoint, struct error *err)
{
    if (!*path)
        path = DEFAULT_SOCKET;
    if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return bad_address(address, "the path of a socket has at most 107 bytes", err);
    endpoint->transport = ENGINE_UNIX;
    endpoint->socket_path = arena_strdup(arena, path);
    endpoint->url = arena_printf(arena, "unix://%s", path);
    return true;
}

/* "host", "host:port", "[::1]:port"; a missing port leaves `*ret_port` alone. */
static bool parse_host_port(struct arena *arena, struct span authority, const char **ret_host,
                            uint16_t *ret_port)
{
    const char *bytes = authority.bytes, *colon = NULL;
    size_t host_length = authority.length, after;
    uint64_t port;

    if (host_length > 0 && *bytes == '[') {
        const char *bracket = memchr(bytes, ']', authority.length);

        if (!bracket)
            return false;
        *ret_host = arena_strndup(arena, bytes + 1, (size_t)(bracket - bytes) - 1);
        colon = bracket + 1 < bytes + authority.length ? bracket + 1 : NULL;
        if (colon && *colon != ':')
            return false;
    } else {
        colon = memchr(bytes, ':', authority.length);
        *ret_host = arena_strndup(arena, bytes, colon ? (size_t)(colon - bytes) : authority.length);
    }
    if (!colon || colon + 1 == bytes + authority.length)
        return true;
    after = authority.length - (size_t)(colon + 1 - bytes);
    if (!number_parse_digits(colon + 1, after, 10, &port) || port == 0 || port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

static bool parse_tcp(struct arena *arena, const char *address, const char *rest,
                      struct engine_endpoint *endpoint, struct error *err)
{
    struct span authority = {rest, strcspn(rest, "/")};
    const char *path = rest + authority.length;
    size_t path_length = strlen(path);

    if (memchr(rest, '@', authority.length) ||
        !parse_host_port(arena, authority, &endpoint->host, &endpoint->port))
        return bad_address(address, "expected a form like tcp://HOST:PORT", err);
    if (!*endpoint->host)
        endpoint->host = "localhost";
    while (path_length > 0 && path[path_length - 1] == '/')
        path_length--;
    endpoint->base_path = arena_strndup(arena, path, path_length);
    endpoint->url = arena_strdup(arena, address);
    return true;
}

static bool parse_ssh(struct arena *arena, const char *address, const char *rest,
                      struct engine_endpoint *endpoint, struct error *err)
{
    struct span authority = {rest, strcspn(rest, "/")};
    const char *path = rest + authority.length;
    const char *at = memrchr(authority.bytes, '@', authority.length);

    if (at) {
        endpoint->user = arena_strndup(arena, authority.bytes, (size_t)(at - authority.bytes));
        authority.length -= (size_t)(at + 1 - authority.bytes);
        authority.bytes = at + 1;
        if (strchr(endpoint->user, ':'))
            return bad_address(address, "a password does not belong into an ssh address", err);
    }
    if (!parse_host_port(arena, authority, &endpoint->host, &endpoint->port) || !*endpoint->host)
        return bad_address(address, "expected a form like ssh://USER@HOST[:PORT][/SOCKET]", err);
    if (*endpoint->host == '-' || (endpoint->user && *endpoint->user == '-'))
        return bad_address(address, "neither user nor host may begin with a dash", err);
    endpoint->transport = ENGINE_SSH;
    endpoint->socket_path = *path && strcmp(path, "/") != 0 ? arena_strdup(arena, path) : NULL;
    endpoint->url = arena_strdup(arena, address);
    return true;
}

bool engine_endpoint_parse(struct arena *arena, const char *address,
                           struct engine_endpoint *ret_endpoint, struct error *err)
{
    static const struct {
        const char *prefix;
        enum engine_transport transport;
        uint16_t port;
    } schemes[] = {
        {"tcp://", ENGINE_TCP, PORT_PLAIN},
        {"http://", ENGINE_TCP, PORT_HTTP},
        {"https://", ENGINE_TLS, PORT_HTTPS},
    };
    struct engine_endpoint endpoint = {
        .base_path = "", .source = "", .context = "default", .verify_peer = true};

    if (text_starts_with(address, "unix://")) {
        if (!parse_unix(arena, address, address + strlen("unix://"), &endpoint, err))
            return false;
    } else if (text_starts_with(address, "ssh://")) {
        if (!parse_ssh(arena, address, address + strlen("ssh://"), &endpoint, err))
            return false;
    } else if (text_starts_with(address, "npipe://")) {
        return bad_address(address,
                           "named pipes exist on Windows only: use unix://, tcp:// or ssh://", err);
    } else {
        size_t i = 0;

        while (i < COUNT_OF(schemes) && !text_starts_with(address, schemes[i].prefix))
            i++;
        if (i == COUNT_OF(schemes))
            return bad_address(
                address, "an address begins with unix://, tcp://, http://, https:// or ssh://",
                err);
        endpoint.transport = schemes[i].transport;
        endpoint.port = schemes[i].port;
        if (!parse_tcp(arena, address, address + strlen(schemes[i].prefix), &endpoint, err))
            return false;
    }
    *ret_endpoint = endpoint;
    return true;
}

bool engine_endpoint_is_far(const struct engine_endpoint *endpoint)
{
    const char *host = endpoint->host;
    bool is_loopback;

    if (endpoint->transport == ENGINE_UNIX)
        return false;
    is_loopback = text_starts_with(host, "127.") && !host[strspn(host, "0123456789.")];
    return !is_loopback && strcmp(host, "localhost") != 0 && strcmp(host, "::1") != 0;
}

/* Settings */

struct search {
    struct arena *arena;
    const struct engine_endpoint_options *options;
    const char *config_directory;
};

static const char *variable(const struct search *search, const char *name)
{
    const struct engine_endpoint_options *options = search->options;
    const char *value =
        options->variable ? options->variable(options->variable_owner, name) : getenv(name);

    return value && *value ? value : NULL;
}

static const char *existing_file(struct arena *arena, const char *directory, const char *name)
{
    const char *path = arena_printf(arena, "%s/%s", directory, name);

    return access(path, F_OK) == 0 ? path : NULL;
}

/* A file that TLS needs: refused here, for libcurl names neither the file nor the reason. */
static bool check_readable(const char *path, struct error *err)
{
    if (!path || access(path, R_OK) == 0)
        return true;
    (void)error_set(err, ERROR_INPUT, "unable to resolve docker endpoint: open %s: %s", path,
                    errno == ENOENT ? "no such file or directory" : strerror(errno));
    return error_hint(err, "DOCKER_CERT_PATH names the directory of ca.pem, cert.pem and key.pem");
}

static bool check_tls_files(const struct engine_endpoint *endpoint, const char *directory,
                            struct error *err)
{
    if (!endpoint->certificate_file != !endpoint->key_file) {
        (void)error_set(err, ERROR_INPUT, "%s is missing beside %s in %s",
                        endpoint->certificate_file ? "key.pem" : "cert.pem",
                        endpoint->certificate_file ? "cert.pem" : "key.pem", directory);
        return error_hint(err, "a client certificate needs both files");
    }
    return check_readable(endpoint->ca_file, err) &&
           check_readable(endpoint->certificate_file, err) &&
           check_readable(endpoint->key_file, err);
}

/*
 * tcp:// becomes TLS by flags or environment, as in the docker CLI: then the engine is trusted by ca.pem alone, which
 * must exist. An https:// address without such settings is trusted by ca.pem where there is one, else by the system's
 * authorities.
 */
static bool apply_tls(const struct search *search, struct engine_endpoint *endpoint,
                      struct error *err)
{
    const struct engine_endpoint_options *options = search->options;
    struct arena *arena = search->arena;
    const char *directory = variable(search, "DOCKER_CERT_PATH");
    bool verify = options->tls_verify || variable(search, "DOCKER_TLS_VERIFY");
    bool wanted = verify || options->tls || variable(search, "DOCKER_TLS") || options->ca_file ||
                  options->certificate_file || options->key_file;

    if (endpoint->transport != ENGINE_TLS && (endpoint->transport != ENGINE_TCP || !wanted))
        return true;
    if (endpoint->transport == ENGINE_TCP && endpoint->port == PORT_PLAIN &&
        !text_ends_with(endpoint->url, ":2375"))
        endpoint->port = PORT_TLS;
    if (!directory)
        directory = search->config_directory;
    endpoint->transport = ENGINE_TLS;
    endpoint->verify_peer = verify || !wanted;
    endpoint->ca_file = options->ca_file ? options->ca_file
                        : wanted         ? arena_printf(arena, "%s/ca.pem", directory)
                                         : existing_file(arena, directory, "ca.pem");
    endpoint->certificate_file = options->certificate_file
                                     ? options->certificate_file
                                     : existing_file(arena, directory, "cert.pem");
    endpoint->key_file =
        options->key_file ? options->key_file : existing_file(arena, directory, "key.pem");
    return check_tls_files(endpoint, directory, err);
}

static bool from_address(const struct search *search, const char *address, const char *source,
                         struct engine_endpoint *ret_endpoint, struct error *err)
{
    if (!engine_endpoint_parse(search->arena, address, ret_endpoint, err) ||
        !apply_tls(search, ret_endpoint, err))
        return error_wrap(err, "Failed to initialize: %s", source);
    ret_endpoint->source = arena_strdup(search->arena, source);
    return true;
}

static bool from_context(const struct search *search, const char *name, const char *setting,
                         struct engine_endpoint *ret_endpoint, struct error *err)
{
    struct docker_context context;

    if (!docker_context_load(search->arena, search->config_directory, name, &context, err) ||
        !engine_endpoint_parse(search->arena, context.host, ret_endpoint, err))
        return error_wrap(err, "Failed to initialize: unable to resolve docker endpoint");
    if (ret_endpoint->transport == ENGINE_TCP && context.has_tls)
        ret_endpoint->transport = ENGINE_TLS;
    if (ret_endpoint->transport == ENGINE_TLS) {
        ret_endpoint->verify_peer = !context.skip_verify;
        ret_endpoint->ca_file = context.ca_file;
        ret_endpoint->certificate_file = context.certificate_file;
        ret_endpoint->key_file = context.key_file;
        if (!check_readable(context.ca_file, err) ||
            !check_readable(context.certificate_file, err) ||
            !check_readable(context.key_file, err))
            return error_wrap(err, "Failed to initialize: context \"%s\"", name);
    }
    ret_endpoint->context = arena_strdup(search->arena, name);
    ret_endpoint->source = arena_printf(search->arena, "context \"%s\" (%s)", name, setting);
    return true;
}

static bool is_socket(const char *path)
{
    struct stat status;

    return path && stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* The usual places. Where nothing is, the default stands, so that the message names it. */
static bool from_sockets(const struct search *search, struct engine_endpoint *ret_endpoint,
                         struct error *err)
{
    const char *runtime = variable(search, "XDG_RUNTIME_DIR");
    struct {
        const char *path, *source;
    } places[] = {
        {DEFAULT_SOCKET, "default socket"},
        {runtime ? arena_printf(search->arena, "%s/docker.sock", runtime) : NULL,
         "socket of rootless Docker"},
        {runtime ? arena_printf(search->arena, "%s/podman/podman.sock", runtime) : NULL,
         "socket of rootless Podman"},
        {"/run/podman/podman.sock", "socket of Podman"},
    };

    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (is_socket(places[i].path))
            return from_address(search, arena_printf(search->arena, "unix://%s", places[i].path),
                                places[i].source, ret_endpoint, err);
    return from_address(search, "unix://" DEFAULT_SOCKET, places[0].source, ret_endpoint, err);
}

static bool find_engine(const struct search *search, struct engine_endpoint *ret_endpoint,
                        struct error *err)
{
    const struct engine_endpoint_options *options = search->options;
    struct docker_config config;
    const char *host, *context;

    if (options->host && options->context)
        return error_set(err, ERROR_USAGE,
                         "conflicting options: cannot specify both --host and --context");
    if (options->host)
        return from_address(search, options->host, "--host", ret_endpoint, err);
    context = options->context;
    if (context && strcmp(context, "default") != 0)
        return from_context(search, context, "--context", ret_endpoint, err);
    host = variable(search, "DOCKER_HOST");
    if (host)
        return from_address(search, host, "DOCKER_HOST", ret_endpoint, err);
    if (context)
        return from_sockets(search, ret_endpoint, err);
    context = variable(search, "DOCKER_CONTEXT");
    if (context && strcmp(context, "default") != 0)
        return from_context(search, context, "DOCKER_CONTEXT", ret_endpoint, err);
    if (context)
        return from_sockets(search, ret_endpoint, err);
    docker_config_load_lenient(search->arena, search->config_directory, NULL, &config);
    if (*config.current_context && strcmp(config.current_context, "default") != 0)
        return from_context(search, config.current_context, "currentContext of config.json",
                            ret_endpoint, err);
    return from_sockets(search, ret_endpoint, err);
}

static const char *proxy_variable(const void *owner, const char *name)
{
    return variable(owner, name);
}

bool engine_endpoint_resolve(struct arena *arena, const struct engine_endpoint_options *options,
                             struct engine_endpoint *ret_endpoint, struct error *err)
{
    struct search search = {
        .arena = arena, .options = options, .config_directory = options->config_directory};

    if (!search.config_directory)
        search.config_directory = docker_config_directory(arena);
    if (!find_engine(&search, ret_endpoint, err))
        return false;
    ret_endpoint->proxy = proxy_for_engine(arena, ret_endpoint, proxy_variable, &search);
    return true;
}
