/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_menu.h"

#include <stdlib.h>

#include "compose/commands/up_options.h"
#include "compose/commands/up_watch.h"
#include "compose/console/console.h"
#include "compose/console/menu.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "compose/streams/attached.h"

struct up_menu {
    struct attached *attached;
    struct up_watch *watching;
    struct menu *menu; /* NULL: there is none to be seen */
};

static bool is_wanted(const struct command_context *context)
{
    const char *variable = session_variable(context->session, "COMPOSE_MENU");

    if (options_given(context->options, "menu"))
        return options_bool(context->options, "menu");
    return !variable[0] || root_truthy(variable);
}

static void on_key(void *owner, enum menu_key key)
{
    struct up_menu *menu = owner;

    switch (key) {
    case MENU_DETACH:
        attached_detach(menu->attached);
        break;
    case MENU_WATCH:
        if (up_watch_is_configured(menu->watching))
            up_watch_toggle(menu->watching);
        else
            menu_tell(menu->menu,
                      "watch is not yet configured. Learn more: "
                      "https://docs.docker.com/compose/how-tos/file-watch/");
        break;
    }
}

struct up_menu *up_menu_create(struct up_options *up, struct attached *attached,
                               struct up_watch *watching)
{
    struct command_context *context = up->job.context;
    struct up_menu *menu = xcalloc(1, sizeof(*menu));

    menu->attached = attached;
    menu->watching = watching;
    if (is_wanted(context) && menu_is_possible(context->console))
        menu->menu = menu_create(context->session, on_key, menu);
    return menu;
}

void up_menu_refresh(struct up_menu *menu)
{
    menu_show_watch(menu->menu, up_watch_is_on(menu->watching));
}

void up_menu_destroy(struct up_menu *menu)
{
    if (!menu)
        return;
    menu_destroy(menu->menu);
    free(menu);
}
