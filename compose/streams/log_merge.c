/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/streams/log_merge.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/streams/log_printer.h"
#include "engine_client/log_lines.h"
#include "spec/base/text.h"

enum {
    FULL_BYTES = 32 * 1024, /* with one more chunk of the network it stays below 64 KiB */
    GATHER_MS = 5,          /* when following: lines of one moment come through several sockets */
};

struct queued {
    int64_t time_ns;
    size_t offset, length;
    enum engine_stream stream;
    bool first, last, status;
};

enum stream_state { STREAM_IDLE, STREAM_EXPECTED, STREAM_OPEN };

struct log_stream {
    struct log_merge *merge;
    struct log_stream *next;
    struct log_source *source;
    log_stream_empty_fn *empty;
    void *owner;
    enum stream_state state;
    struct text bytes;
    struct queued *items;
    size_t head, count, capacity; /* items[head..count) are to be printed */
};

struct log_merge {
    struct console *console;
    struct log_printer *printer;
    bool wait_for_all, pumping;
    bool batched; /* lines go out many at a time, which keeps no order with stderr */
    struct log_stream *streams, **last;
    struct log_stream *speaker;  /* has begun a line */
    enum engine_stream speaking; /* of its stdout and stderr */
    uv_timer_t *gather;
};

static void pump(struct log_merge *merge, bool force);

static void on_gathered(uv_timer_t *timer)
{
    pump(timer->data, false);
}

static void on_drained(void *owner)
{
    pump(owner, false);
}

struct log_merge *log_merge_create(uv_loop_t *loop, struct console *console,
                                   struct log_printer *printer, bool wait_for_all, bool batched)
{
    struct log_merge *merge = xcalloc(1, sizeof(*merge));

    merge->console = console;
    merge->printer = printer;
    merge->wait_for_all = wait_for_all;
    merge->batched = batched;
    merge->last = &merge->streams;
    merge->gather = xcalloc(1, sizeof(*merge->gather));
    (void)uv_timer_init(loop, merge->gather);
    merge->gather->data = merge;
    output_on_drained(console_stdout(console), on_drained, merge);
    return merge;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void log_merge_destroy(struct log_merge *merge)
{
    struct log_stream *next;

    if (!merge)
        return;
    output_on_drained(console_stdout(merge->console), NULL, NULL);
    uv_close((uv_handle_t *)merge->gather, on_timer_closed);
    for (struct log_stream *stream = merge->streams; stream; stream = next) {
        next = stream->next;
        text_finish(&stream->bytes);
        free(stream->items);
        free(stream);
    }
    free(merge);
}

struct log_stream *log_merge_add(struct log_merge *merge, struct log_source *source,
                                 log_stream_empty_fn *empty, void *owner)
{
    struct log_stream *stream = xcalloc(1, sizeof(*stream));

    stream->merge = merge;
    stream->source = source;
    stream->empty = empty;
    stream->owner = owner;
    text_init(&stream->bytes, 0);
    *merge->last = stream;
    merge->last = &stream->next;
    return stream;
}

static void pump_soon(struct log_merge *merge, const struct log_stream *stream)
{
    if (merge->pumping)
        return;
    if (merge->wait_for_all || log_stream_is_full(stream))
        pump(merge, false);
    else if (!uv_is_active((uv_handle_t *)merge->gather))
        (void)uv_timer_start(merge->gather, on_gathered, GATHER_MS, 0);
}

void log_stream_expect(struct log_stream *stream)
{
    stream->state = STREAM_EXPECTED;
}

void log_stream_open(struct log_stream *stream)
{
    stream->state = STREAM_OPEN;
    pump_soon(stream->merge, stream);
}

void log_stream_close(struct log_stream *stream)
{
    struct log_merge *merge = stream->merge;

    stream->state = STREAM_IDLE;
    /* A line that its container never ended must not keep the others waiting. */
    if (stream->head == stream->count && merge->speaker == stream) {
        log_printer_end(merge->printer, stream->source);
        merge->speaker = NULL;
    }
    pump(merge, false);
    if (stream->head == stream->count && stream->empty)
        stream->empty(stream->owner);
}

static void push(struct log_stream *stream, struct queued item, const char *bytes)
{
    item.offset = stream->bytes.length;
    text_add_bytes(&stream->bytes, bytes, item.length);
    stream->items =
        xgrow(stream->items, &stream->capacity, stream->count + 1, sizeof(*stream->items));
    stream->items[stream->count++] = item;
    pump_soon(stream->merge, stream);
}

void log_stream_push(struct log_stream *stream, const struct engine_log_piece *piece)
{
    push(stream,
         (struct queued){.time_ns = piece->time_ns,
                         .length = piece->bytes.length,
                         .stream = piece->stream,
                         .first = piece->first,
                         .last = piece->last},
         piece->bytes.bytes);
}

void log_stream_status(struct log_stream *stream, const char *message)
{
    struct queued item = {
        .length = strlen(message) + 1, .first = true, .last = true, .status = true};

    push(stream, item, message);
}

bool log_stream_is_full(const struct log_stream *stream)
{
    return stream->bytes.length + stream->count * sizeof(struct queued) / 4 > FULL_BYTES;
}

bool log_stream_is_empty(const struct log_stream *stream)
{
    return stream->head == stream->count;
}

bool log_merge_is_empty(const struct log_merge *merge)
{
    for (const struct log_stream *stream = merge->streams; stream; stream = stream->next)
        if (!log_stream_is_empty(stream))
            return false;
    return true;
}

/* The item that goes on with the line which its container has begun, or `count`: a line of the other stream may be first. */
static size_t find_rest(const struct log_merge *merge, const struct log_stream *stream)
{
    size_t at = stream->head;

    while (at < stream->count &&
           (stream->items[at].first || stream->items[at].stream != merge->speaking))
        at++;
    return at;
}

/* The stream to print from now, and its item; or NULL when something must be waited for. */
static struct log_stream *choose(struct log_merge *merge, bool force, size_t *ret_at)
{
    struct log_stream *oldest = NULL, *speaker = merge->speaker;

