/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splitting a command that is given as one string into words, as a shell would, without expanding anything.
 * Source: observed with Docker Compose 5.5.0 (an unquoted ; & | < > ends the command; \t and \n are TAB and LF).
 */
#pragma once

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/strings.h"

/** Errors: ERROR_INPUT, `invalid command line string` for what does not balance. */
bool spec_words_split(struct arena *arena, const char *line, struct strings *ret_words,
                      struct error *err) WARN_UNUSED;
/** The same as 2.x did it, for its hashes: \t and \n are letters. False when it does not balance. */
bool spec_words_split_old(struct arena *arena, const char *line,
                          struct strings *ret_words) WARN_UNUSED;
