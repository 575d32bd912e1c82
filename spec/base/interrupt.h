/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wait on a descriptor that SIGINT, SIGTERM and SIGHUP end. The handlers of the event loop restart system calls and
 * only record the signal, so a wait outside the loop needs a descriptor that becomes readable when one arrives:
 *
 *     struct interrupt interrupt;
 *     interrupt_begin(&interrupt);
 *     while (interrupt_wait(interrupt.descriptor, file, POLLIN, -1)) ...
 *     interrupt_end(&interrupt);
 *
 * Only one thread at a time may be between begin and end.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

enum { INTERRUPT_SIGNALS = 3 };

struct interrupt {
    int descriptor; /* readable once a signal has arrived */
    struct sigaction before[INTERRUPT_SIGNALS];
};

/** Ignored signals stay ignored. */
void interrupt_begin(struct interrupt *interrupt);
/** The handlers from before are set again and get the signals that arrived. */
void interrupt_end(struct interrupt *interrupt);
/**
 * Wait until `descriptor` has one of the poll events or `timeout_ms` is over (-1: no limit). False when `stop` (-1:
 * none) became readable: a signal, or another thread's request to give up.
 */
bool interrupt_wait(int stop, int descriptor, short events, int timeout_ms);
