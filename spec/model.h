/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Compose model as structs, made from the rows of attributes/: one struct spec_X for each TYPE(X), one member for
 * each FIELD. Plain data, read-only after loading; everything lives in the project's arena.
 *
 *     for (size_t i = 0; i < project->services.count; i++) {
 *         const struct spec_service *service = project->services.items[i].value;
 *         ... service->name, service->image, service->ports.items[0]->target ...
 *     }
 *
 * How a kind is stored:
 *   STRING        const char *, NULL when absent (an empty one counts as absent in output)
 *   BOOL          bool; absent is false
 *   OPT_BOOL      struct spec_opt_bool, with `set`
 *   INT, BYTES, DURATION, COUNT   int64_t (bytes, nanoseconds); absent is 0; count -1 is "all"
 *   OPT_INT, OPT_DURATION, FILE_MODE   struct spec_opt_int, with `set`
 *   FLOAT32       float
 *   STRINGS       struct strings
 *   COMMAND, HEALTH_TEST   struct spec_command: unset (take the image's) differs from empty (clear it)
 *   MAPPING, OPTIONS   struct pairs, values never NULL, sorted by key
 *   ENVIRONMENT   struct pairs; a NULL value is a variable without one, sorted by key
 *   HOSTS         struct spec_hosts: host and its addresses
 *   SSH           struct pairs: id and path (or NULL)
 *   MULTI_OPTIONS struct spec_multi_options: key and list of values
 *   STRUCT        pointer, NULL when absent
 *   LIST          struct spec_X_list of pointers
 *   MAP           struct spec_X_map: key and pointer (NULL for a null entry), sorted by key
 *
 * Every struct has the tree node that it was decoded from, for origins and extensions (node.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/strings.h"

struct spec_node;
struct spec_load;

struct spec_opt_bool {
    bool set, value;
};

struct spec_opt_int {
    bool set;
    int64_t value;
};

struct spec_command {
    bool set;
    struct strings words;
};

struct spec_host {
    const char *name;
    struct strings addresses;
};

struct spec_hosts {
    struct spec_host *items;
    size_t count, capacity;
};

struct spec_multi_option {
    const char *key;
    struct strings values;
};

struct spec_multi_options {
    struct spec_multi_option *items;
    size_t count, capacity;
};

/* First the names, the lists and the maps of every type ... */
#define TYPE(type)                                                                                 \
    struct spec_##type;                                                                            \
    struct spec_##type##_list {                                                                    \
        struct spec_##type **items;                                                                \
        size_t count, capacity;                                                                    \
    };                                                                                             \
    struct spec_##type##_entry {                                                                   \
        const char *key;                                                                           \
        struct spec_##type *value;                                                                 \
    };                                                                                             \
    struct spec_##type##_map {                                                                     \
        struct spec_##type##_entry *items;                                                         \
        size_t count, capacity;                                                                    \
    };
#define END_TYPE(type)
#define FIELD(type, member, kind, sub, ...)
#define INTERNAL(type, ctype, member)
#include "spec/attributes/all.def"

#define SPEC_C_STRING(sub)        const char *
#define SPEC_C_BOOL(sub)          bool
#define SPEC_C_OPT_BOOL(sub)      struct spec_opt_bool
#define SPEC_C_INT(sub)           int64_t
#define SPEC_C_COUNT(sub)         int64_t
#define SPEC_C_BYTES(sub)         int64_t
#define SPEC_C_DURATION(sub)      int64_t
#define SPEC_C_OPT_INT(sub)       struct spec_opt_int
#define SPEC_C_OPT_DURATION(sub)  struct spec_opt_int
#define SPEC_C_FILE_MODE(sub)     struct spec_opt_int
#define SPEC_C_FLOAT32(sub)       float
#define SPEC_C_STRINGS(sub)       struct strings
#define SPEC_C_COMMAND(sub)       struct spec_command
#define SPEC_C_HEALTH_TEST(sub)   struct spec_command
#define SPEC_C_MAPPING(sub)       struct pairs
#define SPEC_C_OPTIONS(sub)       struct pairs
#define SPEC_C_ENVIRONMENT(sub)   struct pairs
#define SPEC_C_HOSTS(sub)         struct spec_hosts
#define SPEC_C_SSH(sub)           struct pairs
#define SPEC_C_MULTI_OPTIONS(sub) struct spec_multi_options
#define SPEC_C_STRUCT(sub)        struct spec_##sub *
#define SPEC_C_LIST(sub)          struct spec_##sub##_list
#define SPEC_C_MAP(sub)           struct spec_##sub##_map

/* ... then the structs. */
#define TYPE(type)                                                                                 \
    struct spec_##type {                                                                           \
        const struct spec_node *node;
#define END_TYPE(type)                                                                             \
    }                                                                                              \
    ;
#define FIELD(type, member, kind, sub, ...) SPEC_C_##kind(sub) member;
#define INTERNAL(type, ctype, member)       ctype member;
#include "spec/attributes/all.def"
