/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML text as Docker Compose 5.5 does: indent of two, lists indented in maps, scalars folded behind column 80,
 * quotes only where they are needed. The caller keeps begin and end balanced.
 * Source: observed with Docker Compose 5.5.0; libyaml's own emitter differs in lists, folding and quotes.
 *
 *     struct yaml_writer yaml;
 *     yaml_begin(&yaml, &text);
 *     yaml_map_open(&yaml);
 *     yaml_key(&yaml, "image");
 *     yaml_string(&yaml, image);
 *     yaml_map_close(&yaml);
 *     yaml_end(&yaml);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/limits.h"
#include "spec/base/text.h"

enum { YAML_DEEPEST = LIMIT_NESTING + 64 }; /* documents, and what is around them */

struct yaml_level {
    bool is_map;
    bool filled;    /* something was written at this level */
    bool same_line; /* the first entry stands behind "- " or ": " */
    unsigned indent;
};

struct yaml_writer {
    struct text *out;
    unsigned step; /* spaces a level: 2 unless set after yaml_begin() */
    size_t column;
    bool line_start; /* nothing but indentation would come between here and the line's start */
    bool after_key, after_dash;
    unsigned depth;
    struct yaml_level levels[YAML_DEEPEST];
};

void yaml_begin(struct yaml_writer *yaml, struct text *out);
/** End the document with a newline. */
void yaml_end(struct yaml_writer *yaml);
void yaml_map_open(struct yaml_writer *yaml);
void yaml_map_close(struct yaml_writer *yaml);
void yaml_list_open(struct yaml_writer *yaml);
void yaml_list_close(struct yaml_writer *yaml);
void yaml_key(struct yaml_writer *yaml, const char *key);
void yaml_string(struct yaml_writer *yaml, const char *s);
void yaml_string_n(struct yaml_writer *yaml, const char *s, size_t length);
/** Numbers, true, false, null: text that is written as it is. */
void yaml_plain(struct yaml_writer *yaml, const char *s);
