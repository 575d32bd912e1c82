/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress of buildx, one line of `--progress rawjson`: the JSON twin of build_trace.h. Each part becomes one
 * engine_build_message, so that a build looks the same whoever carries it out.
 *
 * Source: moby/buildkit, client.SolveStatus: vertexes, statuses, logs, warnings; observed with buildx 0.29.1.
 */
#pragma once

#include "engine_client/build.h"

/** Errors: ERROR_ENGINE when the line is no JSON object: then it is a message for people. */
bool build_status_decode(struct span line, engine_build_message_fn *on_message, void *owner,
                         struct error *err) WARN_UNUSED;
