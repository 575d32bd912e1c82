/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/tar_extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/file_write.h"
#include "spec/base/interrupt.h"
#include "spec/base/text.h"

enum {
    READ_BYTES = 64 * 1024,
    PARENT_MODE = 0777,
    /* Relative names only: links of the directory's own path do not count as ways out. */
    HOW = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_UNLINK |
          ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
          ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS,
};

struct extraction {
    const struct tar_extract *how;
    struct archive *in, *out;
    struct text name; /* of the current entry, here */
    struct file_write file;
    bool has_file; /* `file` is complete but not committed */
};

/* What of a name of the archive lies below its root: "d/a/b" -> "a/b", "d" -> "". */
static const char *below_root(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash ? slash + 1 : "";
}

/* The name here; "" for the root itself when only its contents are wanted. */
static void place(const struct extraction *work, const char *name, struct text *out)
{
    const char *rest = below_root(name);

    text_clear(out);
    if (strcmp(work->how->name, ".") != 0) {
        text_add(out, work->how->name);
        if (rest[0])
            text_add_char(out, '/');
    }
    text_add(out, rest);
}

/* For messages; free() it. */
static char *shown_path(const struct extraction *work)
{
    const char *directory = work->how->directory;

    return xasprintf("%s%s%s", directory, text_ends_with(directory, "/") ? "" : "/",
                     work->name.bytes);
}

static bool input_failed(const struct extraction *work, struct error *err)
{
    return error_set(err, ERROR_ENGINE, "cannot read the archive: %s",
                     archive_error_string(work->in));
}

static bool output_failed(const struct extraction *work, struct error *err)
{
    CLEANUP(cleanup_free) char *path = shown_path(work);

    return error_set(err, ERROR_SYSTEM, "cannot write %s: %s", path,
                     archive_error_string(work->out));
}

static bool system_failed(const struct extraction *work, const char *action, struct error *err)
{
    int number = errno;
    CLEANUP(cleanup_free) char *path = shown_path(work);

    errno = number;
    return error_set_errno(err, "%s %s", action, path);
}

static bool is_special(mode_t mode)
{
    return S_ISCHR(mode) || S_ISBLK(mode) || S_ISSOCK(mode) || S_ISFIFO(mode);
}

/* A directory and something else do not replace each other, nor does what is no device a device. */
static bool may_replace(const char *name, mode_t type, struct error *err)
{
    struct stat status;

    if (lstat(name, &status) != 0)
        return true;
    if (S_ISDIR(status.st_mode) && type != S_IFDIR)
        return error_set(err, ERROR_INPUT, "cannot overwrite directory \"%s\" with non-directory",
                         name);
    if (!S_ISDIR(status.st_mode) && type == S_IFDIR)
        return error_set(err, ERROR_INPUT, "cannot overwrite non-directory \"%s\" with directory",
                         name);
    /* How a regular file is written is for file_write to say. */
    if (is_special(status.st_mode) && type != S_IFREG && type != (status.st_mode & S_IFMT))
        return error_set(err, ERROR_INPUT,
                         "cannot overwrite \"%s\": it is a device, a socket or a pipe", name);
    return true;
}

/* Regular files */

static bool is_stopped(const struct extraction *work)
{
    return !interrupt_wait(work->how->stop, -1, 0, 0);
}

static bool commit_file(struct extraction *work, struct error *err)
{
    if (!work->has_file)
        return true;
    work->has_file = false;
    if (file_write_commit(&work->file, err))
        return true;
    file_write_abandon(&work->file);
    return false;
}

/*
 * The directory of the current entry, component by component: none may be a symbolic link. Directories that the archive
 * does not list are created.
 */
