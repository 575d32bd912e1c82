/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong with a request, in words that name the engine's address and the remedy.
 */
#include "engine_client/client_private.h"

#include <errno.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static void no_engine(const struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;

    (void)error_set(err, ERROR_CONNECTION,
                    "Cannot connect to the Docker daemon at %s. Is the docker daemon running?",
                    endpoint->url);
}

static void not_connected(struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;
    long number = 0;

    (void)curl_easy_getinfo(req->easy, CURLINFO_OS_ERRNO, &number);
    if ((number == EACCES || number == EPERM) && endpoint->transport == ENGINE_UNIX) {
        (void)error_set(
            err, ERROR_CONNECTION,
            "permission denied while trying to connect to the Docker daemon socket at %s",
            endpoint->url);
        (void)error_hint(
            err, "add yourself to the group that owns the socket: sudo usermod -aG docker $USER, "
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
            (void)error_hint(err, "%s; the address comes from %s", req->curl_error,
                             endpoint->source);
    }
    err->errno_value = (int)number;
}

static void tls_failed(const struct engine_request *req, CURLcode result, struct error *err)
{
    const char *detail = *req->curl_error ? req->curl_error : curl_easy_strerror(result);

    (void)error_set(err, ERROR_CONNECTION, "no secure connection to the Docker daemon at %s: %s",
                    req->client->endpoint.url, detail);
    (void)error_hint(
        err,
        "check the certificates (ca.pem, cert.pem, key.pem) in DOCKER_CERT_PATH or in the context");
}

static void broke_off(const struct engine_request *req, CURLcode result, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;
    const char *detail = *req->curl_error ? req->curl_error : curl_easy_strerror(result);

    if (req->final_headers)
        (void)error_set(err, ERROR_CONNECTION, "the connection to the engine at %s broke off: %s",
                        endpoint->url, detail);
    else
        (void)error_set(err, ERROR_CONNECTION,
                        "the engine at %s closed the connection without an answer: %s",
                        endpoint->url, detail);
    if (endpoint->transport == ENGINE_TLS && !req->final_headers)
        (void)error_hint(
            err, "an engine that wants a client certificate ends the connection like this: check "
                 "cert.pem and key.pem in DOCKER_CERT_PATH");
    else if (endpoint->transport == ENGINE_SSH && !req->final_headers)
        (void)error_hint(err,
                         "is the engine's socket %s on the far side, and may that user open it?",
                         endpoint->socket_path ? endpoint->socket_path : "/var/run/docker.sock");
    else if (endpoint->transport == ENGINE_TCP && !req->final_headers)
        (void)error_hint(err, "does that port speak TLS? Then set DOCKER_TLS_VERIFY=1");
}

static void timed_out(const struct engine_request *req, struct error *err)
{
    const struct engine_endpoint *endpoint = &req->client->endpoint;

    if (req->is_ping) {
        (void)error_set(err, ERROR_CONNECTION, "the engine at %s does not answer: %s",
                        endpoint->url, req->curl_error);
        (void)error_hint(err, "the address comes from %s", endpoint->source);
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
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    default: /* libcurl's enum, not ours */
        broke_off(req, result, err);
        break;
    }
}

/* Docker says {"message"}, Podman {"cause","message","response"}; a proxy in between says anything.
 */
static char *words_of_engine(const struct engine_request *req)
{
    static const char *const members[] = {"message", "cause"};
    struct span body = text_span(&req->body);
    cJSON *tree = cJSON_ParseWithLength(body.bytes, body.length);
    char *words = NULL;

    for (size_t i = 0; i < COUNT_OF(members) && !words; i++) {
        const char *value =
            cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, members[i]));

        if (value && *value)
            words = xstrdup(value);
    }
    cJSON_Delete(tree);
    if (!words && body.length > 0)
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
    CLEANUP(cleanup_free) char *words = words_of_engine(req);

    (void)error_set_engine(err, req->status, words);
    if (req->client->endpoint.transport == ENGINE_TCP && strstr(words, "to an HTTPS server"))
        (void)error_hint(
            err,
            "that port speaks TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to where ca.pem, "
            "cert.pem and key.pem are");
}
