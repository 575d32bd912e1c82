/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of pull, push, load and build: one JSON object a line. Plain data in the arena given
 * to the decoder. An `error` in such a stream is the failure of the operation, although the status
 * was 200.
 *
 * Source: Engine API, operations ImageCreate, ImagePush, ImageBuild (JSONMessage).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/strings.h"

struct arena;

struct engine_progress {
    const char *id;     /* layer or, for BuildKit, "moby.buildkit.trace"; "" when none */
    const char *status; /* "Downloading", "Pull complete", ... */
    const char *stream; /* classic build: output text */
    const char *error;  /* "" when none */
    int error_code;
    bool has_progress;
    int64_t current, total; /* bytes; total 0: unknown */
    const char *image_id;   /* aux.ID: of a build; or of an older engine's "Successfully built" */
    const char *aux_text;   /* aux when it is a string: BuildKit's base64; or NULL */
};

bool engine_progress_decode(struct arena *arena, struct span line,
                            struct engine_progress *ret_progress, struct error *err) WARN_UNUSED;
/** The failure that an error line tells: ERROR_ENGINE in the engine's words, without a prefix. Returns false. */
bool engine_progress_failure(const struct engine_progress *progress, struct error *err);
