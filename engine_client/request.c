/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine_client/client_private.h"
#include "spec/base/limits.h"
#include "spec/base/number.h"

enum {
    HTTP_SWITCHING = 101,
    HTTP_FIRST_FINAL = 200,
    HTTP_FIRST_REDIRECT = 300,
    HTTP_NOT_MODIFIED = 304,
    HEADERS_LIMIT = 256 * 1024,
    FAILURE_BODY_LIMIT = LIMIT_MESSAGE_BYTES,
};

/* Life */

static void copy_call(struct engine_request *req, const struct engine_call *call)
{
    struct arena *arena = req->arena;
    struct engine_call *own = &req->call;

    *own = *call;
    own->method = arena_strdup(arena, call->method);
    own->path = arena_strdup(arena, call->path);
    own->query = call->query ? arena_strdup(arena, call->query) : NULL;
    own->content_type = call->content_type ? arena_strdup(arena, call->content_type) : NULL;
    own->registry_auth = call->registry_auth ? arena_strdup(arena, call->registry_auth) : NULL;
    own->registry_config =
        call->registry_config ? arena_strdup(arena, call->registry_config) : NULL;
    if (call->body.length > 0) {
        char *bytes = arena_alloc(arena, call->body.length);

        memcpy(bytes, call->body.bytes, call->body.length);
        own->body.bytes = bytes;
    }
}

static void link_last(struct engine_request *req)
{
    struct engine_client *client = req->client;

    req->previous = client->last;
    if (client->last)
        client->last->next = req;
    else
        client->first = req;
    client->last = req;
}

static void unlink_request(struct engine_request *req)
{
    struct engine_client *client = req->client;

    if (req->previous)
        req->previous->next = req->next;
    else
        client->first = req->next;
    if (req->next)
        req->next->previous = req->previous;
    else
        client->last = req->previous;
}

/* How much of an answer is kept: a broken engine may send without end, and that on several requests at once. */
static size_t body_limit(const struct engine_call *call)
{
    static const char *const lists[] = {"/containers/json", "/images/json", "/networks", "/volumes",
                                        "/system/df"};

    if (strcmp(call->method, "GET") != 0 || call->unversioned)
        return LIMIT_ENGINE_RESULT_BYTES;
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (strcmp(call->path, lists[i]) == 0)
            return LIMIT_ENGINE_LIST_BYTES;
    return LIMIT_ENGINE_OBJECT_BYTES;
}

bool request_is_lasting(const struct engine_request *req)
{
    const struct engine_call *call = &req->call;

    return call->duplex || strcmp(call->path, "/events") == 0 ||
           text_ends_with(call->path, "/wait") ||
           (call->query && strstr(call->query, "follow=") != NULL);
}

struct engine_request *request_create(struct engine_client *client, const struct engine_call *call,
                                      engine_done_fn *done, void *owner)
{
    struct engine_request *req = xcalloc(1, sizeof(*req));

    req->client = client;
    req->arena = arena_create();
    copy_call(req, call);
    req->done = done;
    req->owner = owner;
    req->socket = CURL_SOCKET_BAD;
    req->spare = -1;
    text_init(&req->body, body_limit(call));
    text_init(&req->outgoing, 0);
    error_init(&req->failure);
    req->started_ms = uv_now(client->loop);
    link_last(req);
    return req;
}

struct engine_request *engine_request_start(struct engine_client *client,
                                            const struct engine_call *call, engine_done_fn *done,
                                            void *owner)
{
    struct engine_request *req = request_create(client, call, done, owner);

    client_want_turn(client);
    return req;
}

static void destroy_request(struct engine_request *req)
{
    req->client->kept_bytes -= req->kept_bytes;
    curl_easy_cleanup(req->easy);
    curl_slist_free_all(req->headers_out);
    text_finish(&req->body);
    text_finish(&req->outgoing);
    error_finish(&req->failure);
    arena_destroy(req->arena);
    free(req);
}

static void want_wake(struct engine_request *req)
{
    if (req->state == REQUEST_ENDED)
        return;
    req->wake = true;
    client_want_turn(req->client);
}

void engine_request_cancel(struct engine_request *req)
{
    if (req->state == REQUEST_ENDED)
        return;
    req->canceled = true;
    want_wake(req);
}

/* Receiving */

static bool answer_is_failure(const struct engine_request *req)
{
    return req->status >= HTTP_FIRST_REDIRECT && req->status != HTTP_NOT_MODIFIED;
}

