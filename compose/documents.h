/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is generated from the option tables: man pages, completion scripts, and the list of all commands and flags that
 * tests compare with the reference's. All are text; the hidden command `__documents` writes them during the build.
 */
#pragma once

#include <stdbool.h>

struct command;
struct option;
struct text;

/** One page in man(7): `command` NULL is the program itself. */
void documents_man(struct text *out, const struct command *command);
/** "docker-compose-up" (1): the page's name; the program's is "docker-compose". */
void documents_man_name(struct text *out, const struct command *command);
/** The script for "bash", "zsh" or "fish"; false for another shell. It asks the program by `__complete`. */
bool documents_completion(struct text *out, const char *shell);
/** One line a flag: command, flag, letter or "-", "shown" or "hidden"; commands without flags of their own as well. */
void documents_table(struct text *out);
