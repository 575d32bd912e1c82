/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A large answer of the engine on its way to a file or to stdout, piece by piece: a reader that does not keep up
 * stops the engine.
 */
#pragma once

#include <stdbool.h>

#include "spec/base/error.h"
#include "spec/base/memory.h"

struct file_write;
struct session;

/** GET `path` with `query` (or NULL) and pass the body to stdout unchanged. */
bool download_to_stdout(struct session *session, const char *path, const char *query,
                        struct error *err) WARN_UNUSED;
/** The same into a file, which is left to the caller to commit or to abandon. */
bool download_to_file(struct session *session, const char *path, const char *query,
                      struct file_write *file, struct error *err) WARN_UNUSED;
