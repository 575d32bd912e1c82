/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BuildKit's progress, as it stands in the messages "moby.buildkit.trace" of `/build?version=2`: a
 * base64 text of a protobuf StatusResponse. Each part becomes one engine_build_message.
 *
 * Source: moby/buildkit, api/services/control/control.proto: StatusResponse (vertexes 1, statuses
 * 2, logs 3, warnings 4).
 */
#pragma once

#include "engine_client/build.h"

/** Errors: ERROR_ENGINE when it is neither base64 nor protobuf; parts before the fault were
 * delivered. */
bool build_trace_decode(const char *base64, engine_build_message_fn *on_message, void *owner,
                        struct error *err) WARN_UNUSED;
/** The same for the protobuf bytes. */
bool build_trace_decode_bytes(struct span bytes, engine_build_message_fn *on_message, void *owner,
                              struct error *err) WARN_UNUSED;
