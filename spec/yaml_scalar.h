/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a string must be written so that YAML reads the same string again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum yaml_style { YAML_PLAIN, YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL };

enum yaml_style yaml_scalar_style(const char *s, size_t length);
/** Length of the character at `at` in bytes, at least 1. */
size_t yaml_char_size(const char *at, const char *end);
/** Length of the line break at `at` (LF, CR, NEL, LS, PS), or 0. */
size_t yaml_break_size(const char *at, const char *end);
/** Whether the character at `at` needs no escape. */
bool yaml_is_printable(const char *at, const char *end);
