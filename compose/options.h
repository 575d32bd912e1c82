/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags of one command as a table, the parser that reads argv by it, and the values found.
 *
 * Parsing follows the habits of the reference's flag library: `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * `-n=value`, joined one-letter switches, `--` ends the flags. Flags may stand between arguments unless the
 * command stops at its first argument. Help (compose/help.h) and completion read the same tables.
 *
 *     static const struct option rows[] = {
 *         {"detach", 'd', OPTION_BOOL, .help = "Run in the background"},
 *         {"timeout", 't', OPTION_INT, .help = "Stop timeout in seconds"},
 *         OPTION_END,
 *     };
 *     ...
 *     if (options_given(options, "timeout"))
 *         timeout_s = options_int(options, "timeout");
 *
 * Values are asked for by name; asking for a name or a kind that the table lacks is a mistake of ours and asserts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/strings.h"

struct arena;

enum option_kind {
    OPTION_BOOL,
    OPTION_STRING,
    OPTION_INT,
    OPTION_BYTES, /* "64m", in bytes */
    OPTION_LIST,  /* repeatable; each use adds one value */
};

enum option_flag {
    OPTION_HIDDEN = 1 << 0,     /* accepted, not in help */
    OPTION_COMMA_LIST = 1 << 1, /* a list whose values are also split at commas */
    OPTION_OLD_ALIAS = 1 << 2,  /* who uses the alias is told to use the name */
};

struct option {
    const char *name;
    char letter; /* 0 when there is no short form */
    enum option_kind kind;
    unsigned flags;
    const char *type;       /* what help calls the value; NULL takes the kind's own word */
    const char *initial;    /* default as text, shown by help when it is not the kind's zero */
    const char *alias;      /* an older name that means the same, hidden */
    const char *deprecated; /* text of the notice given when the option is used; hides the option */
    const char *values;     /* "a|b|c": offered by completion (not checked), or NULL */
    const char *help;
};

#define OPTION_END                                                                                 \
    {                                                                                              \
        .name = NULL                                                                               \
    }

struct option_value {
    const struct option *option;
    bool given;
    bool truth;
    int64_t number;
    const char *string; /* never NULL for OPTION_STRING */
    struct strings list;
};

struct options {
    struct option_value *values;
    size_t count;
    struct strings arguments; /* what is not a flag */
    struct strings notices;   /* deprecation texts, to be shown as they are */
    struct strings warnings;  /* to be shown as warnings */
    bool help;                /* -h or --help was seen */
};

/**
 * Read `argv[0..argc)` (without the command's own name) by up to two tables: the command's and the common one
 * (NULL for none).
 *
 * Ownership: everything lives in `arena` or in argv.
 * Errors:    ERROR_USAGE, texts of Docker Compose 5.5.0, a near miss as hint.
 */
bool options_parse(const struct option *own, const struct option *common, bool stop_at_argument,
                   int argc, char *const *argv, struct arena *arena, struct options *ret_options,
                   struct error *err) WARN_UNUSED;

bool options_given(const struct options *options, const char *name);
bool options_bool(const struct options *options, const char *name);
int64_t options_int(const struct options *options,
                    const char *name); /* OPTION_INT and OPTION_BYTES */
const char *options_string(const struct options *options, const char *name);
const struct strings *options_list(const struct options *options, const char *name);

/** True for 1 t T TRUE true True, false for their opposites; returns false for anything else. */
bool options_parse_bool(const char *text, bool *ret_value) WARN_UNUSED;
