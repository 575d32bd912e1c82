/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine_client/fake_engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spec/base/number.h"
#include "spec/base/text.h"

struct fake_connection {
    uv_pipe_t pipe;
    struct fake_engine *fake;
    struct fake_connection *next;
    struct text input;
    bool busy; /* a request was handed out and not yet answered: what comes in now is duplex */
    bool ended, closing;
    void (*on_bytes)(struct fake_connection *connection);
    char piece[4096];
};

struct sending {
    uv_write_t write;
    char *bytes;
};

struct fake_engine *fake_of(const struct fake_connection *connection)
{
    return connection->fake;
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct fake_connection *connection = handle->data;
    struct fake_connection **at = &connection->fake->first;

    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    text_finish(&connection->input);
    free(connection);
}

static void close_connection(struct fake_connection *connection)
{
    if (!connection->closing)
        uv_close((uv_handle_t *)&connection->pipe, on_connection_closed);
    connection->closing = true;
}

static void on_sent(uv_write_t *write, int status)
{
    struct sending *sending = write->data;

    (void)status; /* the test's client may be gone */
    free(sending->bytes);
    free(sending);
}

void fake_send(struct fake_connection *connection, const char *bytes, size_t length)
{
    struct sending *sending = xcalloc(1, sizeof(*sending));
    uv_buf_t buffer;

    sending->bytes = xstrndup("", 0);
    sending->bytes = xrealloc(sending->bytes, length);
    memcpy(sending->bytes, bytes, length);
    sending->write.data = sending;
    buffer = uv_buf_init(sending->bytes, (unsigned)length);
    if (uv_write(&sending->write, (uv_stream_t *)&connection->pipe, &buffer, 1, on_sent) != 0)
        on_sent(&sending->write, -1);
}

void fake_answer(struct fake_connection *connection, const char *status, const char *headers,
                 const char *body)
{
    struct text answer;

    text_init(&answer, 0);
    text_addf(&answer, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
              strlen(body), body);
    fake_send(connection, answer.bytes, answer.length);
    text_finish(&answer);
    connection->busy = false;
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct fake_connection *connection = request->data;

    (void)status;
    free(request);
    close_connection(connection);
}

void fake_hang_up(struct fake_connection *connection)
{
    uv_shutdown_t *request = xcalloc(1, sizeof(*request));

    request->data = connection;
    if (uv_shutdown(request, (uv_stream_t *)&connection->pipe, on_shut) != 0)
        on_shut(request, -1);
}

const char *fake_received(const struct fake_connection *connection, size_t *ret_length,
                          bool *ret_ended)
{
    *ret_length = connection->input.length;
    *ret_ended = connection->ended;
    return connection->input.bytes;
}

void fake_on_bytes(struct fake_connection *connection,
                   void (*function)(struct fake_connection *connection))
{
    connection->on_bytes = function;
}

static size_t content_length(const char *headers)
{
    const char *line = strcasestr(headers, "\r\nContent-Length:");
    uint64_t length = 0;

    if (!line)
        return 0;
    line += strlen("\r\nContent-Length:");
    line += strspn(line, " ");
    return number_parse_digits(line, strspn(line, "0123456789"), 10, &length) ? (size_t)length : 0;
}

/* Join chunks from `at`; false while the last one is missing. */
static bool join_chunks(const char *at, const char *end, struct text *body, size_t *ret_taken)
{
    const char *begin = at;

    for (;;) {
        uint64_t size;
        size_t digits = strspn(at, "0123456789abcdefABCDEF");

        if (at + digits + 2 > end || !number_parse_digits(at, digits, 16, &size))
            return false;
        at += digits + 2;
        if (at + size + 2 > end)
            return false;
        text_add_bytes(body, at, (size_t)size);
        at += size + 2;
        if (size == 0) {
            *ret_taken = (size_t)(at - begin);
            return true;
        }
    }
}

