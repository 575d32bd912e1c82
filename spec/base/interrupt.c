/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>

#include "spec/base/memory.h"

enum { SIGNALS = 3 };

static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static void (*next_handlers[SIGNALS])(int);
static int wake = -1;

static void on_signal(int number)
{
    int before = errno;

    (void)eventfd_write(wake, 1); /* fails at the counter's limit, when it is readable */
    for (size_t i = 0; i < SIGNALS; i++)
        if (numbers[i] == number && next_handlers[i] != SIG_DFL)
            next_handlers[i](number);
    errno = before;
}

void interrupt_watch(void)
{
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        fatal("cannot create an event descriptor");
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction action;

        if (sigaction(numbers[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        next_handlers[i] = action.sa_handler;
        action.sa_handler = on_signal;
        (void)sigaction(numbers[i], &action, NULL);
    }
}

int interrupt_descriptor(void)
{
    return wake;
}

void interrupt_reset(void)
{
    eventfd_t count;

    if (wake >= 0)
        (void)eventfd_read(wake, &count); /* fails when there was no signal */
}

bool interrupt_wait(int stop, int descriptor, short events, int timeout_ms)
{
    struct pollfd polled[] = {{.fd = stop, .events = POLLIN}, {.fd = descriptor, .events = events}};
    int count;

    do
        count = poll(polled, COUNT_OF(polled), timeout_ms);
    while (count < 0 && errno == EINTR);
    return !(stop >= 0 && polled[0].revents != 0);
}
