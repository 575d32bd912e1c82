/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/tar_extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/text.h"

enum {
    READ_BYTES = 64 * 1024,
    /* Relative names only: links of the directory's own path do not count as ways out. */
    HOW = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_UNLINK |
          ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
          ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS,
};

struct extraction {
    const struct tar_extract *how;
    struct archive *in, *out;
    struct text name; /* of the current entry, here */
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

static bool input_failed(const struct extraction *work, struct error *err)
{
    return error_set(err, ERROR_ENGINE, "cannot read the archive: %s",
                     archive_error_string(work->in));
}

static bool output_failed(const struct extraction *work, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "cannot write %s: %s", work->name.bytes,
                     archive_error_string(work->out));
}

/* A directory and something else do not replace each other. */
static bool may_replace(const char *name, bool directory, struct error *err)
{
    struct stat status;
    const char *slash = strrchr(name, '/');

    if (lstat(name, &status) != 0)
        return true;
    if (slash && !slash[1])
        return true; /* "a/" names what a link points to */
    if (S_ISDIR(status.st_mode) && !directory)
        return error_set(err, ERROR_INPUT, "cannot overwrite directory \"%s\" with non-directory",
                         name);
    if (!S_ISDIR(status.st_mode) && directory)
        return error_set(err, ERROR_INPUT, "cannot overwrite non-directory \"%s\" with directory",
                         name);
    return true;
}

static bool copy_content(struct extraction *work, struct error *err)
{
    const void *bytes;
    size_t length;
    la_int64_t offset;
    int result;

    while ((result = archive_read_data_block(work->in, &bytes, &length, &offset)) == ARCHIVE_OK)
        if (archive_write_data_block(work->out, bytes, length, offset) < ARCHIVE_WARN)
            return output_failed(work, err);
    return result == ARCHIVE_EOF || input_failed(work, err);
}

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

static bool extract_entry(struct extraction *work, struct archive_entry *entry, struct error *err)
{
    bool directory = archive_entry_filetype(entry) == AE_IFDIR;

    place(work, archive_entry_pathname(entry), &work->name);
    while (work->name.length > 0 && work->name.bytes[work->name.length - 1] == '/')
        text_truncate(&work->name, work->name.length - 1);
    if (work->name.length == 0)
        return true;
    rename_link(work, entry);
    archive_entry_set_pathname(entry, work->name.bytes);
    if (!may_replace(work->name.bytes, directory, err))
        return false;
    if (archive_write_header(work->out, entry) < ARCHIVE_WARN)
        return output_failed(work, err);
    if (archive_entry_size(entry) > 0 && !copy_content(work, err))
        return false;
    return archive_write_finish_entry(work->out) >= ARCHIVE_WARN || output_failed(work, err);
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
    return result == ARCHIVE_EOF || input_failed(work, err);
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
    /* Times of directories are set last. */
    if (archive_write_close(work.out) < ARCHIVE_WARN && good)
        good = output_failed(&work, err);
    (void)archive_write_free(work.out);
    (void)archive_read_free(work.in);
    text_finish(&work.name);
    return good;
}
