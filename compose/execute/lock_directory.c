/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/lock_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"

enum { MOST_NAMES = 16, WRITABLE_BY_OTHERS = S_IWGRP | S_IWOTH };

enum usable { USABLE_MISSING, USABLE_NO, USABLE_YES };

/* Checked by the descriptor, so that nobody can put another folder in its place in between. */
static enum usable open_owned(const char *path, int *ret_directory, struct error *err)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (directory < 0) {
        enum usable answer = errno == ENOENT ? USABLE_MISSING : USABLE_NO;

        (void)error_set_errno(err, "%s", path);
        return answer;
    }
    if (fstat(directory, &status) != 0) {
        (void)error_set_errno(err, "%s", path);
    } else if (status.st_uid != geteuid()) {
        (void)error_set(err, ERROR_INPUT, "%s belongs to user %u", path, (unsigned)status.st_uid);
    } else if ((status.st_mode & WRITABLE_BY_OTHERS) && fchmod(directory, S_IRWXU) != 0) {
        (void)error_set_errno(err, "%s can be written to by other users", path);
    } else {
        *ret_directory = directory;
        return USABLE_YES;
    }
    (void)close(directory);
    return USABLE_NO;
}

static bool create_owned(const char *path, int *ret_directory, struct error *err)
{
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return error_set_errno(err, "cannot create %s", path);
    return open_owned(path, ret_directory, err) == USABLE_YES;
}

/* The runtime folder itself must be this user's: `sudo -E` and `su` keep the variable of another user. */
static bool open_in_runtime(struct arena *arena, const char *runtime, int *ret_directory,
                            struct error *err)
{
    struct stat status;

    if (!runtime || runtime[0] != '/')
        return error_set(err, ERROR_INPUT, "XDG_RUNTIME_DIR is not set");
    if (stat(runtime, &status) != 0)
        return error_set_errno(err, "%s", runtime);
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return error_set(err, ERROR_INPUT, "%s is no folder of user %u", runtime,
                         (unsigned)geteuid());
    return create_owned(arena_printf(arena, "%s/docker-compose", runtime), ret_directory, err);
}

static const char *temporary_name(struct arena *arena, size_t number)
{
    const char *temporary = getenv("TMPDIR");
    unsigned user = (unsigned)geteuid();

    if (!temporary || temporary[0] != '/')
        temporary = "/tmp";
    return number == 0 ? arena_printf(arena, "%s/docker-compose-%u", temporary, user)
                       : arena_printf(arena, "%s/docker-compose-%u-%zu", temporary, user, number);
}

/* An existing folder of ours comes first: all runs must agree, whatever names others take or free meanwhile. */
static bool open_in_temporary(struct arena *arena, int *ret_directory, struct error *err)
{
    for (size_t i = 0; i < MOST_NAMES; i++)
        if (open_owned(temporary_name(arena, i), ret_directory, err) == USABLE_YES)
            return true;
    for (size_t i = 0; i < MOST_NAMES; i++)
        if (create_owned(temporary_name(arena, i), ret_directory, err))
            return true;
    return false;
}

int lock_directory_open(struct error *err)
{
    struct arena *arena = arena_create();
    struct error problem;
    int directory = -1;

    error_init(&problem);
    if (!open_in_runtime(arena, getenv("XDG_RUNTIME_DIR"), &directory, &problem) &&
        !open_in_runtime(arena, arena_printf(arena, "/run/user/%u", (unsigned)geteuid()),
                         &directory, &problem) &&
        !open_in_temporary(arena, &directory, &problem))
        error_move(err, &problem);
    error_finish(&problem);
    arena_destroy(arena);
    return directory;
}
