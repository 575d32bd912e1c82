/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of attributes/ as tables that code can walk: for each Compose type its fields in output order. Reading,
 * checking, merging, canonical forms, decoding, `config`, hashes and `explain` are driven by them.
 *
 * Columns of FIELD(type, member, kind, sub, ...):
 *   member    the attribute's name in YAML and the struct's member
 *   kind      how it is stored and printed (model.h)
 *   sub       for STRUCT, LIST and MAP: the type of what it holds
 *   .accept   YAML kinds that the schema takes; 0 means the usual ones of the kind
 *   .item     for lists and maps: kinds of the items; 0 means the usual ones
 *   .values   enumeration, separated by |
 *   .pattern  regular expression of the schema (of the keys, for a MAP)
 *   .min .max range of the schema, as text
 *   .cast     cast of strings after interpolation, as in Docker Compose 5.5.0
 *   .merge    merge rule, .unicity the key by which later list items replace earlier ones
 *   .form     short form and how it becomes the long one
 *   .fallback default value
 *   .path     how a relative path is resolved
 *   .flags    see below
 *   .json     name in JSON where it differs
 *   .engine   field of the Engine API, .api the lowest API version times 100 plus minor (143 is 1.43)
 *   .inert    why it is accepted but has no effect: told in a warning
 *   .usual    values, separated by |, for which there is no need of that warning, or of one about an old engine
 *   .doc      one sentence of meaning
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum spec_kind {
    SPEC_KIND_STRING,
    SPEC_KIND_BOOL,
    SPEC_KIND_OPT_BOOL,
    SPEC_KIND_INT,
    SPEC_KIND_COUNT,
    SPEC_KIND_BYTES,
    SPEC_KIND_DURATION,
    SPEC_KIND_OPT_INT,
    SPEC_KIND_OPT_DURATION,
    SPEC_KIND_FILE_MODE,
    SPEC_KIND_FLOAT32,
    SPEC_KIND_STRINGS,
    SPEC_KIND_COMMAND,
    SPEC_KIND_HEALTH_TEST,
    SPEC_KIND_MAPPING,
    SPEC_KIND_OPTIONS,
    SPEC_KIND_ENVIRONMENT,
    SPEC_KIND_HOSTS,
    SPEC_KIND_SSH,
    SPEC_KIND_MULTI_OPTIONS,
    SPEC_KIND_STRUCT,
    SPEC_KIND_LIST,
    SPEC_KIND_MAP,
};

/* Kinds of YAML values that the schema accepts. A_NUMBER takes integers too. */
enum {
    A_NULL = 1,
    A_BOOL = 2,
    A_INT = 4,
    A_NUMBER = 8,
    A_STRING = 16,
    A_LIST = 32,
    A_MAP = 64,
    A_ANY = 127,
};

enum spec_cast { CAST_NONE, CAST_INT, CAST_INT64, CAST_FLOAT, CAST_BOOL };

enum spec_merge {
    MERGE_GENERIC,
    MERGE_REPLACE,
    MERGE_AS_LIST,
    MERGE_EXTRA_HOSTS,
    MERGE_BUILD,
    MERGE_DEPENDS_ON,
    MERGE_NAMES,
    MERGE_LOGGING,
    MERGE_IPAM_CONFIG,
};

enum spec_unicity {
    UNICITY_NONE,
    UNICITY_KEY,
    UNICITY_PATH,
    UNICITY_EXPOSE,
    UNICITY_PORT,
    UNICITY_MOUNT,
    UNICITY_DEVICE,
    UNICITY_CONFIG,
    UNICITY_SECRET,
};

enum spec_form {
    FORM_NONE,
    FORM_BUILD,
    FORM_CONTEXTS,
    FORM_DEPENDS_ON,
    FORM_DEVICE,
    FORM_DNS,
    FORM_ENV_FILE,
    FORM_EXTENDS,
    FORM_EXTERNAL,
    FORM_FILE_REF,
    FORM_GPUS,
    FORM_MOUNT,
    FORM_NAMES,
    FORM_PORTS,
    FORM_SSH,
    FORM_STRINGS,
    FORM_ULIMIT,
};

