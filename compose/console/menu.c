/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/menu.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "compose/console/descriptor_watch.h"
#include "compose/console/terminal.h"
#include "compose/session/session.h"
#include "spec/base/text.h"

enum { MESSAGE_MS = 10000 };

struct menu {
    struct session *session;
    menu_key_fn *on_key;
    void *owner;
    struct descriptor_watch *keys;
    uv_timer_t *message;
    bool watch_is_on;
};

bool menu_is_possible(const struct console *console)
{
    return console_mode(console) == PROGRESS_TTY && terminal_is(STDIN_FILENO) &&
           terminal_is(STDOUT_FILENO);
}

static void add_item(struct text *line, bool coloured, char key, const char *label)
{
    if (line->length > 0)
        text_add(line, "   ");
    if (coloured)
        text_addf(line, "\033[1;30;47m%c\033[0m\033[2m %s\033[0m", key, label);
    else
        text_addf(line, "%c %s", key, label);
}

static void show_keys(struct menu *menu)
{
    struct console *console = session_console(menu->session);
    bool coloured = console_plain(console)[0] != '\0';
    struct text line;

    text_init(&line, 0);
    add_item(&line, coloured, 'w', menu->watch_is_on ? "Disable Watch" : "Enable Watch");
    add_item(&line, coloured, 'd', "Detach");
    console_set_status(console, line.bytes);
    text_finish(&line);
}

static void on_message_over(uv_timer_t *timer)
{
    show_keys(timer->data);
}

void menu_tell(struct menu *menu, const char *message)
{
    if (!menu)
        return;
    console_set_status(session_console(menu->session), message);
    (void)uv_timer_start(menu->message, on_message_over, MESSAGE_MS, 0);
}

void menu_show_watch(struct menu *menu, bool is_on)
{
    if (!menu)
        return;
    if (menu->watch_is_on == is_on)
        return; /* a message may stand there */
    menu->watch_is_on = is_on;
    (void)uv_timer_stop(menu->message);
    show_keys(menu);
}

static void take_key(struct menu *menu, char key)
{
    enum { CTRL_C = 3, CTRL_Z = 26, CTRL_BACKSLASH = 28 };

    switch (key) {
    case 'd':
    case 'D':
        menu->on_key(menu->owner, MENU_DETACH);
        break;
    case 'w':
    case 'W':
        menu->on_key(menu->owner, MENU_WATCH);
        break;
    case '\r':
    case '\n':
        console_note(session_console(menu->session), "\n");
        break;
    case CTRL_C:
        (void)kill(getpid(), SIGINT);
        break;
    case CTRL_Z: /* the docker CLI that started us, too, or the shell would not notice */
        (void)kill(0, SIGTSTP);
        break;
    case CTRL_BACKSLASH:
        (void)kill(getpid(), SIGQUIT);
        break;
    default:
        break;
    }
}

static void on_readable(void *owner)
{
    struct menu *menu = owner;
    char keys[64];
    ssize_t count;

    /* What is typed while the terminal belongs to another job is not ours; reading would stop us. */
    if (!terminal_is_ours(STDIN_FILENO))
        return;
    count = read(STDIN_FILENO, keys, sizeof(keys));
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN))
        return; /* the terminal is gone: the signal for that comes by itself */
    /* An arrow or a function key comes as a sequence, which names none of ours. */
    if (count > 0 && keys[0] != '\033')
        for (ssize_t i = 0; i < count; i++)
            take_key(menu, keys[i]);
    descriptor_watch_start(menu->keys);
}

/* Stopped, perhaps put into the background, and now in the foreground again. */
static void on_continue(void *owner)
{
    struct menu *menu = owner;

    descriptor_watch_start(menu->keys);
}

struct menu *menu_create(struct session *session, menu_key_fn *on_key, void *owner)
{
    struct menu *menu;

    if (!terminal_set_raw(STDIN_FILENO, true)) {
        console_warn(session_console(session),
                     "could not start menu, an error occurred while starting: %s", strerror(errno));
        return NULL;
    }
    menu = xcalloc(1, sizeof(*menu));
    menu->session = session;
    menu->on_key = on_key;
    menu->owner = owner;
    menu->message = xcalloc(1, sizeof(*menu->message));
    (void)uv_timer_init(session_loop(session), menu->message);
    menu->message->data = menu;
    menu->keys = descriptor_watch_create(session_loop(session), STDIN_FILENO, DESCRIPTOR_READABLE,
                                         on_readable, menu);
    descriptor_watch_start(menu->keys);
    session_on_continue(session, on_continue, menu);
    show_keys(menu);
    return menu;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void menu_destroy(struct menu *menu)
{
    if (!menu)
        return;
    session_on_continue(menu->session, NULL, NULL);
    descriptor_watch_destroy(menu->keys);
    uv_close((uv_handle_t *)menu->message, on_timer_closed);
    console_set_status(session_console(menu->session), NULL);
    terminal_leave_raw();
    free(menu);
}
