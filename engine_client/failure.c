/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong with a request, in words that name the engine's address and the remedy.
 */
#include "engine_client/client_private.h"

#include <errno.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "spec/base/descriptor_limit.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

enum { FIRST_ERROR_STATUS = 400 };

#define ADDRESS_FROM "the address comes from %s"

static void no_engine(const struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;

    (void)error_set(err, ERROR_CONNECTION,
                    "Cannot connect to the Docker daemon at %s. Is the docker daemon running?",
                    endpoint->url);
}

/* This side is the cause: the engine was not even asked. */
static void no_socket(const struct engine_request *req, struct error *err)
{
    int number = req->socket_errno ? req->socket_errno : EAGAIN;

    (void)error_set(err, ERROR_SYSTEM, "no connection to the engine at %s can be opened: %s",
                    req->client->endpoint.url, strerror(number));
    if (number == EMFILE)
        (void)error_hint(err,
                         "%zu descriptors may be open at a time: raise the hard limit (ulimit -Hn)",
                         descriptor_limit());
    else if (number == EAGAIN)
        (void)error_hint(err, "the engine accepts no connections: is it stopped or overloaded?");
    err->errno_value = number;
}

static void not_connected(struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;
    long number = 0;

    (void)curl_easy_getinfo(req->easy, CURLINFO_OS_ERRNO, &number);
    if (req->socket_errno != 0 || request_met_full_queue(req, CURLE_COULDNT_CONNECT)) {
        no_socket(req, err);
        return;
    }
    if ((number == EACCES || number == EPERM) && endpoint->transport == ENGINE_UNIX) {
        (void)error_set(
            err, ERROR_CONNECTION,
            "permission denied while trying to connect to the Docker daemon socket at %s",
            endpoint->url);
        (void)error_hint(
            err,
            "add yourself to the group that owns the socket: sudo usermod -aG docker $USER, "
            "then log in again");
    } else {
        no_engine(req, err);
        if (endpoint->transport == ENGINE_UNIX && number == ENOENT)
            (void)error_hint(
                err,
                "there is no socket at %s: start the engine (sudo systemctl start docker), or "
                "set DOCKER_HOST to where it listens",
                endpoint->socket_path);
        else if (endpoint->transport == ENGINE_UNIX)
            (void)error_hint(err,
                             "nobody listens at %s: start the engine (sudo systemctl start docker)",
                             endpoint->socket_path);
        else
            (void)error_hint(err, "%s; " ADDRESS_FROM, req->curl_error, endpoint->source);
    }
    err->errno_value = (int)number;
}

/* By the words of both forms of PEM. */
static bool is_encrypted_key(const char *path)
{
    CLEANUP(text_finish) struct text content;
    CLEANUP(error_finish) struct error unreadable;

    error_init(&unreadable);
    text_init(&content, LIMIT_MESSAGE_BYTES);
    return path && file_read_whole(path, &content, &unreadable) &&
           strstr(content.bytes, "ENCRYPTED");
}

static void tls_failed(const struct engine_request *req, CURLcode result, struct error *err)
{
    const char *detail = *req->curl_error ? req->curl_error : curl_easy_strerror(result);
    const char *key = req->client->endpoint.key_file;

    if (result == CURLE_SSL_CERTPROBLEM && is_encrypted_key(key)) {
        (void)error_set(
            err, ERROR_CONNECTION,
            "no secure connection to the Docker daemon at %s: the key %s has a pass phrase",
            req->client->endpoint.url, key);
        (void)error_hint(err, "store the key without one: openssl pkey -in %s -out NEW_KEY", key);
        return;
    }
    (void)error_set(err, ERROR_CONNECTION, "no secure connection to the Docker daemon at %s: %s",
                    req->client->endpoint.url, detail);
    (void)error_hint(
        err,
        "check the certificates (ca.pem, cert.pem, key.pem) in DOCKER_CERT_PATH or in the context");
}

static void broke_off(const struct engine_request *req, CURLcode result, struct error *err)
{
    const char *detail = *req->curl_error ? req->curl_error : curl_easy_strerror(result);

    (void)error_set(err, ERROR_CONNECTION, "the connection to the engine at %s broke off: %s",
                    req->client->endpoint.url, detail);
    (void)error_hint(
        err,
        request_is_safe(req)
            ? "try again; the engine's own log may tell why (journalctl -u docker)"
            : "what was asked for may have been done: the same command again goes on from there");
}

