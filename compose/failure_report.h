/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else is known when a plan failed: how the container ended, what its probes and its last lines said, who was
 * blocked by it, and for well-known failures what to do. Goes to stderr before the error itself.
 */
#pragma once

struct command_context;
struct error;
struct plan;

/** Asks the engine about the first container that failed; turns the loop. Adds a hint to `err` where it knows one. */
void failure_report(struct command_context *context, const struct plan *plan, struct error *err);
