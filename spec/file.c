/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"
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

static bool read_all(struct text *text, int fd)
{
    char block[16384];

    for (;;) {
        ssize_t got = read(fd, block, sizeof(block));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || text->overflowed)
            return got >= 0;
        text_add_bytes(text, block, (size_t)got);
    }
}

bool spec_file_read(struct arena *arena, const char *path, size_t limit, struct span *ret_content,
                    struct error *err)
{
    CLEANUP(text_finish) struct text text;
    bool standard = strcmp(path, "-") == 0, done;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), number;

    text_init(&text, limit);
    if (fd < 0)
        return spec_file_error(err, errno, "open", path);
    done = read_all(&text, fd);
    number = errno;
    if (!standard)
        close(fd);
    if (!done)
        return spec_file_error(err, number, "read", path);
    if (text.overflowed)
        return error_set(err, ERROR_INPUT, "%s is larger than %zu bytes", path, limit);
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
