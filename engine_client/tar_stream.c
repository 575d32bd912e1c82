/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/tar_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_client/instant.h"
#include "spec/base/text.h"

enum { PIECE_BYTES = 64 * 1024 };

struct tar_stream {
    struct archive *archive;
    struct archive_entry *entry;
    struct text produced;
    size_t taken; /* of `produced` */
    tar_source_fn *next;
    void *owner;
    int file; /* contents still to be read, or -1 */
    char *file_path;
    int64_t file_bytes, file_left; /* as its entry announces, and still to be read */
    char piece[PIECE_BYTES];
    bool ended;
};

static la_ssize_t on_output(struct archive *archive UNUSED, void *owner, const void *bytes,
                            size_t length)
{
    struct tar_stream *tar = owner;

    text_add_bytes(&tar->produced, bytes, length);
    return (la_ssize_t)length;
}

struct tar_stream *tar_stream_create(tar_source_fn *next, void *owner)
{
    struct tar_stream *tar = xcalloc(1, sizeof(*tar));

    tar->next = next;
    tar->owner = owner;
    tar->file = -1;
    text_init(&tar->produced, 0);
    tar->archive = archive_write_new();
    tar->entry = archive_entry_new();
    if (!tar->archive || !tar->entry)
        fatal("out of memory");
    /*
     * GNU's form takes names as bytes, whatever the locale, and needs extra headers for long names only; pax
     * would put some in front of each entry.
     */
    (void)archive_write_set_format_gnutar(tar->archive);
    (void)archive_write_set_bytes_per_block(tar->archive, 0);
    if (archive_write_open(tar->archive, tar, NULL, on_output, NULL) != ARCHIVE_OK)
        fatal("libarchive cannot write: %s", archive_error_string(tar->archive));
    return tar;
}

static void close_file(struct tar_stream *tar)
{
    if (tar->file >= 0)
        (void)close(tar->file); /* it was only read */
    tar->file = -1;
    free(TAKE(tar->file_path));
}

void tar_stream_destroy(struct tar_stream *tar)
{
    if (!tar)
        return;
    close_file(tar);
    archive_write_free(tar->archive);
    archive_entry_free(tar->entry);
    text_finish(&tar->produced);
    free(tar);
}

static bool archive_failed(struct tar_stream *tar, const char *path, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "cannot put %s into a tar archive: %s", path,
                     archive_error_string(tar->archive));
}

static void begin_entry(struct tar_stream *tar, const struct tar_entry *entry)
{
    archive_entry_clear(tar->entry);
    archive_entry_set_pathname(tar->entry, entry->path);
    archive_entry_set_uid(tar->entry, entry->uid);
    archive_entry_set_gid(tar->entry, entry->gid);
    /* Whole seconds, as the docker CLI does it: a fraction would cost a kilobyte of pax headers an entry. */
    archive_entry_set_mtime(tar->entry, entry->modified_ns / NS_PER_SECOND, 0);
}

static bool write_header(struct tar_stream *tar, const char *path, struct error *err)
{
    return archive_write_header(tar->archive, tar->entry) == ARCHIVE_OK ||
           archive_failed(tar, path, err);
}

