/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else is known when a plan failed, added to each of its failures: how the container ended, what its probes and
 * its last lines said, which services were not started because of it, the line of the file to look at and, for
 * well-known failures, what to do.
 */
#pragma once

struct command_context;
struct error;
struct plan;

/**
 * Asks the engine about the containers that failed; turns the loop. The failures of the steps gain details, places and
 * hints; `err` becomes their list. A run that was given up, or that failed before its steps, stays as it is.
 */
void failure_report(struct command_context *context, struct plan *plan, struct error *err);
