/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/build_trace.h"

#include <stdlib.h>
#include <string.h>

#include "engine_client/base64.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"

/* Wire types of protobuf. */
enum wire {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_BYTES = 2,
    WIRE_32 = 5,
};

struct field {
    uint64_t number;
    enum wire wire;
    uint64_t value;    /* VARINT */
    struct span bytes; /* BYTES */
};

struct trace {
    struct arena *arena;
    engine_build_message_fn *on_message;
    void *owner;
};

static bool read_varint(struct span *input, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && input->length > 0; shift += 7) {
        unsigned char byte = (unsigned char)*input->bytes++;

        input->length--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool skip(struct span *input, uint64_t count, struct span *ret_bytes)
{
    if (count > input->length)
        return false;
    *ret_bytes = (struct span){input->bytes, (size_t)count};
    input->bytes += count;
    input->length -= (size_t)count;
    return true;
}

static bool next_field(struct span *input, struct field *ret_field)
{
    uint64_t key, length;

    *ret_field = (struct field){0};
    if (!read_varint(input, &key))
        return false;
    ret_field->number = key >> 3;
    ret_field->wire = (enum wire)(key & 7);
    switch (ret_field->wire) {
    case WIRE_VARINT:
        return read_varint(input, &ret_field->value);
    case WIRE_BYTES:
        return read_varint(input, &length) && skip(input, length, &ret_field->bytes);
    case WIRE_64:
        return skip(input, 8, &ret_field->bytes);
    case WIRE_32:
        return skip(input, 4, &ret_field->bytes);
    }
    return false;
}

/* google.protobuf.Timestamp: seconds 1, nanos 2. */
static int64_t read_time(struct span input)
{
    int64_t seconds = 0, nanos = 0, ns;
    struct field field;

    while (input.length > 0 && next_field(&input, &field)) {
        if (field.number == 1)
            seconds = (int64_t)field.value;
        else if (field.number == 2)
            nanos = (int64_t)field.value;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &ns) ||
        __builtin_add_overflow(ns, nanos, &ns))
        return 0;
    return ns;
}

static const char *read_text(const struct trace *trace, struct span bytes)
{
    return bytes.bytes ? arena_strndup(trace->arena, bytes.bytes, bytes.length) : "";
}

static bool read_vertex(struct trace *trace, struct span input)
{
    struct engine_build_message message = {
        .kind = ENGINE_BUILD_STEP, .step = "", .name = "", .error = ""};
    struct field field;

    while (input.length > 0) {
        if (!next_field(&input, &field))
            return false;
        switch (field.number) {
        case 1:
            message.step = read_text(trace, field.bytes);
            break;
        case 3:
            message.name = read_text(trace, field.bytes);
            break;
        case 4:
            message.cached = field.value != 0;
            break;
        case 5:
            message.started = true;
            message.started_ns = read_time(field.bytes);
            break;
        case 6:
            message.completed = true;
            message.completed_ns = read_time(field.bytes);
            break;
        case 7:
            message.error = read_text(trace, field.bytes);
            break;
        default:
            break;
        }
    }
    trace->on_message(trace->owner, &message);
    return true;
}

static bool read_status(struct trace *trace, struct span input)
{
    struct engine_build_message message = {
        .kind = ENGINE_BUILD_PROGRESS, .step = "", .name = "", .error = ""};
    const char *id = "";
    struct field field;

    while (input.length > 0) {
        if (!next_field(&input, &field))
            return false;
        switch (field.number) {
        case 1:
            id = read_text(trace, field.bytes);
            break;
        case 2:
            message.step = read_text(trace, field.bytes);
            break;
        case 3:
            message.name = read_text(trace, field.bytes);
            break;
        case 4:
            message.current = (int64_t)field.value;
            break;
        case 5:
            message.total = (int64_t)field.value;
            break;
        case 7:
            message.started = true;
            message.started_ns = read_time(field.bytes);
            break;
        case 8:
            message.completed = true;
            message.completed_ns = read_time(field.bytes);
            break;
        default:
            break;
        }
    }
    if (!*message.name)
        message.name = id;
    trace->on_message(trace->owner, &message);
    return true;
}

/* Logs: vertex 1, time 2, stream 3, bytes 4. Warnings: vertex 1, level 2, short text 3. */
static bool read_output(struct trace *trace, struct span input, enum engine_build_message_kind kind)
{
    struct engine_build_message message = {
        .kind = kind, .step = "", .name = "", .error = "", .text = {"", 0}};
    uint64_t text_field = kind == ENGINE_BUILD_LOG ? 4 : 3;
    struct field field;

    while (input.length > 0) {
        if (!next_field(&input, &field))
            return false;
        if (field.number == 1)
            message.step = read_text(trace, field.bytes);
        else if (field.number == text_field && field.wire == WIRE_BYTES)
            message.text = field.bytes;
        else if (field.number == 3)
            message.stream = field.value == 2 ? 2 : 1;
    }
    trace->on_message(trace->owner, &message);
    return true;
}

static bool read_response(struct trace *trace, struct span input)
{
    struct field field;

    while (input.length > 0) {
        bool good = next_field(&input, &field) && field.wire == WIRE_BYTES;

        if (good && field.number == 1)
            good = read_vertex(trace, field.bytes);
        else if (good && field.number == 2)
            good = read_status(trace, field.bytes);
        else if (good && field.number == 3)
            good = read_output(trace, field.bytes, ENGINE_BUILD_LOG);
        else if (good && field.number == 4)
            good = read_output(trace, field.bytes, ENGINE_BUILD_WARNING);
        if (!good)
            return false;
    }
    return true;
}

bool build_trace_decode_bytes(struct span bytes, engine_build_message_fn *on_message, void *owner,
                              struct error *err)
{
    struct trace trace = {arena_create(), on_message, owner};
    bool good = read_response(&trace, bytes);

    arena_destroy(trace.arena);
    return good || error_set(err, ERROR_ENGINE, "the builder's progress is malformed");
}

bool build_trace_decode(const char *base64, engine_build_message_fn *on_message, void *owner,
                        struct error *err)
{
    CLEANUP(text_finish) struct text bytes;

    text_init(&bytes, LIMIT_JSON_LINE_BYTES);
    if (!base64_decode(&bytes, span_of(base64)) || bytes.overflowed)
        return error_set(err, ERROR_ENGINE, "the builder's progress is not base64");
    return build_trace_decode_bytes(text_span(&bytes), on_message, owner, err);
}
