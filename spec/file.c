/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/text.h"

bool spec_file_error(struct error *err, int number, const char *action, const char *path)
{
    const char *words = number == ENOENT    ? "no such file or directory"
                        : number == EACCES  ? "permission denied"
                        : number == EISDIR  ? "is a directory"
                        : number == ENOTDIR ? "not a directory"
                                            : strerror(number);

    (void)error_set(err, ERROR_SYSTEM, "%s %s: %s", action, path, words);
    err->errno_value = number;
    return false;
}

bool spec_file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
                    struct error *err)
{
    CLEANUP(text_finish) struct text text;

    text_init(&text, limit);
    if (!file_read_whole(path, &text, err))
        return false;
    *ret_content = (struct span){arena_strndup(arena, text.bytes, text.length), text.length};
    return true;
}

bool spec_file_is_regular(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

bool spec_file_is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool spec_file_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}
