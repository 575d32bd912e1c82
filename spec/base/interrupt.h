/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits outside the event loop that SIGINT, SIGTERM and SIGHUP end. The handlers of the loop restart system calls and
 * only record a signal until the loop runs; here each signal also makes a descriptor readable.
 *
 *     interrupt_watch();                                              (once, after the loop's handlers were set)
 *     ...
 *     if (!interrupt_wait(interrupt_descriptor(), file, POLLIN, -1))
 *         return error_set(err, ERROR_CANCELED, "canceled");
 *
 * A signal ends all later waits too, until interrupt_reset().
 */
#pragma once

#include <stdbool.h>

/** From now on signals are noticed, before the handlers that are set at present get them. Ignored ones stay ignored. */
void interrupt_watch(void);
/** Readable once a signal has arrived; -1 without interrupt_watch(). */
int interrupt_descriptor(void);
/** The signals until now were answered, and the program goes on. */
void interrupt_reset(void);
/**
 * Wait until `descriptor` (-1: none) has one of the poll events or `timeout_ms` is over (-1: no limit). False when
 * `stop` (-1: none) is readable: a signal, or another thread's request to give up.
 */
bool interrupt_wait(int stop, int descriptor, short events, int timeout_ms);