static bool keep_body(struct engine_request *req, const char *bytes, size_t length)
{
    struct engine_client *client = req->client;

    text_add_bytes(&req->body, bytes, length);
    if (req->body.overflowed)
        return error_set(&req->failure, ERROR_ENGINE,
                         "the engine's answer to %s %s is larger than %zu MiB", req->call.method,
                         req->call.path, body_limit(&req->call) >> 20);
    client->kept_bytes += length;
    req->kept_bytes += length;
    if (client->kept_bytes > LIMIT_ENGINE_KEPT_BYTES)
        return error_set(&req->failure, ERROR_ENGINE,
                         "the engine's answers together are larger than %u MiB",
                         LIMIT_ENGINE_KEPT_BYTES >> 20);
    return true;
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *owner)
{
    struct engine_request *req = owner;
    size_t length = unit * count;

    if (req->canceled)
        return 0; /* a short count makes libcurl give up */
    if (!answer_is_failure(req) && req->call.on_chunk) {
        if (req->pause_wanted) {
            req->receive_paused = true;
            return CURL_WRITEFUNC_PAUSE;
        }
        req->call.on_chunk(req->owner, req, (struct span){bytes, length});
        return req->canceled ? 0 : length;
    }
    if (answer_is_failure(req) && req->body.length + length > FAILURE_BODY_LIMIT)
        length = FAILURE_BODY_LIMIT - req->body.length;
    return keep_body(req, bytes, length) ? unit * count : 0;
}

static void begin_headers(struct engine_request *req, const char *line)
{
    const char *space = strchr(line, ' ');
    uint64_t status = 0;

    if (space && strlen(space) >= 4 && !number_parse_digits(space + 1, 3, 10, &status))
        status = 0;
    req->status = (int)status;
    req->headers_in.count = 0;
}

static void end_headers(struct engine_request *req)
{
    const char *date;

    if (req->status < HTTP_FIRST_FINAL && req->status != HTTP_SWITCHING)
        return;
    req->final_headers = true;
    date = engine_request_header(req, "Date");
    if (date)
        client_read_date(req->client, date);
    if (req->call.on_open && !answer_is_failure(req) && !req->canceled)
        req->call.on_open(req->owner, req);
}

static void keep_header(struct engine_request *req, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    const char *value;

    if (!colon)
        return;
    value = colon + 1;
    length -= (size_t)(value - line);
    while (length > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        length--;
    }
    pairs_add(&req->headers_in, req->arena, arena_strndup(req->arena, line, (size_t)(colon - line)),
              arena_strndup(req->arena, value, length));
}

