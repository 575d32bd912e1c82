/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short talk with a child process: what it reads on stdin is given, what it writes on stdout is collected, its
 * stderr goes where ours goes. Inside engine_client only.
 */
#pragma once

#include <uv.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct child_talk;

struct child_result {
    int exit_code; /* 128 + signal when it was killed */
    struct span output;
};

/** Called once, on a later turn; `result` is valid during the call. */
typedef void child_talk_fn(void *owner, const struct child_result *result,
                           const struct error *failure);

/**
 * Run `argv` (found through PATH), write `input`, close its stdin, collect its output up to LIMIT_MESSAGE_BYTES.
 *
 * Errors (through done): ERROR_SYSTEM when it cannot be run, ERROR_CANCELED.
 */
struct child_talk *child_talk_start(uv_loop_t *loop, const char *const *argv, struct span input,
                                    child_talk_fn *done, void *owner);
/** Kill it; `done` follows. */
void child_talk_cancel(struct child_talk *talk);
