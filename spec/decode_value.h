/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What decode.c and the decoders of single kinds share. Private to the decoder.
 */
#pragma once

#include "spec/any.h"
#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/warnings.h"
#include "spec/node.h"

/* One step of the way from the top of the tree to a value; lives on the stack of the walk. */
struct decode_path {
    const struct decode_path *up;
    const char *name; /* NULL: an item of a list */
    size_t index;
    bool is_key; /* a key of a map, shown in brackets */
};

struct decoder {
    struct arena *arena;
    struct warnings *warnings;
    struct error *err; /* failures are appended */
};

/** Append a failure: 'services[a].mem_limit' TEXT. Returns false. */
bool decode_fail(struct decoder *decoder, const struct decode_path *path,
                 const struct spec_node *node, const char *format, ...) PRINTF_LIKE(4, 5);
/** Append a failure that a parser found. Returns false. */
bool decode_fail_with(struct decoder *decoder, const struct decode_path *path,
                      const struct spec_node *node, struct error *cause);

/** Decode every kind but STRUCT, LIST and MAP into `member`. `node` is not null. */
bool decode_value(struct decoder *decoder, const struct decode_path *path,
                  const struct spec_field *field, const struct spec_node *node, void *member);
/** The kinds that hold several values: STRINGS, COMMAND, MAPPING, HOSTS ... */
bool decode_collection(struct decoder *decoder, const struct decode_path *path,
                       const struct spec_field *field, const struct spec_node *node, void *member);
/** An integer, also from a number or text. */
bool decode_int(struct decoder *decoder, const struct decode_path *path,
                const struct spec_field *field, const struct spec_node *node, int64_t *ret_value);
