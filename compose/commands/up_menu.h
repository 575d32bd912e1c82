/* SPDX-License-Identifier: Apache-2.0 */
/* The menu of an attached `up`, if the flags, COMPOSE_MENU and the terminal allow one: what its keys do. */
#pragma once

struct attached;
struct up_menu;
struct up_options;
struct up_watch;

/** All are borrowed until up_menu_destroy(). */
struct up_menu *up_menu_create(struct up_options *up, struct attached *attached,
                               struct up_watch *watching);
/** The watch may have been turned on or off: say so. */
void up_menu_refresh(struct up_menu *menu);
/** NULL is allowed. */
void up_menu_destroy(struct up_menu *menu);
