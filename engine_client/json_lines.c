/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/json_lines.h"

#include <string.h>

#include "spec/base/limits.h"

void engine_json_lines_init(struct engine_json_lines *lines)
{
    text_init(&lines->partial, LIMIT_JSON_LINE_BYTES);
}

void engine_json_lines_finish(struct engine_json_lines *lines)
{
    text_finish(&lines->partial);
}

static bool deliver(struct span line, engine_json_line_fn *on_line, void *owner, struct error *err)
{
    while (line.length > 0 && strchr("\r\n \t", line.bytes[line.length - 1]))
        line.length--;
    return line.length == 0 || on_line(owner, line, err);
}

static bool keep(struct engine_json_lines *lines, const char *bytes, size_t length,
                 struct error *err)
{
    text_add_bytes(&lines->partial, bytes, length);
    if (lines->partial.overflowed)
        return error_set(err, ERROR_ENGINE, "a message of the engine is longer than %u MiB",
                         LIMIT_JSON_LINE_BYTES >> 20);
    return true;
}

bool engine_json_lines_feed(struct engine_json_lines *lines, struct span bytes,
                            engine_json_line_fn *on_line, void *owner, struct error *err)
{
    while (bytes.length > 0) {
        const char *end = memchr(bytes.bytes, '\n', bytes.length);
        size_t length = end ? (size_t)(end - bytes.bytes) : bytes.length;

        if (!end)
            return keep(lines, bytes.bytes, length, err);
        if (lines->partial.length > 0) {
            if (!keep(lines, bytes.bytes, length, err) ||
                !deliver(text_span(&lines->partial), on_line, owner, err))
                return false;
            text_clear(&lines->partial);
        } else if (!deliver((struct span){bytes.bytes, length}, on_line, owner, err)) {
            return false;
        }
        bytes.bytes += length + 1;
        bytes.length -= length + 1;
    }
    return true;
}

bool engine_json_lines_end(struct engine_json_lines *lines, engine_json_line_fn *on_line,
                           void *owner, struct error *err)
{
    if (!deliver(text_span(&lines->partial), on_line, owner, err))
        return false;
    text_clear(&lines->partial);
    return true;
}