static void no_answer(const struct engine_request *req, CURLcode result, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;
    const char *detail = *req->curl_error ? req->curl_error : curl_easy_strerror(result);

    (void)error_set(err, ERROR_CONNECTION,
                    "the engine at %s closed the connection without an answer: %s", endpoint->url,
                    detail);
    if (endpoint->transport == ENGINE_TLS)
        (void)error_hint(
            err,
            "an engine that wants a client certificate ends the connection like this: check "
            "cert.pem and key.pem in DOCKER_CERT_PATH");
    else if (endpoint->transport == ENGINE_SSH)
        (void)error_hint(err,
                         "is the engine's socket %s on the far side, and may that user open it?",
                         endpoint->socket_path ? endpoint->socket_path : "/var/run/docker.sock");
    else if (endpoint->transport == ENGINE_TCP)
        (void)error_hint(err, "does that port speak TLS? Then set DOCKER_TLS_VERIFY=1");
    else
        (void)error_hint(err, ADDRESS_FROM, endpoint->source);
}

/* Somebody answers, but it is not HTTP. */
static void no_http(const struct engine_request *req, const char *detail, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;

    (void)error_set(err, ERROR_CONNECTION, "what answers at %s is no container engine: %s",
                    endpoint->url, detail);
    (void)error_hint(err, ADDRESS_FROM, endpoint->source);
}

static void timed_out(const struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;

    if (req->is_ping) {
        (void)error_set(err, ERROR_CONNECTION, "the engine at %s does not answer: %s",
                        endpoint->url, req->curl_error);
        (void)error_hint(err, ADDRESS_FROM, endpoint->source);
    } else {
        (void)error_set(err, ERROR_TIMEOUT, "the engine at %s did not finish %s %s in time",
                        endpoint->url, req->call.method, req->call.path);
    }
}

void failure_of_transfer(struct engine_request *req, CURLcode result, struct error *err)
{
    switch (result) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        not_connected(req, err);
        break;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        tls_failed(req, result, err);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        timed_out(req, err);
        break;
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no status line */
    case CURLE_WEIRD_SERVER_REPLY:
        no_http(req, *req->curl_error ? req->curl_error : curl_easy_strerror(result), err);
        break;
    case CURLE_OUT_OF_MEMORY: /* said of that, too */
        no_http(req, "a header line is too long", err);
        break;
    default: /* libcurl's enum, not ours */
        if (req->final_headers)
            broke_off(req, result, err);
        else
            no_answer(req, result, err);
        break;
    }
}

/* A proxy or another server that stands where the engine is expected. */
static bool is_web_page(const struct engine_request *req)
{
    const char *type = engine_request_header(req, "Content-Type");

    return type && strncasecmp(type, "text/html", strlen("text/html")) == 0;
}

/* Docker says {"message"}, Podman {"cause","message","response"}; a proxy in between says anything.
 */
static char *words_of_engine(const struct engine_request *req)
{
    static const char *const members[] = {"message", "cause"};
    struct span body = text_span(&req->body);
    cJSON *tree = cJSON_ParseWithLength(body.bytes, body.length);
    char *words = NULL;
    bool has_text;

    for (size_t i = 0; i < COUNT_OF(members) && !words; i++) {
        const char *value =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, members[i]));

        if (value && *value)
            words = xstrdup(value);
    }
    if (!words && cJSON_IsString(tree) && *tree->valuestring)
        words = xstrdup(tree->valuestring);
    has_text = tree ? tree->child != NULL : body.length > 0; /* `null`, `{}` and `""` have none */
    cJSON_Delete(tree);
    if (!words && has_text)
        words = xstrndup(body.bytes, body.length);
    if (!words)
        words = xasprintf("%s %s was answered with status %d", req->call.method, req->call.path,
                          req->status);
    for (size_t end = strlen(words); end > 0 && strchr("\r\n ", words[end - 1]); end--)
        words[end - 1] = '\0';
    return words;
}

void failure_of_answer(const struct engine_request *req, struct error *err)
{
    CLEANUP(cleanup_free) char *words = NULL;
    const char *location = engine_request_header(req, "Location");

    if (is_web_page(req) && req->status >= FIRST_ERROR_STATUS) {
        (void)error_set(
            err, ERROR_CONNECTION,
            "what answers at %s is no container engine: %s %s gave a web page with status %d",
            req->client->endpoint.url, req->call.method, req->call.path, req->status);
        (void)error_hint(err, "a proxy may stand in between; " ADDRESS_FROM,
                         req->client->endpoint.source);
        return;
    }
    if (req->status < FIRST_ERROR_STATUS) {
        (void)error_set(err, ERROR_CONNECTION,
                        "what answers at %s is no container engine: %s %s was redirected to %s",
                        req->client->endpoint.url, req->call.method, req->call.path,
                        location ? location : "another address");
        (void)error_hint(err, "a proxy may stand in between; " ADDRESS_FROM,
                         req->client->endpoint.source);
        return;
    }
    words = words_of_engine(req);
    (void)error_set_engine(err, req->status, words);
    if (req->client->endpoint.transport == ENGINE_TCP && strstr(words, "to an HTTPS server"))
        (void)error_hint(
            err,
            "that port speaks TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to where ca.pem, "
            "cert.pem and key.pem are");
}
