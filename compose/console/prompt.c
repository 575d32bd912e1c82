/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/console/prompt.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "compose/console/descriptor_watch.h"
#include "compose/console/terminal.h"
#include "compose/options.h"
#include "compose/session/session.h"

enum { LONGEST_ANSWER = 16 };

struct prompt {
    struct session *session;
    struct descriptor_watch *watch;
    char word[LONGEST_ANSWER];
    size_t length;
    bool ended;
};

/* Byte by byte: what follows the word belongs to the next question. */
static void on_readable(void *owner)
{
    struct prompt *prompt = owner;
    char c;
    ssize_t count = read(STDIN_FILENO, &c, 1);

    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        prompt->ended = true;
    } else if (count > 0 && isspace((unsigned char)c)) {
        prompt->ended = prompt->length > 0 || c == '\n';
    } else if (count > 0 && prompt->length + 1 < sizeof(prompt->word)) {
        prompt->word[prompt->length++] = c;
    }
    if (prompt->ended)
        session_stop(prompt->session);
    else
        descriptor_watch_start(prompt->watch);
}

static bool read_word(struct prompt *prompt, struct error *err)
{
    bool good;

    prompt->watch = descriptor_watch_create(session_loop(prompt->session), STDIN_FILENO,
                                            DESCRIPTOR_READABLE, on_readable, prompt);
    if (!prompt->watch)
        return true; /* closed: the same as its end */
    descriptor_watch_start(prompt->watch);
    good = session_run_until(prompt->session, &prompt->ended, err);
    descriptor_watch_destroy(prompt->watch);
    return good;
}

bool prompt_confirm(struct session *session, const char *message, bool *ret_yes, struct error *err)
{
    struct console *console = session_console(session);
    struct prompt prompt = {.session = session};
    bool yes = false;

    if (terminal_is(STDIN_FILENO))
        console_print(console, "? %s (y/N) ", message);
    else
        console_print(console, "%s", message);
    if (!read_word(&prompt, err))
        return false;
    *ret_yes = strcmp(prompt.word, "y") == 0 || strcmp(prompt.word, "Y") == 0 ||
               (options_parse_bool(prompt.word, &yes) && yes);
    return true;
}
