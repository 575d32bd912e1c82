/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "spec/base/memory.h"

/* The terminal belongs to the process, and fatal() must be able to put it back: hence not in a context. */
static struct {
    bool raw, raw_wanted, hooked;
    int raw_descriptor;
    struct termios saved, changed;
} state;

bool terminal_is(int descriptor)
{
    return isatty(descriptor) == 1;
}

bool terminal_is_ours(int descriptor)
{
    return tcgetpgrp(descriptor) == getpgrp();
}

void terminal_size(int descriptor, size_t *ret_columns, size_t *ret_rows)
{
    struct winsize size = {0};

    *ret_columns = 80;
    *ret_rows = 24;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0)
        return;
    if (size.ws_col > 0)
        *ret_columns = size.ws_col;
    if (size.ws_row > 0)
        *ret_rows = size.ws_row;
}

/*
 * Not TCSADRAIN, which waits for ever on a terminal that nobody reads; and not stopped by SIGTTOU where the terminal
 * has gone to another job meanwhile.
 */
static void put_back(void)
{
    sigset_t blocked, before;

    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTTOU);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    (void)tcsetattr(state.raw_descriptor, TCSANOW, &state.saved);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    state.raw = false;
}

/* Runs in a signal handler: all that is called is allowed there. */
static void on_deadly_signal(int number)
{
    terminal_restore();
    (void)raise(number); /* SA_RESETHAND: this time it kills */
}

static void hook_exits(void)
{
    /* These do not end a process, or cannot be caught. */
    static const int not_deadly[] = {SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU,
                                     SIGCONT, SIGCHLD, SIGURG,  SIGWINCH};
    struct sigaction action = {.sa_handler = on_deadly_signal}, present;

    if (state.hooked)
        return;
    state.hooked = true;
    fatal_set_hook(terminal_restore);
    (void)atexit(terminal_restore);
    action.sa_flags = (int)SA_RESETHAND;
    for (int number = 1; number <= SIGRTMAX; number++) {
        bool deadly = true;

        for (size_t i = 0; i < COUNT_OF(not_deadly); i++)
            deadly = deadly && number != not_deadly[i];
        /* An existing handler (of a sanitizer, the session) stays. */
        if (deadly && sigaction(number, NULL, &present) == 0 && present.sa_handler == SIG_DFL)
            (void)sigaction(number, &action, NULL);
    }
}

bool terminal_set_raw(int descriptor, bool keep_output)
{
    struct termios raw;

    hook_exits();
    if (!state.raw && tcgetattr(descriptor, &state.saved) != 0)
        return false;
    raw = state.saved;
    cfmakeraw(&raw);
    if (keep_output)
        raw.c_oflag = state.saved.c_oflag;
    if (tcsetattr(descriptor, TCSANOW, &raw) != 0)
        return false;
    state.raw = state.raw_wanted = true;
    state.raw_descriptor = descriptor;
    state.changed = raw;
    return true;
}

void terminal_leave_raw(void)
{
    if (state.raw)
        put_back();
    state.raw_wanted = false;
}

void terminal_resume(void)
{
    if (state.raw_wanted && terminal_is_ours(state.raw_descriptor) &&
        tcsetattr(state.raw_descriptor, TCSANOW, &state.changed) == 0)
        state.raw = true;
}

void terminal_restore(void)
{
    if (state.raw)
        put_back();
}
