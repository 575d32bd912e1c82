/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/file_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "spec/base/interrupt.h"

enum {
    MOST_NAMES = 100, /* tried for a temporary file */
    MOST_LINKS = 40,  /* as the kernel follows */
    NAME_BYTES = 6,
    READER_CHECK_MS = 50, /* no event reports that a pipe got its first reader */
    PRIVATE_MODE = 0600,
    PUBLIC_MODE = 0666,
    PROC_MAGIC = 0x9fa0,
};

/* Names and places */

char *file_write_temporary_name(void)
{
    unsigned char bytes[NAME_BYTES];
    char name[NAME_BYTES * 2 + 1];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        fatal("cannot read random bytes");
    for (size_t i = 0; i < sizeof(bytes); i++) {
        name[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
        name[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    name[sizeof(name) - 1] = '\0';
    return xasprintf(".compose-%s", name);
}

/* "a/b/" -> "a/b" and so on; free() it. */
static char *without_slashes(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return xstrndup(path, length);
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool file_write_directory(const char *path, mode_t mode)
{
    struct stat status;

    (void)mkdir(path, mode); /* it usually exists */
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool file_write_check(const char *path, struct error *err)
{
    CLEANUP(cleanup_free) char *plain = without_slashes(path);
    CLEANUP(cleanup_free) char *directory = directory_of(plain);
    struct stat status;

    if (stat(directory, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(err, ERROR_INPUT, "invalid output path: directory \"%s\" does not exist",
                         directory);
    if (stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)))
        return error_set(
            err, ERROR_INPUT,
            "invalid output path: \"%s\" must be a directory or a regular file: got a device",
            path);
    return true;
}

/* Pipes */

static bool canceled(struct error *err)
{
    return error_set(err, ERROR_CANCELED, "canceled");
}

/* Opening a pipe for writing waits for a reader; here without blocking, so that `stop` ends it. */
static bool open_stream(struct file_write *file, const char *path, struct error *err)
{
    file->is_stream = true;
    while ((file->descriptor =
                openat(file->directory, path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0) {
        struct stat status;

        if (errno == EINTR)
            continue;
        if (errno != ENXIO)
            return error_set_errno(err, "open %s", file->path);
        if (fstatat(file->directory, path, &status, 0) != 0 || !S_ISFIFO(status.st_mode)) {
            errno = ENXIO;
            return error_set_errno(err, "open %s", file->path);
        }
        if (!interrupt_wait(file->stop, -1, 0, READER_CHECK_MS))
            return canceled(err);
    }
    return true;
}

static void init(struct file_write *file, const char *path, int stop)
{
    *file = (struct file_write){
        .descriptor = -1, .stop = stop, .directory = AT_FDCWD, .path = xstrdup(path)};
}

bool file_write_open_pipe(struct file_write *file, const char *path, int stop, struct error *err)
{
    init(file, path, stop);
    if (open_stream(file, path, err))
        return true;
    file_write_abandon(file);
    return false;
}

/* Regular files */

/* A file without a name disappears with the process, however that ends. */
static int open_nameless(const struct file_write *file, mode_t mode)
{
    if (access("/proc/self/fd", X_OK) != 0)
        return -1; /* it could not be given a name afterwards */
    return openat(file->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

static bool open_beside(struct file_write *file, mode_t mode)
{
    file->descriptor = open_nameless(file, mode);
    for (int i = 0; file->descriptor < 0 && i < MOST_NAMES; i++) {
        char *name = file_write_temporary_name();

        file->descriptor =
            openat(file->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file->descriptor >= 0) {
            file->temporary = name;
            return true;
        }
        free(name);
        if (errno != EEXIST)
            return false;
    }
    return file->descriptor >= 0;
}

static bool give_name(struct file_write *file)
{
    CLEANUP(cleanup_free) char *source = xasprintf("/proc/self/fd/%d", file->descriptor);

    for (int i = 0; i < MOST_NAMES; i++) {
        char *name = file_write_temporary_name();

        if (linkat(AT_FDCWD, source, file->directory, name, AT_SYMLINK_FOLLOW) == 0) {
            file->temporary = name;
            return true;
        }
        free(name);
        if (errno != EEXIST)
            return false;
    }
    return false;
}

static bool enter_directory(struct file_write *file, const char *path)
{
    CLEANUP(cleanup_free) char *directory = directory_of(path);

    file->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    file->name = xstrdup(name_of(path));
    return file->directory >= 0;
}

/* May what has this mode be written? */
static bool check_kind(const struct file_write *file, mode_t mode, struct error *err)
{
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return error_set(
            err, ERROR_INPUT,
            "invalid output path: \"%s\" must be a directory or a regular file: got a device",
            file->path);
    if (S_ISDIR(mode))
        return error_set(err, ERROR_INPUT, "cannot write to a directory: %s", file->path);
    if (S_ISSOCK(mode))
        return error_set(err, ERROR_INPUT, "cannot write to a socket: %s", file->path);
    return true;
}

static bool open_place(struct file_write *file, struct error *err)
{
    struct stat status;

    if (fstatat(file->directory, file->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        status.st_mode = S_IFREG;
    if (!check_kind(file, status.st_mode, err))
        return false;
    if (S_ISFIFO(status.st_mode))
        return open_stream(file, file->name, err);
    return open_beside(file, PRIVATE_MODE) || error_set_errno(err, "open %s", file->path);
}

bool file_write_open_at(struct file_write *file, int directory, const char *name, const char *path,
                        int stop, struct error *err)
{
    init(file, path, stop);
    file->directory = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    file->name = xstrdup(name);
    if (file->directory < 0)
        (void)error_set_errno(err, "open %s", path);
    else if (open_place(file, err))
        return true;
    file_write_abandon(file);
    return false;
}

bool file_write_open(struct file_write *file, const char *path, int stop, struct error *err)
{
    struct stat status;

    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
            return file_write_open_pipe(file, path, stop, err);
        return error_set(err, ERROR_INPUT, "cannot write to a symbolic link directly: %s", path);
    }
    init(file, path, stop);
    if (!enter_directory(file, path))
        (void)error_set_errno(err, "open %s", path);
    else if (!file->name[0])
        (void)error_set(err, ERROR_INPUT, "cannot write to a directory: %s", path);
    else if (open_place(file, err))
        return true;
    file_write_abandon(file);
    return false;
}

bool file_write_bytes(struct file_write *file, const char *bytes, size_t length, struct error *err)
{
    while (length > 0) {
        ssize_t count = write(file->descriptor, bytes, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN) {
            if (!interrupt_wait(file->stop, file->descriptor, POLLOUT, -1))
                return canceled(err);
            continue;
        }
        if (count < 0)
            return error_set_errno(err, "write %s", file->path);
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

static bool close_descriptor(struct file_write *file)
{
    int descriptor = file->descriptor;

    file->descriptor = -1;
    return close(descriptor) == 0;
}

bool file_write_commit(struct file_write *file, struct error *err)
{
    /* Some file systems report a full disk only here. */
    if ((!file->is_stream && !file->temporary && !give_name(file)) || !close_descriptor(file))
        return error_set_errno(err, "write %s", file->path);
    if (!file->is_stream &&
        renameat(file->directory, file->temporary, file->directory, file->name) != 0)
        return error_set_errno(err, "replace %s", file->path);
    free(TAKE(file->temporary));
    file_write_abandon(file);
    return true;
}

void file_write_abandon(struct file_write *file)
{
    if (file->descriptor >= 0)
        (void)close_descriptor(file);
    if (file->temporary)
        (void)unlinkat(file->directory, file->temporary, 0);
    if (file->directory >= 0)
        (void)close(file->directory);
    free(file->path);
    free(file->name);
    free(file->temporary);
    *file = (struct file_write){.descriptor = -1, .directory = AT_FDCWD};
}

/* Text */

/*
 * What the links of `path` lead to, also when that does not exist yet; free() it. NULL for one of /proc: it stands for
 * an open file and not for a place.
 */
static char *follow_links(const char *path)
{
    char *place = xstrdup(path);

    for (int i = 0; i < MOST_LINKS; i++) {
        char target[PATH_MAX];
        ssize_t length = readlink(place, target, sizeof(target) - 1);
        CLEANUP(cleanup_free) char *directory = directory_of(place);
        struct statfs where;

        if (length < 0)
            return place;
        target[length] = '\0';
        free(place);
        if (statfs(directory, &where) == 0 && where.f_type == PROC_MAGIC)
            return NULL;
        place = target[0] == '/' ? xstrdup(target) : xasprintf("%s/%s", directory, target);
    }
    return place;
}

enum replaced { REPLACED, REPLACE_FAILED, REPLACE_IMPOSSIBLE };

static bool is_full(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

/* Mode and owner of the file that is replaced. */
static bool keep_attributes(const struct file_write *file, const struct stat *old)
{
    struct stat status;

    if (fstat(file->descriptor, &status) != 0)
        return false;
    if ((old->st_uid != status.st_uid || old->st_gid != status.st_gid) &&
        fchown(file->descriptor, old->st_uid, old->st_gid) != 0)
        return false;
    return fchmod(file->descriptor, old->st_mode & 07777) == 0;
}

static enum replaced replace_text(const char *path, const char *place, const struct stat *old,
                                  struct span content, struct error *err)
{
    struct file_write file;
    enum replaced result = REPLACE_IMPOSSIBLE;

    init(&file, path, -1);
    if (!enter_directory(&file, place)) {
        /* Opening the file itself gives the reason. */
    } else if (!open_beside(&file, PUBLIC_MODE)) {
        if (is_full(errno) && !error_set_errno(err, "open %s", path))
            result = REPLACE_FAILED;
    } else if (old && !keep_attributes(&file, old)) {
        /* Another user's file. */
    } else if (!file_write_bytes(&file, content.bytes, content.length, err)) {
        result = REPLACE_FAILED;
    } else if (file_write_commit(&file, err)) {
        return REPLACED;
    } else if (is_full(err->errno_value)) {
        result = REPLACE_FAILED;
    }
    if (result == REPLACE_IMPOSSIBLE)
        error_finish(err);
    file_write_abandon(&file);
    return result;
}

static bool overwrite(const char *path, struct span content, struct error *err)
{
    struct file_write file;
    struct stat status;
    bool exists = stat(path, &status) == 0, good;

    if (exists && S_ISBLK(status.st_mode))
        return error_set(err, ERROR_INPUT, "cannot write to a block device: %s", path);
    init(&file, path, interrupt_descriptor());
    if (exists && !S_ISREG(status.st_mode)) {
        good = open_stream(&file, path, err);
    } else {
        file.is_stream = true;
        file.descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, PUBLIC_MODE);
        good = file.descriptor >= 0 || error_set_errno(err, "open %s", path);
    }
    good = good && file_write_bytes(&file, content.bytes, content.length, err) &&
           file_write_commit(&file, err);
    if (!good)
        file_write_abandon(&file);
    return good;
}

bool file_write_text(const char *path, struct span content, struct error *err)
{
    CLEANUP(cleanup_free) char *place = follow_links(path);
    struct stat old;
    bool exists = stat(path, &old) == 0;

    if (place && (!exists || S_ISREG(old.st_mode)))
        switch (replace_text(path, place, exists ? &old : NULL, content, err)) {
        case REPLACED:
            return true;
        case REPLACE_FAILED:
            return false;
        case REPLACE_IMPOSSIBLE:
            break;
        }
    return overwrite(path, content, err);
}
