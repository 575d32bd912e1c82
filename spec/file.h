/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as a whole, with the words of the reference for what goes wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "spec/base/error.h"
#include "spec/base/span.h"

struct arena;

/**
 * Read a file, or standard input for "-", into the arena; a NUL byte follows the content.
 * Errors: ERROR_SYSTEM, `open PATH: no such file or directory`; ERROR_INPUT when it is larger than `limit` bytes.
 */
bool spec_file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
                    struct error *err) WARN_UNUSED;
bool spec_file_is_regular(
    const char *path); /* links followed; anything but a directory counts, as devices do */
bool spec_file_is_directory(const char *path);
bool spec_file_exists(const char *path);
/** `ACTION PATH: no such file or directory`, of this errno. Returns false. */
bool spec_file_error(struct error *err, int number, const char *action, const char *path);
