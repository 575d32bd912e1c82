/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by copy_to.c and copy_from.c. Nobody else includes this. */
#pragma once

#include "compose/copy/copy.h"
#include "compose/session/session.h"
#include "engine_client/container.h"

/** A request for the state of `path` in a container, for session_fetch_all(). */
struct session_call copy_stat_call(struct arena *arena, const char *id, const char *path);
/** Its answer; false with err unset when there is no such path. */
bool copy_stat_answer(struct arena *arena, const struct session_call *call,
                      struct engine_path_stat *ret_stat, struct error *err);
