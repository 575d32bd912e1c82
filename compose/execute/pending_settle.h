/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wait until the engine has ended what interrupted runs asked for (pending.h), so that a plan is made from the state
 * that remains. One inspection a note; the event stream, opened only while a note is open, says when to inspect again.
 * A note does not keep a run waiting when its request never reached the engine: no event of the container within a
 * second (Docker reports the signal of a stop at once), or, for a creation, none until the note's time has passed.
 *
 *     if (!pending_settle(session, &notes, err))
 */
#pragma once

#include "compose/execute/pending.h"
#include "spec/base/error.h"

struct session;

/**
 * Turns the loop. A note ends at its `until_ms` at the latest; answers that cannot be read end it too.
 *
 * Errors: ERROR_CANCELED by a signal; those of session_client().
 */
bool pending_settle(struct session *session, const struct pending_list *notes,
                    struct error *err) WARN_UNUSED;
