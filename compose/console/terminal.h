/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal as such: what is one, how large it is, raw mode, and putting everything back.
 *
 * Raw mode is put back by terminal_restore(), which runs at every exit: normal ones, fatal(), a signal that kills
 * (but SIGKILL), and before the program is suspended; terminal_resume() follows when it goes on.
 * The saved state is process-wide because the terminal is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool terminal_is(int descriptor);
/** Size of the terminal behind `descriptor`; 80×24 when it has none. */
void terminal_size(int descriptor, size_t *ret_columns, size_t *ret_rows);
/** Is it our terminal, and are we its foreground job? */
bool terminal_is_ours(int descriptor);
/** Keys one by one, no echo, Ctrl-C and Ctrl-Z as bytes, output untouched when `keep_output`. */
bool terminal_set_raw(int descriptor, bool keep_output);
/** Put back raw mode. May be called at any time, any number of times. */
void terminal_restore(void);
/**
 * Suspended and continued: raw mode as it was, if terminal_restore() was not the end of it. Not in the background, where
 * it would stop us again.
 */
void terminal_resume(void);
/** Leave raw mode for good. */
void terminal_leave_raw(void);
