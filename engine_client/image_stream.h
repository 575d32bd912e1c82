/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pull and push: one request, whose answer is a stream of progress messages.
 *
 * `on_progress` gets each message, valid during the call; `done` comes once, as for every request:
 * failure is set also when the stream carried an error line (ERROR_ENGINE with its words) or broke
 * off.
 */
#pragma once

#include "engine_client/progress.h"

struct engine_client;
struct engine_image_stream;

typedef void engine_progress_fn(void *owner, const struct engine_progress *progress);
typedef void engine_image_done_fn(void *owner, const struct error *failure);

struct engine_image_stream_options {
    const char *reference;     /* "redis:7", "host:5000/x@sha256:...": as in the Compose file */
    const char *platform;      /* pull: "linux/arm64" or NULL; push: NULL */
    const char *registry_auth; /* registry_auth.h, or NULL */
};

/** Pull. The tag defaults to latest. Errors (through done): ERROR_INPUT for a malformed reference.
 */
struct engine_image_stream *engine_image_pull(struct engine_client *client,
                                              const struct engine_image_stream_options *options,
                                              engine_progress_fn *on_progress,
                                              engine_image_done_fn *done, void *owner);
struct engine_image_stream *engine_image_push(struct engine_client *client,
                                              const struct engine_image_stream_options *options,
                                              engine_progress_fn *on_progress,
                                              engine_image_done_fn *done, void *owner);
/** `done` follows on a later turn with ERROR_CANCELED. */
void engine_image_stream_cancel(struct engine_image_stream *stream);
