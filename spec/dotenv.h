/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of variables: `.env`, --env-file, env_file, label_file; and the raw form of docker run.
 *
 *     struct spec_environment read = {.arena = arena};
 *     if (!spec_dotenv_read(path, &lookup, &read, warnings, err))
 *         return false;
 *
 * Values are looked up with `lookup` first, then among what was read before (earlier files too, when `into` is
 * handed from file to file). Source: Compose Specification, env_file; corner cases observed with Compose 5.5.0.
 */
#pragma once

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/warnings.h"
#include "spec/environment.h"

/** Where a variable was looked up before the file itself: any of these may be NULL; the first that has it wins. */
struct spec_dotenv_lookup {
    const struct spec_environment *first, *second;
};

/**
 * Read the file and set its variables in `into`, the last one of a name winning. A relative `path` is taken from
 * the current directory.
 *
 * Errors: ERROR_SYSTEM when it cannot be read (errno kept); ERROR_INPUT with file:line for its content, the words
 *         "failed to read PATH: ..." as context.
 */
bool spec_dotenv_read(const char *path, const struct spec_dotenv_lookup *lookup,
                      struct spec_environment *into, struct warnings *warnings,
                      struct error *err) WARN_UNUSED;
/** The same for `format: raw`: values are taken as they are, to the end of the line. */
bool spec_dotenv_read_raw(const char *path, const struct spec_dotenv_lookup *lookup,
                          struct spec_environment *into, struct error *err) WARN_UNUSED;

/** The grammar alone; `file` is for places. */
bool spec_dotenv_parse(struct span text, const char *file, const struct spec_dotenv_lookup *lookup,
                       struct spec_environment *into, struct warnings *warnings,
                       struct error *err) WARN_UNUSED;
bool spec_dotenv_parse_raw(struct span text, const char *file,
                           const struct spec_dotenv_lookup *lookup, struct spec_environment *into,
                           struct error *err) WARN_UNUSED;