static int open_parent(const struct extraction *work, const char **ret_name, struct error *err)
{
    const char *at = work->name.bytes, *slash;
    int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    while (directory >= 0 && (slash = strchr(at, '/'))) {
        CLEANUP(cleanup_free) char *name = xstrndup(at, (size_t)(slash - at));
        int parent = directory;

        if (strcmp(name, "..") == 0) {
            errno = EINVAL;
            directory = -1;
        } else {
            (void)mkdirat(parent, name, PARENT_MODE); /* it usually exists; opening it decides */
            directory = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        (void)close(parent);
        at = slash + 1;
    }
    *ret_name = at;
    if (directory < 0)
        (void)system_failed(work, "cannot write", err);
    return directory;
}

static bool open_file(struct extraction *work, struct error *err)
{
    const struct tar_extract *how = work->how;
    CLEANUP(cleanup_free) char *path = shown_path(work);
    const char *name;
    int directory;
    bool good;

    if (how->pipe)
        return file_write_open_pipe(&work->file, how->pipe, how->stop, err);
    directory = open_parent(work, &name, err);
    if (directory < 0)
        return false;
    good = file_write_open_at(&work->file, directory, name, path, how->stop, err);
    (void)close(directory);
    return good;
}

/* The gap before a block of a sparse file. */
static bool skip_hole(struct extraction *work, la_int64_t length, struct error *err)
{
    static const char zeros[READ_BYTES];

    if (!work->file.is_stream)
        return lseek(work->file.descriptor, length, SEEK_CUR) >= 0 ||
               system_failed(work, "write", err);
    for (; length > 0; length -= READ_BYTES)
        if (!file_write_bytes(&work->file, zeros,
                              length < READ_BYTES ? (size_t)length : sizeof(zeros), err))
            return false;
    return true;
}

static bool copy_content(struct extraction *work, struct error *err)
{
    const void *bytes;
    size_t length;
    la_int64_t offset, at = 0;
    int result;

    while ((result = archive_read_data_block(work->in, &bytes, &length, &offset)) == ARCHIVE_OK) {
        if ((offset > at && !skip_hole(work, offset - at, err)) ||
            !file_write_bytes(&work->file, bytes, length, err))
            return false;
        at = offset + (la_int64_t)length;
    }
    return result == ARCHIVE_EOF || input_failed(work, err);
}

/* The bits that run a program as its owner or group count only where these are the same here. */
static mode_t mode_of(const struct stat *status, struct archive_entry *entry)
{
    mode_t mode = archive_entry_perm(entry);

    if ((la_int64_t)status->st_uid != archive_entry_uid(entry))
        mode &= ~(mode_t)S_ISUID;
    if ((la_int64_t)status->st_gid != archive_entry_gid(entry))
        mode &= ~(mode_t)S_ISGID;
    return mode;
}

static bool set_attributes(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    int file = work->file.descriptor;
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    struct stat status;

    if (archive_entry_atime_is_set(entry))
        times[0] = (struct timespec){archive_entry_atime(entry), archive_entry_atime_nsec(entry)};
    if (archive_entry_mtime_is_set(entry))
        times[1] = (struct timespec){archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
    return (ftruncate(file, archive_entry_size(entry)) == 0 && fstat(file, &status) == 0 &&
            fchmod(file, mode_of(&status, entry)) == 0 && futimens(file, times) == 0) ||
           system_failed(work, "write", err);
}

static bool extract_file(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    if (!open_file(work, err))
        return false;
    work->has_file =
        copy_content(work, err) && (work->file.is_stream || set_attributes(work, entry, err));
    if (!work->has_file)
        file_write_abandon(&work->file);
    return work->has_file;
}

/* Everything else */

static void rename_link(struct extraction *work, struct archive_entry *entry)
{
    const char *link = archive_entry_hardlink(entry);
    struct text target;

    if (!link)
        return;
    text_init(&target, 0);
    place(work, link, &target);
    archive_entry_set_hardlink(entry, target.bytes);
    text_finish(&target);
}

static bool write_entry(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    return (archive_write_header(work->out, entry) >= ARCHIVE_WARN &&
            archive_write_finish_entry(work->out) >= ARCHIVE_WARN) ||
           output_failed(work, err);
}

/* A link, pipe or device, which takes the place of an older one at once. */
static bool extract_special(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    const char *name = work->name.bytes, *slash = strrchr(name, '/');
    CLEANUP(cleanup_free) char *unique = file_write_temporary_name();
    CLEANUP(cleanup_free)
    char *beside = xasprintf("%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, unique);
    bool good;

    archive_entry_set_pathname(entry, beside);
    good = write_entry(work, entry, err);
    if (good && rename(beside, name) != 0)
        good = system_failed(work, "replace", err);
    (void)unlink(beside); /* also after renaming a link to the same file, which changes nothing */
    return good;
}

static bool extract_entry(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    mode_t type = archive_entry_filetype(entry);
    bool is_link = archive_entry_hardlink(entry) != NULL;

    if (!commit_file(work, err))
        return false;
    place(work, archive_entry_pathname(entry), &work->name);
    while (work->name.length > 0 && work->name.bytes[work->name.length - 1] == '/')
        text_truncate(&work->name, work->name.length - 1);
    if (work->name.length == 0)
        return true;
    if (work->how->pipe && (type != S_IFREG || is_link))
        return error_set(err, ERROR_INPUT, "only a regular file can be copied into the pipe %s",
                         work->how->pipe);
    if (!work->how->pipe && !may_replace(work->name.bytes, is_link ? S_IFLNK : type, err))
        return false;
    if (type == S_IFREG && !is_link)
        return extract_file(work, entry, err);
    rename_link(work, entry);
    if (type != S_IFDIR)
        return extract_special(work, entry, err);
    archive_entry_set_pathname(entry, work->name.bytes);
    return write_entry(work, entry, err);
}

static bool extract_all(struct extraction *work, struct error *err)
{
    struct archive_entry *entry;
    int result;

    if (archive_read_open_fd(work->in, work->how->descriptor, READ_BYTES) != ARCHIVE_OK)
        return input_failed(work, err);
    while ((result = archive_read_next_header(work->in, &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN)
        if (!extract_entry(work, entry, err))
            return false;
    if (result != ARCHIVE_EOF)
        return input_failed(work, err);
    /* An archive may also end early between two entries. */
    if (is_stopped(work))
        return error_set(err, ERROR_CANCELED, "canceled");
    return commit_file(work, err);
}

bool tar_extract(const struct tar_extract *how, struct error *err)
{
    struct extraction work = {.how = how};
    bool good;

    if (chdir(how->directory) != 0)
        return error_set_errno(err, "cannot enter %s", how->directory);
    text_init(&work.name, 0);
    work.in = archive_read_new();
    work.out = archive_write_disk_new();
    if (!work.in || !work.out)
        fatal("out of memory");
    (void)archive_read_support_format_tar(work.in);
    (void)archive_write_disk_set_options(work.out, HOW);
    good = extract_all(&work, err);
    if (work.has_file)
        file_write_abandon(&work.file);
    /* Times of directories are set last. */
    if (archive_write_close(work.out) < ARCHIVE_WARN && good)
        good = output_failed(&work, err);
    (void)archive_write_free(work.out);
    (void)archive_read_free(work.in);
    text_finish(&work.name);
    return good;
}
