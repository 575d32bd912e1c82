/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory of a test's own, with files in it. Included by tests only.
 */
#pragma once

/** Make a directory; `buffer` holds at least 64 bytes. */
void private_dir_make(char *buffer);
/** Remove it with everything in it. */
void private_dir_remove(const char *directory);
/** Write a file, making the directories on the way. */
void private_dir_write(const char *directory, const char *path, const char *content, unsigned mode);
