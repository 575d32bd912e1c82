/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/log_reader.h"

#include <stdlib.h>
#include <string.h>

#include "compose/streams/log_cursor.h"
#include "compose/streams/log_merge.h"
#include "engine_client/client.h"
#include "engine_client/instant.h"
#include "engine_client/log_lines.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

struct log_reader {
    struct engine_client *client;
    char *id;
    bool tty, live, paused, passing_over;
    bool attaches;
    void (*opened)(void *owner);
    bool progressed;  /* something new came since it was opened */
    int64_t asked_ns; /* the engine's clock when nothing old was asked for; 0: it was */
    log_reader_closed_fn *closed;
    void *owner;
    struct log_stream *stream;
    struct engine_request *request;
    struct engine_log_lines lines;
    struct error failure; /* of decoding; the request is cancelled then */

    struct log_cursor cursor;
};

struct log_reader *log_reader_create(struct engine_client *client, const char *container_id,
                                     bool tty, log_reader_closed_fn *closed, void *owner)
{
    struct log_reader *reader = xcalloc(1, sizeof(*reader));

    reader->client = client;
    reader->id = xstrdup(container_id);
    reader->tty = tty;
    reader->closed = closed;
    reader->owner = owner;
    error_init(&reader->failure);
    return reader;
}

void log_reader_destroy(struct log_reader *reader)
{
    if (!reader)
        return;
    error_finish(&reader->failure);
    free(reader->id);
    free(reader);
}

void log_reader_set_stream(struct log_reader *reader, struct log_stream *stream)
{
    reader->stream = stream;
}

bool log_reader_is_open(const struct log_reader *reader)
{
    return reader->request != NULL;
}

bool log_reader_has_progressed(const struct log_reader *reader)
{
    return reader->progressed;
}

void log_reader_begin_at(struct log_reader *reader, int64_t since_ns)
{
    log_cursor_begin_at(&reader->cursor, since_ns);
}

static void on_piece(void *owner, const struct engine_log_piece *given)
{
    struct log_reader *reader = owner;
    struct engine_log_piece piece = *given;

    if (reader->attaches) {
        piece.time_ns = engine_client_clock_ns(reader->client);
        log_stream_push(reader->stream, &piece);
    } else if (reader->passing_over) {
        if (piece.time_ns >= reader->cursor.floor_ns)
            log_cursor_begin_at(&reader->cursor, piece.time_ns + 1);
    } else if (log_cursor_take(&reader->cursor, &piece)) {
        reader->progressed = true;
        log_stream_push(reader->stream, &piece);
    }
}

static void on_open(void *owner, struct engine_request *request)
{
    struct log_reader *reader = owner;

    (void)request;
    if (!reader->passing_over)
        log_stream_open(reader->stream);
    if (reader->attaches)
        reader->opened(reader->owner);
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct log_reader *reader = owner;

    if (!engine_log_lines_feed(&reader->lines, bytes, &reader->failure)) {
        engine_request_cancel(request);
        return;
    }
    if (log_stream_is_full(reader->stream)) {
        reader->paused = true;
        engine_request_pause(request);
    }
}

static void on_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct log_reader *reader = owner;
    struct error mine;

    (void)request;
    reader->request = NULL;
    reader->paused = false;
    reader->passing_over = false;
    if (!failure)
        log_cursor_end(&reader->cursor);
    error_init(&mine);
    /* A followed one is read once more behind its end: what is missing comes then. */
    if (!failure && !reader->live && !error_is_set(&reader->failure) &&
        !engine_log_lines_end(&reader->lines, &reader->failure))
        failure = &reader->failure;
    if (error_is_set(&reader->failure)) {
        error_move(&mine, &reader->failure);
        failure = &mine;
    }
    reader->closed(reader->owner, failure);
    error_finish(&mine);
}

static void ask(struct log_reader *reader, const struct log_reader_query *query, int64_t since_ns)
{
    struct arena *arena = arena_create();
    struct engine_call call = {.method = "GET", .on_open = on_open, .on_chunk = on_chunk};
    struct text text;

    text_init(&text, 0);
    engine_query_bool(&text, "stdout", true);
    engine_query_bool(&text, "stderr", true);
    engine_query_bool(&text, "timestamps", true);
    engine_query_bool(&text, "follow", query->follow);
    reader->live = query->follow;
    if (since_ns != 0)
        engine_query_add(&text, "since", instant_query(arena, since_ns));
    if (query->until_ns != 0)
        engine_query_add(&text, "until", instant_query(arena, query->until_ns));
    engine_query_add(&text, "tail", query->tail);
    engine_log_lines_init(&reader->lines, reader->tty, true, on_piece, reader);
    reader->lines.joins_frames = engine_client_is_podman(reader->client);
    call.path = engine_path(arena, "/containers/%s/logs", reader->id);
    call.query = text.bytes;
    reader->request = engine_request_start(reader->client, &call, on_done, reader);
    text_finish(&text);
    arena_destroy(arena);
}

void log_reader_attach(struct log_reader *reader, void (*opened)(void *owner))
{
    reader->attaches = true;
    reader->opened = opened;
}

bool log_reader_attaches(const struct log_reader *reader)
{
    return reader->attaches;
}

static void attach(struct log_reader *reader)
{
    struct arena *arena = arena_create();
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(arena, "/containers/%s/attach", reader->id),
        .query = "stream=1&stdout=1&stderr=1",
        .duplex = true,
        .on_open = on_open,
        .on_chunk = on_chunk,
    };

    reader->live = true;
    engine_log_lines_init(&reader->lines, reader->tty, false, on_piece, reader);
    reader->request = engine_request_start(reader->client, &call, on_done, reader);
    arena_destroy(arena);
}

void log_reader_open(struct log_reader *reader, const struct log_reader_query *query)
{
    struct log_reader_query asked = *query;
    int64_t since_ns = log_cursor_reopen(&reader->cursor);

    if (reader->attaches) {
        attach(reader); /* one that is not started says nothing: nobody waits for its first line */
        return;
    }
    if (since_ns == 0)
        since_ns = reader->asked_ns;
    if (since_ns != 0)
        asked.tail = NULL;
    else if (query->tail && strcmp(query->tail, "0") == 0)
        reader->asked_ns = engine_client_clock_ns(reader->client);
    reader->progressed = false;
    log_stream_expect(reader->stream);
    ask(reader, &asked, since_ns != 0 ? since_ns : query->since_ns);
}

void log_reader_pass_over(struct log_reader *reader)
{
    struct log_reader_query last_line = {.tail = "1"};

    reader->passing_over = true;
    ask(reader, &last_line, 0);
}

void log_reader_cancel(struct log_reader *reader)
{
    if (reader->request)
        engine_request_cancel(reader->request);
}

void log_reader_go_on(struct log_reader *reader)
{
    if (reader->paused && reader->request) {
        reader->paused = false;
        engine_request_resume(reader->request);
    }
}
