/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/watch_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/number.h"
#include "spec/base/path.h"

struct watch_lock {
    const char *path;
    int file;
};

/* NULL: in a folder that cannot be trusted. The docker CLI's may be another user's, as with sudo. */
static const char *lock_path(struct arena *arena, const char *project)
{
    const char *directory = getenv("XDG_RUNTIME_DIR");

    if (!directory || !*directory) {
        directory = docker_config_directory(arena);
        (void)mkdir(directory, 0755); /* if that fails, so does the file */
        directory = path_join(arena, directory, "docker-compose");
        if (!file_write_directory(directory, 0755))
            return NULL;
    }
    return path_join(arena, directory, arena_printf(arena, "%s.pid", project));
}

/* The process that wrote the file, 0 when there is none any more. */
static int64_t holder(int file)
{
    char digits[32];
    ssize_t length = pread(file, digits, sizeof(digits) - 1, 0);
    int64_t pid = 0;

    while (length > 0 && (digits[length - 1] < '0' || digits[length - 1] > '9'))
        length--;
    digits[length > 0 ? length : 0] = '\0';
    if (length <= 0 || !number_parse_int64(digits, &pid) || pid <= 0 || pid > INT32_MAX)
        return 0;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM ? pid : 0;
}

bool watch_lock_take(struct arena *arena, const char *project, struct watch_lock **ret_lock,
                     struct error *err)
{
    struct watch_lock *lock = arena_alloc(arena, sizeof(*lock));
    struct stat status;
    int64_t pid;

    lock->path = lock_path(arena, project);
    if (!lock->path)
        return error_set(err, ERROR_SYSTEM,
                         "cannot take exclusive lock for project \"%s\": there is no folder "
                         "docker-compose below the docker CLI's, or it is a link",
                         project);
    lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (lock->file < 0)
        return error_set_errno(err, "cannot take exclusive lock for project \"%s\": %s", project,
                               lock->path);
    if (fstat(lock->file, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(lock->file);
        return error_set(err, ERROR_SYSTEM,
                         "cannot take exclusive lock for project \"%s\": %s is no regular file",
                         project, lock->path);
    }
    pid = holder(lock->file);
    /* The lock of the file decides between two that start at once; the number tells others, and who it is. */
    if (flock(lock->file, LOCK_EX | LOCK_NB) != 0 || (pid != 0 && pid != getpid())) {
        (void)close(lock->file);
        return error_set(
            err, ERROR_INPUT,
            "cannot take exclusive lock for project \"%s\": process with PID %lld is still running",
            project, (long long)pid);
    }
    if (ftruncate(lock->file, 0) != 0 || dprintf(lock->file, "%d", (int)getpid()) < 0) {
        (void)error_set_errno(err, "%s", lock->path);
        (void)close(lock->file);
        return false;
    }
    *ret_lock = lock;
    return true;
}

void watch_lock_release(struct watch_lock *lock)
{
    if (!lock)
        return;
    (void)unlink(lock->path);
    (void)close(lock->file);
}