static size_t on_header(char *bytes, size_t unit, size_t count, void *owner)
{
    struct engine_request *req = owner;
    size_t length = unit * count, end = length;

    req->header_bytes += length;
    if (req->header_bytes > HEADERS_LIMIT) {
        (void)error_set(&req->failure, ERROR_ENGINE,
                        "the engine's answer has more than %d KiB of headers", HEADERS_LIMIT >> 10);
        return 0;
    }
    while (end > 0 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n'))
        end--;
    if (req->final_headers)
        return length; /* trailers */
    if (end == 0)
        end_headers(req);
    else if (end > 5 && strncmp(bytes, "HTTP/", 5) == 0)
        begin_headers(req, arena_strndup(req->arena, bytes, end));
    else
        keep_header(req, bytes, end);
    return req->canceled ? 0 : length;
}

/* Sending */

static size_t pause_sending(struct engine_request *req)
{
    req->send_paused = true;
    return CURL_READFUNC_PAUSE;
}

static size_t pull_body(struct engine_request *req, char *buffer, size_t size)
{
    size_t length = 0;

    switch (req->call.pull(req->call.pull_owner, buffer, size, &length, &req->failure)) {
    case ENGINE_PULL_MORE:
        return length;
    case ENGINE_PULL_LATER:
        return pause_sending(req);
    case ENGINE_PULL_FAILED:
        return CURL_READFUNC_ABORT;
    case ENGINE_PULL_END:
        break;
    }
    return 0;
}

static size_t feed_duplex(struct engine_request *req, char *buffer, size_t size)
{
    size_t length = req->call.body.length - req->body_sent;

    if (length > 0) {
        length = length < size ? length : size;
        memcpy(buffer, req->call.body.bytes + req->body_sent, length);
        req->body_sent += length;
        return length;
    }
    if (req->far_closed)
        return 0;
    if (!req->final_headers) {
        want_wake(req); /* to see whether anybody is still there: is_forsaken() */
        return pause_sending(
            req); /* what follows the body is not HTTP any more: wait for the 101 */
    }
    if (request_peer_has_closed(req))
        return pause_sending(req);
    if (req->outgoing.length > 0) {
        length = req->outgoing.length < size ? req->outgoing.length : size;
        memcpy(buffer, req->outgoing.bytes, length);
        text_drop_front(&req->outgoing, length);
        return length;
    }
    if (req->end_input)
        request_shut_input(req);
    else if (req->call.on_drained && req->drain_due) {
        req->drain_due = false;
        req->call.on_drained(req->owner, req);
        if (req->outgoing.length > 0)
            return feed_duplex(req, buffer, size);
    }
    return pause_sending(req);
}

static size_t on_send(char *buffer, size_t unit, size_t count, void *owner)
{
    struct engine_request *req = owner;

    if (req->canceled)
        return CURL_READFUNC_ABORT;
    return req->call.duplex ? feed_duplex(req, buffer, unit * count)
                            : pull_body(req, buffer, unit * count);
}

/* States */

void request_activate(struct engine_request *req)
{
    if (!request_setup(req, &req->failure)) {
        request_end(req);
        return;
    }
    curl_easy_setopt(req->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(req->easy, CURLOPT_WRITEDATA, req);
    curl_easy_setopt(req->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(req->easy, CURLOPT_HEADERDATA, req);
    curl_easy_setopt(req->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(req->easy, CURLOPT_READDATA, req);
    req->state = REQUEST_ACTIVE;
    req->client->active++;
    if (curl_multi_add_handle(req->client->multi, req->easy) != CURLM_OK)
        fatal("libcurl refuses a transfer");
}

static void apply_pauses(struct engine_request *req)
{
    int pauses =
        (req->receive_paused ? CURLPAUSE_RECV : 0) | (req->send_paused ? CURLPAUSE_SEND : 0);

    (void)curl_easy_pause(req->easy, pauses);
}

static bool may_send_more(const struct engine_request *req)
{
    if (!req->send_paused)
        return false;
    if (!req->call.duplex)
        return req->pull_again;
    return req->far_closed || (req->final_headers && !request_peer_has_closed(req) &&
                               (req->outgoing.length > 0 || (req->end_input && !req->input_ended)));
}

/* The far side closed before libcurl began to watch the socket: it never will, and tells nobody. */
static bool is_forsaken(const struct engine_request *req)
{
    return req->call.duplex && !req->final_headers && req->send_paused && !req->watched;
}

void request_wake(struct engine_request *req)
{
    bool change = false;

    req->wake = false;
    if (req->state == REQUEST_ENDED)
        return;
    if (req->canceled) {
        request_end(req);
        return;
    }
    if (req->state != REQUEST_ACTIVE)
        return;
    if (req->output_ended) {
        request_transfer_done(req, CURLE_OK);
        return;
    }
    if (req->receive_paused && !req->pause_wanted) {
        req->receive_paused = false;
        change = true;
    }
    if (!change && is_forsaken(req))
        req->far_closed = true;
    if (may_send_more(req)) {
        req->send_paused = false;
        req->pull_again = false;
        change = true;
    }
    if (change)
        apply_pauses(req);
}

/*
 * libcurl 7.88 says nothing when the far side closes a duplex connection while our sending is
 * paused; it only stops watching the socket. Newer ones end the transfer by themselves.
 */
void request_socket_removed(struct engine_request *req)
{
    if (req->state != REQUEST_ACTIVE || !req->call.duplex || req->receive_paused)
        return;
    if (!req->final_headers && !req->send_paused)
        return; /* not yet connected: of several addresses one is dropped */
    req->far_closed = true;
    want_wake(req);
}

/*
 * libcurl ends a transfer when both directions have ended. A duplex connection is at its end with its output: an
 * engine whose process has ended closes its sending side only, reads no more input, and waits for us to close.
 */
void request_socket_sends_only(struct engine_request *req)
{
    if (req->state != REQUEST_ACTIVE || !req->call.duplex || !req->final_headers ||
        req->receive_paused || !request_output_is_at_end(req))
        return;
    req->output_ended = true;
    want_wake(req);
}

static bool should_retry(const struct engine_request *req, CURLcode result)
{
    return (result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR ||
            result == CURLE_SEND_ERROR) &&
           request_is_safe(req) && !req->retried && req->header_bytes == 0 && !req->canceled;
}

static void drop_transfer(struct engine_request *req)
{
    (void)curl_multi_remove_handle(req->client->multi, req->easy);
    req->client->active--;
    req->socket = CURL_SOCKET_BAD;
}

static void put_back(struct engine_request *req)
{
    req->state = REQUEST_WAITING;
    drop_transfer(req);
    curl_easy_cleanup(req->easy);
    req->easy = NULL;
    curl_slist_free_all(req->headers_out);
    req->headers_out = NULL;
}

static void retry(struct engine_request *req)
{
    put_back(req);
    req->retried = true;
    request_activate(req);
}

/*
 * A Unix socket whose queue of connections is full refuses with EAGAIN at once. libcurl takes that for a connection under
 * way and then fails without an errno; every other failure of a Unix socket has one.
 */
bool request_met_full_queue(const struct engine_request *req, CURLcode result)
{
    long number = 0;

    (void)curl_easy_getinfo(req->easy, CURLINFO_OS_ERRNO, &number);
    return result == CURLE_COULDNT_CONNECT && req->client->socket_path && number == 0 &&
           req->socket_errno == 0;
}

/* Nothing was sent, so that any request may be started again. */
static bool should_connect_again(struct engine_request *req, CURLcode result)
{
    uint64_t now_ms = uv_now(req->client->loop);

    if (!request_met_full_queue(req, result) || req->canceled)
        return false;
    if (req->queue_full_ms == 0)
        req->queue_full_ms = now_ms;
    return now_ms - req->queue_full_ms < req->client->options.connect_timeout_ms;
}

void request_transfer_done(struct engine_request *req, CURLcode result)
{
    /* To libcurl a 101 is no answer yet; to us the talk has begun, and may end without a word. */
    if (result == CURLE_GOT_NOTHING && req->call.duplex && req->final_headers)
        result = CURLE_OK;
    /* To libcurl headers may end with the connection; to us that is no answer. */
    if (result == CURLE_OK && !req->final_headers)
        result = CURLE_GOT_NOTHING;
    if (should_connect_again(req, result)) {
        put_back(req);
        client_want_connect_later(req->client);
        return;
    }
    if (should_retry(req, result)) {
        retry(req);
        return;
    }
    if (result == CURLE_SEND_ERROR)
        request_deliver_rest(req);
    if (result != CURLE_OK && !error_is_set(&req->failure) && !req->canceled)
        failure_of_transfer(req, result, &req->failure);
    request_end(req);
}

void request_end(struct engine_request *req)
{
    if (req->state == REQUEST_ACTIVE)
        drop_transfer(req);
    request_close_spare(req);
    req->state = REQUEST_ENDED;
    client_want_turn(req->client);
}

static void trace(const struct engine_request *req, const struct error *failure)
{
    const struct engine_client_options *options = &req->client->options;
    struct engine_trace line;
    CLEANUP(cleanup_free) char *reason = NULL;

    if (!options->trace || !req->easy)
        return; /* nobody listens, or it was never sent */
    if (failure && failure->kind != ERROR_ENGINE)
        reason = error_message(failure);
    line = (struct engine_trace){
        .method = req->call.method,
        .path = request_trace_path(req),
        .status = req->status,
        .elapsed_ms = uv_now(req->client->loop) - req->started_ms,
        .failure = reason,
    };
    options->trace(options->trace_owner, &line);
}

void request_complete(struct engine_request *req)
{
    const struct error *failure = NULL;

    unlink_request(req);
    if (req->canceled)
        (void)error_set(&req->failure, ERROR_CANCELED, "canceled");
    else if (!error_is_set(&req->failure) && answer_is_failure(req))
        failure_of_answer(req, &req->failure);
    if (error_is_set(&req->failure))
        failure = &req->failure;
    trace(req, failure);
    req->done(req->owner, req, failure);
    destroy_request(req);
}

/* Use */

void engine_request_pause(struct engine_request *req)
{
    req->pause_wanted = true;
}

void engine_request_resume(struct engine_request *req)
{
    req->pause_wanted = false;
    if (req->receive_paused)
        want_wake(req);
}

void engine_request_pull_again(struct engine_request *req)
{
    req->pull_again = true;
    want_wake(req);
}

void engine_request_write(struct engine_request *req, struct span bytes)
{
    if (req->end_input || req->state == REQUEST_ENDED)
        return;
    request_keep_spare(req);
    text_add_bytes(&req->outgoing, bytes.bytes, bytes.length);
    req->drain_due = true;
    want_wake(req);
}

size_t engine_request_unsent_bytes(const struct engine_request *req)
{
    return req->outgoing.length;
}

void engine_request_end_input(struct engine_request *req)
{
    req->end_input = true;
    want_wake(req);
}

int engine_request_status(const struct engine_request *req)
{
    return req->status;
}

struct span engine_request_body(const struct engine_request *req)
{
    return text_span(&req->body);
}

const char *engine_request_header(const struct engine_request *req, const char *name)
{
    for (size_t i = 0; i < req->headers_in.count; i++)
        if (strcasecmp(req->headers_in.items[i].key, name) == 0)
            return req->headers_in.items[i].value;
    return NULL;
}
