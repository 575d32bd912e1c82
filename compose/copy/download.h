/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A large answer of the engine on its way to a descriptor, piece by piece: a reader that does not keep up stops the
 * engine.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/memory.h"

struct session;

/** GET `path` with `query` (or NULL) and pass the body to stdout unchanged. */
bool download_to_stdout(struct session *session, const char *path, const char *query,
                        struct error *err) WARN_UNUSED;
/** The same into a regular file, from its current position on. */
bool download_to_file(struct session *session, const char *path, const char *query, int descriptor,
                      struct error *err) WARN_UNUSED;