    if (speaker) {
        *ret_at = find_rest(merge, speaker);
        if (*ret_at < speaker->count)
            return speaker;
        /* A full one cannot wait: its other stream stands before the rest of the line. */
        if (speaker->state != STREAM_IDLE && !force && !log_stream_is_full(speaker))
            return NULL;
        log_printer_end(merge->printer, speaker->source);
    }
    merge->speaker = NULL;
    for (struct log_stream *stream = merge->streams; stream; stream = stream->next) {
        if (log_stream_is_empty(stream)) {
            if (!force && (stream->state == STREAM_EXPECTED ||
                           (stream->state == STREAM_OPEN && merge->wait_for_all)))
                return NULL;
        } else if (!oldest ||
                   stream->items[stream->head].time_ns < oldest->items[oldest->head].time_ns) {
            oldest = stream;
        }
    }
    if (oldest)
        *ret_at = oldest->head;
    return oldest;
}

/* Take a printed item out of the middle of the queue: what stands before it must wait for the end of the line. */
static void take_out(struct log_stream *stream, size_t at)
{
    struct queued gone = stream->items[at];
    size_t behind = gone.offset + gone.length;

    memmove(stream->bytes.bytes + gone.offset, stream->bytes.bytes + behind,
            stream->bytes.length - behind);
    text_truncate(&stream->bytes, stream->bytes.length - gone.length);
    memmove(&stream->items[at], &stream->items[at + 1], (stream->count - at - 1) * sizeof(gone));
    stream->count--;
    for (size_t i = at; i < stream->count; i++)
        stream->items[i].offset -= gone.length;
}

static void print_item(struct log_merge *merge, struct log_stream *stream, size_t at)
{
    const struct queued *item = &stream->items[at];
    const char *bytes = stream->bytes.bytes + item->offset;
    struct engine_log_piece piece = {
        .stream = item->stream,
        .time_ns = item->time_ns,
        .bytes = {bytes, item->length},
        .first = item->first,
        .last = item->last,
    };

    if (item->status)
        log_printer_status(merge->printer, stream->source, bytes);
    else
        log_printer_piece(merge->printer, stream->source, &piece);
    merge->speaker = item->last ? NULL : stream;
    merge->speaking = item->stream;
    if (at == stream->head)
        stream->head++;
    else
        take_out(stream, at);
}

/* Print until the output is full or something must be waited for; true when it was the output. */
static bool pump_round(struct log_merge *merge, struct output *out, bool force)
{
    struct log_stream *stream;
    size_t at;

    while ((stream = choose(merge, force, &at)) != NULL) {
        bool was_full = log_stream_is_full(stream);

        print_item(merge, stream, at);
        if (log_stream_is_empty(stream)) {
            text_clear(&stream->bytes);
            stream->head = stream->count = 0;
            if (stream->empty)
                stream->empty(stream->owner); /* may push more, or close */
        } else if (was_full && !log_stream_is_full(stream) && stream->empty) {
            stream->empty(
                stream
                    ->owner); /* what is left waits for the rest of a line, which is still to be read */
        }
        if (output_is_full(out) && !force)
            return true;
    }
    return false;
}

static void pump(struct log_merge *merge, bool force)
{
    struct output *out = console_stdout(merge->console);
    bool more = true;

    if (merge->pumping || (output_is_full(out) && !force))
        return;
    merge->pumping = true;
    while (more) {
        if (merge->batched)
            output_cork(out);
        more = pump_round(merge, out, force);
        if (merge->batched)
            output_uncork(out);
        more = more && !output_is_full(out);
    }
    merge->pumping = false;
}

void log_merge_flush(struct log_merge *merge)
{
    pump(merge, true);
}
