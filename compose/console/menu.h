/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line at the bottom of an attached `up`, and the keys that it names: `d` detaches, `w` turns the file watch on and
 * off. The terminal is in raw mode meanwhile; Ctrl-C, Ctrl-Z and Ctrl-\ do what they do otherwise, Enter makes room.
 * Source: Docker Compose 5.5.0, `up --menu`.
 *
 *     if (menu_is_possible(console)) menu = menu_create(session, on_key, owner);
 *     menu_show_watch(menu, true);                 "w Disable Watch"
 *     menu_destroy(menu);
 */
#pragma once

#include <stdbool.h>

struct console;
struct menu;
struct session;

enum menu_key { MENU_DETACH, MENU_WATCH };

typedef void menu_key_fn(void *owner, enum menu_key key);

/** Are stdin and stdout a terminal, and is the console one that redraws? */
bool menu_is_possible(const struct console *console);
/** NULL when the terminal does not let itself be had, which is then warned of. `owner` is borrowed. */
struct menu *menu_create(struct session *session, menu_key_fn *on_key, void *owner);
/** Leaves raw mode and clears the line. NULL is allowed, here and below. */
void menu_destroy(struct menu *menu);

void menu_show_watch(struct menu *menu, bool is_on);
/** Show a message instead of the keys for ten seconds. */
void menu_tell(struct menu *menu, const char *message);
