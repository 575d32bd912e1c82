/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that Compose files are folded into before it becomes structs: null, bool, int, float, string, list, map.
 *
 * Nodes live in the load's arena and are changed in place while loading. Every node has an origin: where its value
 * stands, or which rule or variable made it. Strings are NUL-terminated and hold no other NUL.
 * Maps keep their order of insertion and have an index once they grow long.
 *
 *     struct spec_node *image = spec_node_get(service, "image");
 *     if (image && image->kind == SPEC_STRING)
 *         use(image->string.bytes);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/index.h"

struct arena;
struct text;

enum spec_node_kind {
    SPEC_NULL,
    SPEC_BOOL,
    SPEC_INT,
    SPEC_FLOAT,
    SPEC_STRING,
    SPEC_LIST,
    SPEC_MAP
};

enum spec_origin_kind {
    SPEC_FROM_TEXT,    /* written at `place` */
    SPEC_FROM_DEFAULT, /* the default of a row; `place` is what it belongs to */
    SPEC_FROM_RULE, /* derived from something else, written at `place`; `detail` names the rule */
    SPEC_FROM_ENV_FILE, /* a line of an env file or label file */
    /* a variable; `detail` is its name, `place` its line in .env, without a file for one of the shell */
    SPEC_FROM_ENVIRONMENT,
    SPEC_FROM_COMMAND_LINE, /* `detail` is the flag */
};

/** One link of how a value came to be; `via` leads to what it replaced or came through (extends, include, override, variable). */
struct spec_origin {
    enum spec_origin_kind kind;
    struct place place;
    const char *detail; /* or NULL */
    const struct spec_origin *via;
};

struct spec_node;

struct spec_member {
    const char *key;
    struct spec_node *value; /* never NULL */
    struct place place;      /* of the key */
};

struct spec_node {
    enum spec_node_kind kind;
    bool quoted;                      /* a string that was quoted, or a block scalar, in YAML */
    bool interpolated;                /* the text had a variable in it */
    const struct spec_origin *origin; /* never NULL after reading */
    union {
        bool boolean;
        int64_t integer;
        struct {
            double number;
            uint64_t
                huge; /* exact value of an integer above INT64_MAX, which `number` has roughly; 0 otherwise */
        };
        struct {
            const char *bytes;
            size_t length;
        } string;
        struct {
            struct spec_node **items;
            size_t count, capacity;
        } list;
        struct {
            struct spec_member *items;
            size_t count, capacity;
            struct index *index; /* NULL while the map is short */
        } map;
    };
};

/* Make. The node borrows `origin` and strings: they live in the same arena. */
struct spec_node *spec_node_new(struct arena *arena, enum spec_node_kind kind,
                                const struct spec_origin *origin);
struct spec_node *spec_node_string(struct arena *arena, const char *text,
                                   const struct spec_origin *origin);
struct spec_node *spec_node_bool(struct arena *arena, bool value, const struct spec_origin *origin);
struct spec_node *spec_node_int(struct arena *arena, int64_t value,
                                const struct spec_origin *origin);
/** How many nodes a deep copy makes. */
size_t spec_node_total(const struct spec_node *node);
/** Deep copy; origins are shared. */
struct spec_node *spec_node_copy(struct arena *arena, const struct spec_node *node);
/** Overwrite `node` with what `from` holds. */
void spec_node_assign(struct spec_node *node, const struct spec_node *from);

/* Maps. All of these take NULL and non-maps as an empty map when reading. */
struct spec_node *spec_node_get(const struct spec_node *map,
                                const char *key); /* NULL when absent */
const struct spec_member *spec_node_member(const struct spec_node *map, const char *key);
/** Room for so many members in a map that has none yet. */
void spec_node_reserve(struct arena *arena, struct spec_node *map, size_t capacity);
/** Replace or append. */
void spec_node_put(struct arena *arena, struct spec_node *map, const char *key,
                   struct spec_node *value, struct place place);
bool spec_node_remove(struct spec_node *map, const char *key);
size_t spec_node_count(const struct spec_node *node); /* members or items; 0 for scalars and NULL */

/* Lists. */
void spec_node_append(struct arena *arena, struct spec_node *list, struct spec_node *item);

/* Inspect. */
static inline bool spec_node_is(const struct spec_node *node, enum spec_node_kind kind)
{
    return node && node->kind == kind;
}
/** The text of a string node, or NULL for anything else. */
const char *spec_node_text(const struct spec_node *node);
/** Text of any scalar as the reference prints it (Go's fmt.Sprint); NULL for null, lists and maps. */
const char *spec_node_scalar_text(struct arena *arena, const struct spec_node *node);
bool spec_node_equal(const struct spec_node *a, const struct spec_node *b);
struct place spec_node_place(const struct spec_node *node);
/** The last variable in the text of the value as an origin of kind SPEC_FROM_ENVIRONMENT, or NULL. */
const struct spec_origin *spec_node_variable(const struct spec_node *node);
/** "mapping", "array", "string", ... in the words of messages. */
const char *spec_node_kind_name(enum spec_node_kind kind);
