/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "spec/base/memory.h"

/* The terminal belongs to the process, and fatal() must be able to put it back: hence not in a context. */
static struct {
    bool raw, cursor_hidden, hooked;
    int raw_descriptor, cursor_descriptor;
    struct termios saved;
} state;

bool terminal_is(int descriptor)
{
    return isatty(descriptor) == 1;
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

static void hook_exits(void)
{
    if (state.hooked)
        return;
    state.hooked = true;
    fatal_set_hook(terminal_restore);
    (void)atexit(terminal_restore);
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
    if (tcsetattr(descriptor, TCSADRAIN, &raw) != 0)
        return false;
    state.raw = true;
    state.raw_descriptor = descriptor;
    return true;
}

void terminal_note_cursor(int descriptor, bool hidden)
{
    hook_exits();
    state.cursor_hidden = hidden;
    state.cursor_descriptor = descriptor;
}

void terminal_restore(void)
{
    if (state.raw)
        (void)tcsetattr(state.raw_descriptor, TCSADRAIN, &state.saved);
    state.raw = false;
    /* Nothing can be done if the terminal is gone. */
    if (state.cursor_hidden && write(state.cursor_descriptor, "\033[?25h", 6) < 0)
        state.cursor_hidden = false;
    state.cursor_hidden = false;
}
