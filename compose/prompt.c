/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/prompt.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "compose/console.h"
#include "compose/options.h"
#include "compose/terminal.h"

enum { LONGEST_ANSWER = 16 };

/* Byte by byte: what follows the word belongs to the next question. */
static void read_word(char *word, size_t size)
{
    size_t length = 0;
    char c;

    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (isspace((unsigned char)c)) {
            if (length > 0 || c == '\n')
                break;
            continue;
        }
        if (length + 1 < size)
            word[length++] = c;
    }
    word[length] = '\0';
}

bool prompt_confirm(struct console *console, const char *message)
{
    char word[LONGEST_ANSWER];
    bool yes = false;

    if (terminal_is(STDIN_FILENO))
        console_print(console, "? %s (y/N) ", message);
    else
        console_print(console, "%s", message);
    console_flush(console);
    read_word(word, sizeof(word));
    if (strcmp(word, "y") == 0 || strcmp(word, "Y") == 0)
        return true;
    return options_parse_bool(word, &yes) && yes;
}
