/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of yes or no. The message goes to stdout, one word is read from stdin; y, Y or a true boolean says yes,
 * anything else and the end of input say no. Blocks: not while the loop has work. Source: Docker Compose 5.5.0.
 */
#pragma once

#include <stdbool.h>

struct console;

bool prompt_confirm(struct console *console, const char *message);
