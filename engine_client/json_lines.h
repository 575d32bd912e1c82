/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of JSON messages, one a line (pull, push, build, events, stats). Bytes go in as they
 * arrive; whole lines come out, without line break and never empty. A line may take up to
 * LIMIT_JSON_LINE_BYTES.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

/** One message; valid during the call. False stops the decoding, with err set. */
typedef bool engine_json_line_fn(void *owner, struct span line, struct error *err);

struct engine_json_lines {
    struct text partial;
};

void engine_json_lines_init(struct engine_json_lines *lines);
void engine_json_lines_finish(struct engine_json_lines *lines);
bool engine_json_lines_feed(struct engine_json_lines *lines, struct span bytes,
                            engine_json_line_fn *on_line, void *owner,
                            struct error *err) WARN_UNUSED;
/** The stream has ended: a last line without line break is delivered. */
bool engine_json_lines_end(struct engine_json_lines *lines, engine_json_line_fn *on_line,
                           void *owner, struct error *err) WARN_UNUSED;
