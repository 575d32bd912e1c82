/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags before the command's name, and the two ways of being started: as `docker-compose …` and as the docker
 * CLI's plugin (`<plugin> [docker flags] compose …`). Both end in the same plain struct.
 * Source: Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "compose/options.h"

struct arena;

enum progress_mode { PROGRESS_AUTO, PROGRESS_TTY, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_QUIET };
enum ansi_mode { ANSI_AUTO, ANSI_NEVER, ANSI_ALWAYS };

/** The docker CLI's own flags, which choose the engine. Strings are "" when not given. */
struct docker_options {
    const char *host, *context, *config_directory;
    const char *tls_ca_cert, *tls_cert, *tls_key;
    bool tls, tls_verify;
    bool debug; /* trace one line a request */
};

/** Plain data; strings live in the arena, in argv or in the environment. */
struct root_options {
    struct strings files;
    const char *project_name; /* -p, or "" */
    struct strings profiles;
    struct strings env_files;      /* --env-file, else COMPOSE_ENV_FILES */
    const char *project_directory; /* "" when not given */
    bool compatibility, all_resources, dry_run;
    bool
        compatibility_flag; /* given as flag; COMPOSE_COMPATIBILITY only changes separators in names */
    bool parallel_given, ansi_given;
    int64_t parallel; /* -1: no bound of its own */
    enum progress_mode progress;
    enum ansi_mode ansi;
    struct docker_options docker;

    bool help, version; /* asked for by flag */
    int argc;           /* the command's name and what follows */
    char *const *argv;
    struct strings notices; /* deprecation texts to show in red */
};

/** For help and completion. */
extern const struct option root_option_rows[];

/** Is the program run by the docker CLI? Decided by one environment variable alone. */
bool root_is_plugin(void);

/**
 * Read argv (without argv[0]).
 *
 * Errors: ERROR_USAGE, texts of Docker Compose 5.5.0.
 */
bool root_parse(int argc, char *const *argv, struct arena *arena, struct root_options *ret_root,
                struct error *err) WARN_UNUSED;

/** The same for words that follow `compose`, whoever started the program: for completion. */
bool root_parse_words(int argc, char *const *argv, struct arena *arena,
                      struct root_options *ret_root, struct error *err) WARN_UNUSED;

/** The mode of a --progress value; "" is auto. Errors: ERROR_USAGE. */
bool root_progress_mode(const char *word, enum progress_mode *ret_mode,
                        struct error *err) WARN_UNUSED;
/**
 * Variables that count also when only an env file of the project sets them: COMPOSE_ANSI, COMPOSE_PARALLEL_LIMIT.
 * `lookup` gives "" for an unset one. Flags and the environment of the process stay stronger.
 *
 * Errors: ERROR_USAGE.
 */
typedef const char *root_lookup_fn(void *owner, const char *name);
bool root_take_late(struct root_options *root, root_lookup_fn *lookup, void *owner,
                    struct error *err) WARN_UNUSED;

/** Where the docker CLI's config.json is: --config, else as that CLI finds it. */
const char *root_config_directory(const struct root_options *root, struct arena *arena);

/** COMPOSE_* switches: 1 t T TRUE true True y Y are true, anything else false. */
bool root_truthy(const char *value);
