/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help text, laid out from the option tables and commands.def. Layout: the docker CLI's own.
 */
#pragma once

#include <stddef.h>

struct command;
struct option;
struct text;

/** Help of one command, or of a group (`body` NULL), at a width of `columns`. */
void help_command(struct text *out, const struct command *command, size_t columns);
/** What help calls the value of an option: "string"; "" for a switch. */
const char *help_option_type(const struct option *option);
/** Help of the program: usage, root flags, the list of commands. */
void help_root(struct text *out, const struct option *root_options, size_t columns);