static void hand_out(struct fake_connection *connection, char *head, struct span body)
{
    struct fake_engine *fake = connection->fake;
    char *method_end = strchr(head, ' '),
         *target_end = method_end ? strchr(method_end + 1, ' ') : NULL;
    struct fake_request request = {.method = head, .body = body.bytes, .body_length = body.length};
    struct text answer;

    assert(target_end);
    *method_end = *target_end = '\0';
    request.target = method_end + 1;
    request.headers = strstr(target_end + 1, "\r\n");
    connection->busy = true;
    if (fake->answers_ping && strcmp(request.target, "/_ping") == 0) {
        fake->pings++;
        text_init(&answer, 0);
        text_addf(&answer, "Api-Version: %s\r\nServer: Docker/1 (linux)\r\nOstype: linux\r\n%s",
                  fake->api_version, fake->ping_headers ? fake->ping_headers : "");
        fake_answer(connection, "200 OK", answer.bytes, "OK");
        text_finish(&answer);
        return;
    }
    fake->requests++;
    fake->on_request(fake, connection, &request);
}

/* One whole request at the front of the input. */
static bool take_request(struct fake_connection *connection)
{
    struct text *input = &connection->input;
    const char *end = strstr(input->bytes, "\r\n\r\n");
    CLEANUP(text_finish) struct text body;
    CLEANUP(cleanup_free) char *head = NULL;
    size_t head_length, taken;

    text_init(&body, 0);
    if (!end)
        return false;
    head_length = (size_t)(end - input->bytes) + 4;
    head = xstrndup(input->bytes, head_length);
    if (strcasestr(head, "\r\nTransfer-Encoding: chunked")) {
        if (!join_chunks(end + 4, input->bytes + input->length, &body, &taken))
            return false;
    } else {
        taken = content_length(head);
        if (input->length - head_length < taken)
            return false;
        text_add_bytes(&body, end + 4, taken);
    }
    text_drop_front(input, head_length + taken);
    hand_out(connection, head, text_span(&body));
    return true;
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct fake_connection *connection = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(connection->piece, sizeof(connection->piece));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct fake_connection *connection = stream->data;

    if (length > 0) {
        text_add_bytes(&connection->input, buffer->base, (size_t)length);
        while (!connection->busy && take_request(connection))
            ;
    } else if (length < 0) {
        connection->ended = true;
    }
    if (connection->on_bytes)
        connection->on_bytes(connection);
    else if (length < 0)
        close_connection(connection);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct fake_engine *fake = listener->data;
    struct fake_connection *connection = xcalloc(1, sizeof(*connection));

    assert(status == 0);
    (void)status; /* without assertions */
    connection->fake = fake;
    text_init(&connection->input, 0);
    uv_pipe_init(fake->loop, &connection->pipe, 0);
    connection->pipe.data = connection;
    uv_unref(
        (uv_handle_t *)&connection->pipe); /* a kept connection shall not keep the test's loop */
    connection->next = fake->first;
    fake->first = connection;
    fake->connections++;
    if (uv_accept(listener, (uv_stream_t *)&connection->pipe) != 0 ||
        uv_read_start((uv_stream_t *)&connection->pipe, on_buffer, on_read) != 0)
        close_connection(connection);
}

void fake_engine_open(struct fake_engine *fake, uv_loop_t *loop, fake_request_fn *on_request,
                      void *owner)
{
    int failed;

    *fake = (struct fake_engine){.loop = loop,
                                 .on_request = on_request,
                                 .owner = owner,
                                 .api_version = "1.43",
                                 .answers_ping = true};
    (void)snprintf(fake->directory, sizeof(fake->directory), "/tmp/fake-engine-XXXXXX");
    if (!mkdtemp(fake->directory))
        abort();
    (void)snprintf(fake->path, sizeof(fake->path), "%s/engine.sock", fake->directory);
    uv_pipe_init(loop, &fake->listener, 0);
    fake->listener.data = fake;
    failed = uv_pipe_bind(&fake->listener, fake->path);
    failed |= uv_listen((uv_stream_t *)&fake->listener, 16, on_connection);
    if (failed)
        abort();
    uv_unref((uv_handle_t *)&fake->listener);
}

void fake_engine_close(struct fake_engine *fake)
{
    uv_close((uv_handle_t *)&fake->listener, NULL);
    for (struct fake_connection *connection = fake->first; connection;
         connection = connection->next)
        close_connection(connection);
    (void)unlink(fake->path);
    (void)rmdir(fake->directory);
}
