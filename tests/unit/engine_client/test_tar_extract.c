/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/tar_extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "spec/base/text.h"
#include "tests/unit/engine_client/private_dir.h"
#include "tests/unit/test.h"

static char root[64];

static la_ssize_t on_output(struct archive *archive, void *owner, const void *bytes, size_t length)
{
    (void)archive;
    text_add_bytes(owner, bytes, length);
    return (la_ssize_t)length;
}

struct member {
    const char *path, *content, *link, *hard_link;
    unsigned type; /* 0: a regular file */
};

static void make_archive(const struct member *members, size_t count, struct text *out)
{
    struct archive *archive = archive_write_new();

    (void)archive_write_set_format_pax_restricted(archive);
    (void)archive_write_set_bytes_per_block(archive, 0);
    assert_int_equal(archive_write_open(archive, out, NULL, on_output, NULL), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        size_t length = members[i].content ? strlen(members[i].content) : 0;

        archive_entry_set_pathname(entry, members[i].path);
        archive_entry_set_filetype(entry, members[i].type ? members[i].type : AE_IFREG);
        archive_entry_set_perm(entry, members[i].type == AE_IFDIR ? 0755 : 0644);
        archive_entry_set_size(entry, (la_int64_t)length);
        archive_entry_set_mtime(entry, 1000000000, 0);
        if (members[i].link)
            archive_entry_set_symlink(entry, members[i].link);
        if (members[i].hard_link)
            archive_entry_set_hardlink(entry, members[i].hard_link);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(archive, members[i].content, length), length);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    (void)archive_write_free(archive);
}

static bool extract(const struct text *archive, size_t length, const char *name, int stop,
                    struct error *err)
{
    struct tar_extract how = {.stop = stop, .directory = root, .name = name};
    FILE *file = tmpfile();
    bool good;

    assert_non_null(file);
    assert_int_equal(fwrite(archive->bytes, 1, length, file), length);
    rewind(file);
    how.descriptor = fileno(file);
    error_init(err);
    good = tar_extract(&how, err);
    (void)fclose(file);
    return good;
}

static void assert_content(const char *name, const char *expected)
{
    char *path = xasprintf("%s/%s", root, name);
    char bytes[64];
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
    (void)fclose(file);
    free(path);
    assert_string_equal(bytes, expected);
}

static size_t count_entries(const char *directory)
{
    DIR *stream = opendir(directory);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream))
        count++;
    (void)closedir(stream);
    return count - 2;
}

TEST(files_links_and_times_are_unpacked)
{
    static const struct member members[] = {
        {.path = "d", .type = AE_IFDIR},
        {.path = "d/a", .content = "one"},
        {.path = "d/same", .hard_link = "d/a"},
        {.path = "d/link", .link = "a", .type = AE_IFLNK},
        {.path = "d/empty"},
        {.path = "d/not/listed/b", .content = "two"},
    };
    struct text archive;
    struct stat first, second;
    struct error err;

    private_dir_make(root);
    text_init(&archive, 0);
    make_archive(members, COUNT_OF(members), &archive);
    for (int round = 0; round < 2; round++) { /* the second time over the first */
        assert_true(extract(&archive, archive.length, "here", -1, &err));
        assert_content("here/link", "one");
        assert_content("here/empty", "");
        assert_content("here/not/listed/b", "two");
        assert_int_equal(chdir(root), 0);
        assert_int_equal(stat("here/a", &first), 0);
        assert_int_equal(stat("here/same", &second), 0);
        assert_int_equal(first.st_ino, second.st_ino);
        assert_int_equal(first.st_mtim.tv_sec, 1000000000);
        assert_int_equal(first.st_mode & 07777, 0644);
        assert_int_equal(count_entries("here"), 5);
    }
    text_finish(&archive);
    private_dir_remove(root);
}

/* Wherever the archive ends early, the last file is the old one, and the earlier ones are whole. */
TEST(cut_archive_never_replaces_the_file_that_it_cuts)
{
    static const struct member members[] = {{.path = "f", .content = "new content"}};
    const size_t whole = 1024; /* header and content; the mark of the end follows */
    int stop[2];
    struct text archive;
    struct error err;

    private_dir_make(root);
    private_dir_write(root, "f", "old", 0644);
    text_init(&archive, 0);
    make_archive(members, COUNT_OF(members), &archive);
    assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    for (size_t length = 0; length <= whole; length += 64) {
        assert_false(extract(&archive, length, "f", stop[0], &err));
        error_finish(&err);
        assert_content("f", "old");
        assert_int_equal(count_entries(root), 1);
    }
    (void)close(stop[0]);
    (void)close(stop[1]);
    assert_true(extract(&archive, archive.length, "f", -1, &err));
    assert_content("f", "new content");
    text_finish(&archive);
    private_dir_remove(root);
}