static bool write_data(struct tar_stream *tar, const char *path, const char *bytes, size_t length,
                       struct error *err)
{
    while (length > 0) {
        la_ssize_t written = archive_write_data(tar->archive, bytes, length);

        if (written <= 0)
            return archive_failed(tar, path, err);
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

bool tar_stream_put_bytes(struct tar_stream *tar, const struct tar_entry *entry,
                          struct span content, struct error *err)
{
    begin_entry(tar, entry);
    archive_entry_set_filetype(tar->entry, AE_IFREG);
    archive_entry_set_perm(tar->entry, entry->mode);
    archive_entry_set_size(tar->entry, (la_int64_t)content.length);
    return write_header(tar, entry->path, err) &&
           write_data(tar, entry->path, content.bytes, content.length, err) &&
           (archive_write_finish_entry(tar->archive) == ARCHIVE_OK ||
            archive_failed(tar, entry->path, err));
}

bool tar_stream_put_hard_link(struct tar_stream *tar, const struct tar_entry *entry,
                              const char *target, struct error *err)
{
    begin_entry(tar, entry);
    archive_entry_set_filetype(tar->entry, AE_IFREG);
    archive_entry_set_perm(tar->entry, entry->mode);
    archive_entry_set_hardlink(tar->entry, target);
    archive_entry_set_size(tar->entry, 0);
    return write_header(tar, entry->path, err);
}

static bool put_link(struct tar_stream *tar, const char *source_path, struct error *err)
{
    char target[PATH_MAX + 1];
    ssize_t length = readlink(source_path, target, sizeof(target) - 1);

    if (length < 0)
        return error_set_errno(err, "read link %s", source_path);
    target[length] = '\0';
    archive_entry_set_filetype(tar->entry, AE_IFLNK);
    archive_entry_set_symlink(tar->entry, target);
    return true;
}

/*
 * A link is followed only to the file that the caller saw behind it (cp -L), never to another one that has taken the
 * place of a regular file since. -1 and errno on failure.
 */
static int open_seen(const char *path, const struct stat *seen)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    int file = open(path, flags | O_NOFOLLOW);
    struct stat status;

    if (file >= 0 || errno != ELOOP)
        return file;
    file = open(path, flags);
    if (file < 0 || (fstat(file, &status) == 0 && status.st_dev == seen->st_dev &&
                     status.st_ino == seen->st_ino))
        return file;
    (void)close(file); /* it was not even read */
    errno = ELOOP;
    return -1;
}

static bool open_file(struct tar_stream *tar, const char *source_path, const struct stat *status,
                      struct error *err)
{
    tar->file = open_seen(source_path, status);
    if (tar->file < 0)
        return error_set_errno(err, "open %s", source_path);
    tar->file_left = tar->file_bytes = status->st_size;
    tar->file_path = xstrdup(source_path);
    archive_entry_set_size(tar->entry, status->st_size);
    return true;
}

bool tar_stream_put_path(struct tar_stream *tar, const struct tar_entry *entry,
                         const char *source_path, const struct stat *status, struct error *err)
{
    begin_entry(tar, entry);
    archive_entry_set_filetype(tar->entry, status->st_mode & S_IFMT);
    archive_entry_set_perm(tar->entry, entry->mode);
    if (S_ISLNK(status->st_mode) && !put_link(tar, source_path, err))
        return false;
    if (S_ISREG(status->st_mode) && !open_file(tar, source_path, status, err))
        return false;
    if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
        archive_entry_set_rdev(tar->entry, status->st_rdev);
    if (!write_header(tar, entry->path, err)) {
        close_file(tar);
        return false;
    }
    return true;
}

/*
 * Everything that the header announced has been read. More is fine when the file has grown since, and then what it held
 * at first is sent; files of /proc hold more than their size of 0 bytes.
 */
static bool check_end(struct tar_stream *tar, struct error *err)
{
    ssize_t length = read(tar->file, tar->piece, 1);
    struct stat status;

    if (length <= 0 || (fstat(tar->file, &status) == 0 && status.st_size > tar->file_bytes))
        return true;
    return error_set(err, ERROR_INPUT, "%s holds more than its size of %lld bytes", tar->file_path,
                     (long long)tar->file_bytes);
}

/* One more piece of the open file. libarchive would fill up an entry that is shorter than announced. */
static bool copy_piece(struct tar_stream *tar, struct error *err)
{
    size_t wanted = tar->file_left < PIECE_BYTES ? (size_t)tar->file_left : PIECE_BYTES;
    ssize_t length = wanted > 0 ? read(tar->file, tar->piece, wanted) : 0;

    if (length < 0 && errno == EINTR)
        return true;
    if (length < 0)
        return error_set_errno(err, "read %s", tar->file_path);
    if (length > 0) {
        tar->file_left -= length;
        return write_data(tar, tar->file_path, tar->piece, (size_t)length, err);
    }
    if (tar->file_left > 0)
        return error_set(err, ERROR_INPUT, "%s is shorter than its size of %lld bytes",
                         tar->file_path, (long long)tar->file_bytes);
    if (!check_end(tar, err))
        return false;
    if (archive_write_finish_entry(tar->archive) != ARCHIVE_OK)
        return archive_failed(tar, tar->file_path, err);
    close_file(tar);
    return true;
}

static bool finish_archive(struct tar_stream *tar, struct error *err)
{
    tar->ended = true;
    return archive_write_close(tar->archive) == ARCHIVE_OK || archive_failed(tar, "the end", err);
}

static bool produce(struct tar_stream *tar, struct error *err)
{
    if (tar->file >= 0)
        return copy_piece(tar, err);
    switch (tar->next(tar->owner, tar, err)) {
    case TAR_NEXT_ENTRY:
        return true;
    case TAR_NEXT_FAILED:
        return false;
    case TAR_NEXT_END:
        break;
    }
    return finish_archive(tar, err);
}

enum engine_pull tar_stream_pull(void *owner, char *buffer, size_t size, size_t *ret_length,
                                 struct error *err)
{
    struct tar_stream *tar = owner;
    size_t length;

    if (tar->taken == tar->produced.length) {
        text_clear(&tar->produced);
        tar->taken = 0;
    }
    while (tar->produced.length == 0 && !tar->ended)
        if (!produce(tar, err))
            return ENGINE_PULL_FAILED;
    length = tar->produced.length - tar->taken;
    if (length == 0)
        return ENGINE_PULL_END;
    length = length < size ? length : size;
    memcpy(buffer, tar->produced.bytes + tar->taken, length);
    tar->taken += length;
    *ret_length = length;
    return ENGINE_PULL_MORE;
}

static enum tar_next no_more(void *owner UNUSED, struct tar_stream *tar UNUSED,
                             struct error *err UNUSED)
{
    return TAR_NEXT_END;
}

bool tar_of_files(const struct tar_entry *entries, const struct span *contents, size_t count,
                  struct text *out, struct error *err)
{
    struct tar_stream *tar = tar_stream_create(no_more, NULL);
    bool good = true;

    for (size_t i = 0; i < count && good; i++)
        good = tar_stream_put_bytes(tar, &entries[i], contents[i], err);
    good = good && finish_archive(tar, err);
    if (good)
        text_add_bytes(out, tar->produced.bytes, tar->produced.length);
    tar_stream_destroy(tar);
    return good;
}
