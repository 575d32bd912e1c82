/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a process that was started with exec ended, once its stream is at its end. The engine is asked; where it says that
 * the process still runs, either its end has not been noted yet, or the connection was cut: the next end of such a process
 * is awaited for a moment, and after that it is a failure, since the exit code is not known.
 *
 *     end = exec_end_start(session, project, exec_id, on_end, owner);
 *
 * Promises: `done` is called once, on a later turn; the object is gone then.
 */
#pragma once

#include "spec/base/error.h"

struct exec_end;
struct session;

/** Errors: those of the requests; ERROR_CONNECTION when it still runs; ERROR_CANCELED. */
typedef void exec_end_fn(void *owner, int exit_code, const struct error *failure);

/** The strings are copied. Errors: only where there is no engine to ask. */
struct exec_end *exec_end_start(struct session *session, const char *project, const char *exec_id,
                                exec_end_fn *done, void *owner, struct error *err) WARN_UNUSED;
void exec_end_cancel(struct exec_end *end);