/* The limit on the size of files fails a write as a full disk does. */
TEST(failed_write_names_the_place_and_keeps_the_old_file)
{
    static const struct member members[] = {{.path = "d", .type = AE_IFDIR},
                                            {.path = "d/a", .content = "1"},
                                            {.path = "d/b", .content = "too much"},
                                            {.path = "d/c", .content = "2"}};
    const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct rlimit little = {.rlim_cur = 4, .rlim_max = RLIM_INFINITY};
    struct tar_extract how = {.stop = -1, .directory = root, .name = "d"};
    struct text archive;
    struct error err;
    char *place;
    int pipes[2];

    private_dir_make(root);
    private_dir_write(root, "d/b", "old", 0644);
    text_init(&archive, 0);
    make_archive(members, COUNT_OF(members), &archive);
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_int_equal(write(pipes[1], archive.bytes, archive.length), archive.length);
    (void)close(pipes[1]);
    how.descriptor = pipes[0];
    error_init(&err);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_false(tar_extract(&how, &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    place = xasprintf("write %s/d/b: ", root);
    assert_non_null(strstr(err.frames[0].text, place));
    free(place);
    error_finish(&err);
    (void)close(pipes[0]);
    assert_content("d/a", "1");
    assert_content("d/b", "old");
    assert_int_equal(chdir(root), 0);
    assert_int_equal(count_entries("d"), 2);
    text_finish(&archive);
    private_dir_remove(root);
}

static void assert_refused(const struct member *members, size_t count, const char *message)
{
    struct text archive;
    struct error err;

    text_init(&archive, 0);
    make_archive(members, count, &archive);
    assert_false(extract(&archive, archive.length, "d", -1, &err));
    assert_non_null(strstr(err.frames[0].text, message));
    error_finish(&err);
    text_finish(&archive);
}

#define ASSERT_REFUSED(message, ...)                                                               \
    assert_refused((const struct member[]){__VA_ARGS__},                                           \
                   sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member), message)

TEST(ways_out_and_other_kinds_are_refused)
{
    struct stat status;

    private_dir_make(root);
    private_dir_write(root, "outside/f", "old", 0644);
    ASSERT_REFUSED("d/link/f", {.path = "d", .type = AE_IFDIR},
                   {.path = "d/link", .link = "../outside", .type = AE_IFLNK},
                   {.path = "d/link/f", .content = "new"});
    ASSERT_REFUSED("../outside", {.path = "d/../../outside/f", .content = "new"});
    assert_content("outside/f", "old");
    private_dir_write(root, "d/folder/f", "old", 0644);
    ASSERT_REFUSED("cannot overwrite directory", {.path = "d/folder", .content = "new"});
    ASSERT_REFUSED("cannot overwrite non-directory", {.path = "d/folder/f", .type = AE_IFDIR});
    assert_int_equal(mkfifo("d/pipe", 0600), 0);
    ASSERT_REFUSED("is a device, a socket or a pipe",
                   {.path = "d/pipe", .link = "x", .type = AE_IFLNK});
    assert_int_equal(lstat("d/pipe", &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    if (mknod("d/node", S_IFCHR | 0600, makedev(1, 3)) == 0) {
        ASSERT_REFUSED("got a device", {.path = "d/node", .content = "new"});
        ASSERT_REFUSED("is a device", {.path = "d/node", .link = "x", .type = AE_IFLNK});
        ASSERT_REFUSED("is a device", {.path = "d/node", .hard_link = "d/folder/f"});
        assert_int_equal(lstat("d/node", &status), 0);
        assert_true(S_ISCHR(status.st_mode));
    }
    private_dir_remove(root);
}

TEST(existing_link_is_replaced_and_its_target_stays)
{
    static const struct member members[] = {{.path = "d", .type = AE_IFDIR},
                                            {.path = "d/f", .content = "new"}};
    struct text archive;
    struct error err;

    private_dir_make(root);
    private_dir_write(root, "d/target", "old", 0644);
    assert_int_equal(chdir(root), 0);
    assert_int_equal(symlink("target", "d/f"), 0);
    text_init(&archive, 0);
    make_archive(members, COUNT_OF(members), &archive);
    assert_true(extract(&archive, archive.length, "d", -1, &err));
    assert_content("d/f", "new");
    assert_content("d/target", "old");
    text_finish(&archive);
    private_dir_remove(root);
}
