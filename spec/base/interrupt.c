/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "spec/base/memory.h"

static const int numbers[INTERRUPT_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t arrived[INTERRUPT_SIGNALS];
static int wake;

static void on_signal(int number)
{
    const uint64_t one = 1;
    int before = errno;

    for (size_t i = 0; i < INTERRUPT_SIGNALS; i++)
        if (numbers[i] == number)
            arrived[i] = 1;
    if (write(wake, &one, sizeof(one)) < 0) {
        /* The counter is at its limit: the descriptor is readable. */
    }
    errno = before;
}

void interrupt_begin(struct interrupt *interrupt)
{
    const struct sigaction ours = {.sa_handler = on_signal};

    wake = interrupt->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        fatal("cannot create an event descriptor");
    for (size_t i = 0; i < INTERRUPT_SIGNALS; i++) {
        arrived[i] = 0;
        if (sigaction(numbers[i], NULL, &interrupt->before[i]) == 0 &&
            interrupt->before[i].sa_handler != SIG_IGN)
            (void)sigaction(numbers[i], &ours, NULL);
    }
}

void interrupt_end(struct interrupt *interrupt)
{
    for (size_t i = 0; i < INTERRUPT_SIGNALS; i++)
        (void)sigaction(numbers[i], &interrupt->before[i], NULL);
    (void)close(interrupt->descriptor);
    for (size_t i = 0; i < INTERRUPT_SIGNALS; i++)
        if (arrived[i])
            (void)raise(numbers[i]);
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
