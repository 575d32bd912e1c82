/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call as an easy handle of libcurl: address, method, headers, and how the body is sent.
 */
#include "engine_client/client_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "spec/base/limits.h"

bool request_is_safe(const struct engine_request *req)
{
    return (strcmp(req->call.method, "GET") == 0 || strcmp(req->call.method, "HEAD") == 0) &&
           !req->call.pull && !req->call.duplex;
}

static const char *request_url(struct engine_request *req)
{
    struct engine_client *client = req->client;
    const struct engine_endpoint *endpoint = &client->endpoint;
    const struct engine_call *call = &req->call;
    struct arena *arena = req->arena;
    const char *origin = "http://localhost", *version = "";

    if (!client->socket_path)
        origin = arena_printf(arena, strchr(endpoint->host, ':') ? "%s://[%s]:%u" : "%s://%s:%u",
                              endpoint->transport == ENGINE_TLS ? "https" : "http", endpoint->host,
                              (unsigned)endpoint->port);
    if (!call->unversioned)
        version = arena_printf(arena, "/v1.%u", client->facts.api_minor);
    return arena_printf(arena, "%s%s%s%s%s%s", origin, endpoint->base_path, version, call->path,
                        call->query && *call->query ? "?" : "", call->query ? call->query : "");
}

const char *request_trace_path(const struct engine_request *req)
{
    static const char *const secret[] = {"buildargs=", "remote="};
    const struct engine_call *call = &req->call;
    struct text path;
    const char *shown;

    text_init(&path, LIMIT_MESSAGE_BYTES);
    if (!call->unversioned)
        text_addf(&path, "/v1.%u", req->client->facts.api_minor);
    text_add(&path, call->path);
    for (const char *at = call->query; at && *at;) {
        size_t length = strcspn(at, "&");

        text_add_char(&path, at == call->query ? '?' : '&');
        for (size_t i = 0; i < COUNT_OF(secret); i++) {
            if (!text_starts_with(at, secret[i]))
                continue;
            text_addf(&path, "%s...", secret[i]);
            at += length;
            length = 0;
            break;
        }
        text_add_bytes(&path, at, length);
        at += length;
        if (*at == '&')
            at++;
    }
    shown = arena_strdup(req->arena, path.bytes);
    text_finish(&path);
    return shown;
}

static void add_header(struct engine_request *req, const char *line)
{
    struct curl_slist *grown = curl_slist_append(req->headers_out, line);

    if (!grown)
        fatal("out of memory");
    req->headers_out = grown;
}

static void add_named_header(struct engine_request *req, const char *name, const char *value)
{
    if (value && *value)
        add_header(req, arena_printf(req->arena, "%s: %s", name, value));
}

static void add_headers(struct engine_request *req)
{
    const struct engine_client *client = req->client;
    const struct engine_call *call = &req->call;
    bool has_body = call->body.length > 0 || call->pull || call->duplex;

    for (size_t i = 0; i < client->headers.count; i++)
        add_header(req, client->headers.items[i]);
    add_header(req, "Expect:"); /* the engine never says no before the body */
    if (has_body)
        add_named_header(req, "Content-Type",
                         call->content_type ? call->content_type : "application/json");
    else
        add_header(req, "Content-Type:");
    add_named_header(req, "X-Registry-Auth", call->registry_auth);
    add_named_header(req, "X-Registry-Config", call->registry_config);
    if (call->duplex) {
        add_header(req, "Connection: Upgrade");
        add_header(req, "Upgrade: tcp");
        add_header(req, "Transfer-Encoding:");
        add_header(req, arena_printf(req->arena, "Content-Length: %zu", call->body.length));
    }
    curl_easy_setopt(req->easy, CURLOPT_HTTPHEADER, req->headers_out);
}

static void set_body(struct engine_request *req)
{
    const struct engine_call *call = &req->call;
    CURL *easy = req->easy;

    if (call->pull || call->duplex) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
        if (call->pull && call->upload_bytes > 0)
            curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->upload_bytes);
    } else if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request_is_safe(req)) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else if (call->body.length > 0 || strcmp(call->method, "DELETE") != 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.length > 0 ? call->body.bytes : "");
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    }
}

/* libcurl does not report why it has no socket, and lets children inherit it. */
static curl_socket_t open_socket(void *owner, curlsocktype purpose UNUSED,
                                 struct curl_sockaddr *address)
{
    struct engine_request *req = owner;
    int file = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    req->socket_errno = file < 0 ? errno : 0;
    return file < 0 ? CURL_SOCKET_BAD : file;
}

static void set_transport(struct engine_request *req)
{
    const struct engine_client *client = req->client;
    const struct engine_endpoint *endpoint = &client->endpoint;
    CURL *easy = req->easy;

    /*
     * Set in any case: by default libcurl asks the environment, under other rules than the docker CLI. That connects to
     * attach and exec directly; few proxies let such a connection through.
     */
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     endpoint->proxy && !req->call.duplex ? endpoint->proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, req);
    if (client->socket_path)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    else
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (endpoint->transport == ENGINE_TLS && !client->socket_path) {
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, endpoint->verify_peer ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, endpoint->verify_peer ? 2L : 0L);
        if (endpoint->ca_file) {
            /* The system's folder of certificates counts beside the file unless it is unset. */
            curl_easy_setopt(easy, CURLOPT_CAINFO, endpoint->ca_file);
            curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        }
        if (endpoint->certificate_file)
            curl_easy_setopt(easy, CURLOPT_SSLCERT, endpoint->certificate_file);
        if (endpoint->key_file)
            curl_easy_setopt(easy, CURLOPT_SSLKEY, endpoint->key_file);
        /* Without one, libcrypto asks on the terminal for the pass phrase of an encrypted key. */
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
    }
    /*
     * libcurl sends a request again, whatever its method, when a kept-alive connection dies before
     * the answer. Was it a lost reply, the engine would do the work twice. So what changes
     * something gets a connection of its own: on a Unix socket that costs nothing worth counting.
     */
    if (!request_is_safe(req) || req->retried) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

bool request_setup(struct engine_request *req, struct error *err)
{
    const struct engine_client *client = req->client;
    CURL *easy = curl_easy_init();

    if (!easy)
        return error_set(err, ERROR_SYSTEM, "libcurl cannot be initialised");
    req->easy = easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, req);
    curl_easy_setopt(easy, CURLOPT_URL, request_url(req));
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, req->curl_error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, client->options.user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->options.connect_timeout_ms);
    if (req->call.timeout_ms > 0)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)req->call.timeout_ms);
    set_transport(req);
    set_body(req);
    add_headers(req);
    return true;
}