enum spec_path_rule {
    PATH_NONE,
    PATH_JOIN,
    PATH_JOIN_VALUES,
    PATH_CONTEXT,
    PATH_CONTEXT_VALUES,
    PATH_EXTENDS,
    PATH_WATCH,
    PATH_BIND_SOURCE,
    PATH_VOLUME_DEVICE,
};

enum spec_field_flag {
    REQUIRED = 1 << 0,        /* the schema demands it */
    UNIQUE_ITEMS = 1 << 1,    /* the schema forbids equal items in its list form */
    TREE_ONLY = 1 << 2,       /* gone before the model is printed or hashed */
    NOT_HASHED = 1 << 3,      /* no part of the config hash */
    JSON_ALWAYS = 1 << 4,     /* printed in JSON (and hashed) also when absent or empty */
    YAML_ALWAYS = 1 << 5,     /* printed in YAML also when absent or empty */
    YAML_OMIT_EMPTY = 1 << 6, /* a struct that is left out of YAML when nothing in it is printed */
    OMIT_TRUE = 1 << 7,       /* a bool whose default is true: printed only when false */
    NAMES_CHECKED = 1 << 8,   /* keys must match [a-zA-Z0-9._-]+ */
    NAMES_FREE = 1 << 9,      /* keys that do not match are taken, and not validated */
    REQUEST_OPTIONAL = 1 << 10, /* gpus: capabilities need not be given */
    HOOK_PLAIN = 1 << 11,       /* a hook without the fields of pre_start, command required */
    HOOK_COMMAND_OPTIONAL = 1 << 12,
    PRE_START_ONLY = 1 << 13,
    UNSIGNED = 1 << 14,  /* a negative number cannot be stored */
    YAML_ONLY = 1 << 16, /* never printed in JSON */
    SINCE_5 = 1 << 17,   /* unknown to 2.x, so no part of its hashes */
    REFUSED_BELOW =
        1 << 18, /* an engine below .api is not asked at all: that is an error, not a warning */
    NO_EXTENSIONS = 1 << 15, /* a list or map whose items lose their x- keys, as in the reference */
    CLOSED = 1 << 19,        /* the schema takes no x- keys in its mappings */
    OPEN =
        1
        << 20, /* the schema takes any keys in its mappings; unknown ones are lost, with a warning */
};

struct spec_type;

struct spec_field {
    const char *name, *json;
    enum spec_kind kind;
    const struct spec_type *sub; /* NULL but for STRUCT, LIST, MAP */
    size_t offset;               /* of the member in its struct */
    unsigned accept, item;
    const char *values, *pattern, *min, *max;
    enum spec_cast cast;
    enum spec_merge merge;
    enum spec_unicity unicity;
    enum spec_form form;
    const char *fallback;
    enum spec_path_rule path;
    unsigned flags;
    const char *engine;
    unsigned api;
    const char *inert, *usual;
    const char *doc;
};

struct spec_type {
    const char *name;
    size_t size; /* of the struct */
    const struct spec_field *fields;
    size_t count;
};

/* spec_type_service, spec_type_port, ... */
#define TYPE(type) extern const struct spec_type spec_type_##type;
#define END_TYPE(type)
#define FIELD(type, member, kind, sub, ...)
#define INTERNAL(type, ctype, member)
#include "spec/attributes/all.def"

/** The field of `type` with this YAML name, or NULL. */
const struct spec_field *spec_type_field(const struct spec_type *type, const char *name);
/** What the schema accepts here: the row's own column or the usual one of the kind. */
unsigned spec_field_accept(const struct spec_field *field);
/** The same for the items of a list or the values of a map. */
unsigned spec_field_item(const struct spec_field *field);
