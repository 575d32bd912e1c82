/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_client/build_context.h"
#include "engine_client/tar_stream.h"
#include "spec/base/text.h"
#include "tests/unit/engine_client/private_dir.h"

/* ".dockerfile." and the first digits of the SHA-256 of "FROM inline". */
#define INLINE_NAME ".dockerfile.73b65c1cae6982df"

/* Pull the whole stream in pieces of `size` bytes. */
static void pull_all(struct tar_stream *tar, size_t size, struct text *out)
{
    char *buffer = malloc(size);
    size_t length = 0;
    struct error err;

    error_init(&err);
    assert_non_null(buffer);
    for (;;) {
        enum engine_pull result = tar_stream_pull(tar, buffer, size, &length, &err);

        if (result == ENGINE_PULL_END)
            break;
        assert_int_equal(result, ENGINE_PULL_MORE);
        text_add_bytes(out, buffer, length);
    }
    free(buffer);
}

/* "path mode content\n" an entry, as another reader of tar sees it. */
static void list(const struct text *bytes, struct text *out)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char content[256];

    assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(archive, bytes->bytes, bytes->length), ARCHIVE_OK);
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        la_ssize_t length = archive_read_data(archive, content, sizeof(content) - 1);

        content[length > 0 ? length : 0] = '\0';
        assert_int_equal(archive_entry_uid(entry), 0);
        text_addf(out, "%s %o %s%s", archive_entry_pathname(entry),
                  (unsigned)archive_entry_perm(entry), content,
                  archive_entry_symlink(entry) ? archive_entry_symlink(entry) : "");
        if (archive_entry_hardlink(entry))
            text_addf(out, "= %s", archive_entry_hardlink(entry));
        text_add_char(out, '\n');
    }
    archive_read_free(archive);
}

static void expect(const struct build_context_options *options, const char *dockerfile,
                   const char *wanted)
{
    struct build_context *context;
    CLEANUP(text_finish) struct text bytes;
    CLEANUP(text_finish) struct text entries;
    struct error err;

    error_init(&err);
    text_init(&bytes, 0);
    text_init(&entries, 0);
    context = build_context_open(options, &err);
    assert_non_null(context);
    assert_string_equal(build_context_dockerfile(context), dockerfile);
    pull_all(build_context_tar(context), 777, &bytes);
    list(&bytes, &entries);
    assert_string_equal(entries.bytes, wanted);
    build_context_close(context);
}

static void expect_extra(const struct build_context_options *options)
{
    struct build_context *context;
    struct error err;

    error_init(&err);
    context = build_context_open(options, &err);
    assert_non_null(context);
    assert_string_equal(build_context_dockerfile(context), INLINE_NAME);
    build_context_close(context);
}

static void make_tree(const char *directory)
{
    char path[128];

    private_dir_write(directory, "Dockerfile", "FROM x", 0644);
    private_dir_write(directory, "b/two", "2", 0600);
    private_dir_write(directory, "b/one", "1", 0755);
    private_dir_write(directory, "node_modules/m/i.js", "js", 0644);
    private_dir_write(directory, "a.log", "log", 0644);
    (void)snprintf(path, sizeof(path), "%s/link", directory);
    assert_int_equal(symlink("b/one", path), 0);
}

TEST(whole_tree_comes_sorted_and_owned_by_root)
{
    char directory[64];
    struct build_context_options options = {.directory = directory, .buildkit = true};

    private_dir_make(directory);
    make_tree(directory);
    expect(&options, "Dockerfile",
           "./ 755 \nDockerfile 644 FROM x\na.log 644 log\nb/ 755 \nb/one 755 1\nb/two 600 2\nlink "
           "777 b/one\n"
           "node_modules/ 755 \nnode_modules/m/ 755 \nnode_modules/m/i.js 644 js\n");
    private_dir_remove(directory);
}

TEST(ignored_files_stay_away_but_the_dockerfile_goes)
{
    char directory[64];
    struct build_context_options options = {.directory = directory, .buildkit = true};

    private_dir_make(directory);
    make_tree(directory);
    private_dir_write(directory, ".dockerignore", "*\n!b\nb/two\n", 0644);
    expect(&options, "Dockerfile", "./ 755 \nDockerfile 644 FROM x\nb/ 755 \nb/one 755 1\n");
    options.buildkit = false;
    expect(
        &options, "Dockerfile",
        "./ 755 \n.dockerignore 644 *\n!b\nb/two\n\nDockerfile 644 FROM x\nb/ 755 \nb/one 755 1\n");
    private_dir_remove(directory);
}

TEST(ignore_file_of_the_dockerfile_goes_first)
{
    char directory[64];
    struct build_context_options options = {
        .directory = directory, .dockerfile = "docker/Other", .buildkit = true};

    private_dir_make(directory);
    private_dir_write(directory, "docker/Other", "FROM y", 0644);
    private_dir_write(directory, "docker/Other.dockerignore", "*\n!keep\n", 0644);
    private_dir_write(directory, ".dockerignore", "keep\n", 0644);
    private_dir_write(directory, "keep", "k", 0644);
    private_dir_write(directory, "drop", "d", 0644);
    expect(&options, "docker/Other", "./ 755 \ndocker/Other 644 FROM y\nkeep 644 k\n");
    private_dir_remove(directory);
}

TEST(dockerfile_given_as_text_travels_under_a_name_of_its_own)
{
    char directory[64];
    struct build_context_options options = {
        .directory = directory, .dockerfile_inline = "FROM inline", .buildkit = true};

    private_dir_make(directory);
    private_dir_write(directory, "x", "x", 0644);
    expect(&options, INLINE_NAME, "./ 755 \nx 644 x\n" INLINE_NAME " 644 FROM inline\n");
    options.buildkit = false;
    expect(&options, INLINE_NAME,
           "./ 755 \nx 644 x\n" INLINE_NAME
           " 644 FROM inline\n.dockerignore 644 .dockerignore\n" INLINE_NAME "\n\n");
    private_dir_remove(directory);
}

TEST(dockerfile_from_elsewhere_is_brought_along)
{
    char directory[64], elsewhere[64], path[128];
    struct build_context_options options = {
        .directory = directory, .dockerfile = path, .buildkit = true};

    private_dir_make(directory);
    private_dir_make(elsewhere);
    private_dir_write(elsewhere, "Dockerfile", "FROM inline", 0644);
    (void)snprintf(path, sizeof(path), "%s/Dockerfile", elsewhere);
    expect(&options, INLINE_NAME, "./ 755 \n" INLINE_NAME " 644 FROM inline\n");
    private_dir_remove(directory);
    private_dir_remove(elsewhere);
}

/* In an archive the builder finds nothing at the end of such a link. */
TEST(dockerfile_behind_a_link_out_of_the_context_is_brought_along)
{
    char outside[64], directory[128], link[160], folder[160], target[160];
    struct build_context_options options = {.directory = directory, .buildkit = true};

    private_dir_make(outside);
    private_dir_write(outside, "real/D", "FROM inline", 0644);
    private_dir_write(outside, "context/file", "1", 0644);
    (void)snprintf(directory, sizeof(directory), "%s/context", outside);
    (void)snprintf(link, sizeof(link), "%s/Dockerfile", directory);
    assert_int_equal(symlink("../real/D", link), 0);
    expect(&options, INLINE_NAME,
           "./ 755 \nDockerfile 777 ../real/D\nfile 644 1\n" INLINE_NAME " 644 FROM inline\n");
    options.buildkit = false;
    expect(&options, INLINE_NAME,
           "./ 755 \nDockerfile 777 ../real/D\nfile 644 1\n" INLINE_NAME
           " 644 FROM inline\n.dockerignore 644 .dockerignore\n" INLINE_NAME "\n\n");

    /* Of this machine's paths the builder knows none. */
    assert_int_equal(unlink(link), 0);
    private_dir_write(outside, "context/file", "FROM inline", 0644);
    (void)snprintf(target, sizeof(target), "%s/file", directory);
    assert_int_equal(symlink(target, link), 0);
    expect_extra(&options);
    assert_int_equal(unlink(link), 0);

    /* Over a folder that leads out, too. */
    (void)snprintf(folder, sizeof(folder), "%s/sub", directory);
    (void)snprintf(target, sizeof(target), "%s/real", outside);
    assert_int_equal(symlink(target, folder), 0);
    options.dockerfile = "sub/D";
    expect_extra(&options);
    private_dir_remove(outside);
}

TEST(dockerfile_behind_a_link_inside_the_context_stays_a_link)
{
    char directory[64], link[128];
    struct build_context_options options = {.directory = directory, .buildkit = true};

    private_dir_make(directory);
    private_dir_write(directory, "docker/real", "FROM x", 0644);
    (void)snprintf(link, sizeof(link), "%s/Dockerfile", directory);
    assert_int_equal(symlink("docker/real", link), 0);
    expect(&options, "Dockerfile",
           "./ 755 \nDockerfile 777 docker/real\ndocker/ 755 \ndocker/real 644 FROM x\n");
    private_dir_remove(directory);
}

/* Source: docker CLI, archive of a build context; buildx does the same. */
TEST(hard_links_of_a_context_stay_hard_links)
{
    char directory[64], first[128], second[128];
    struct build_context_options options = {.directory = directory, .buildkit = true};

    private_dir_make(directory);
    private_dir_write(directory, "Dockerfile", "FROM x", 0644);
    private_dir_write(directory, "a/one", "1", 0644);
    (void)snprintf(first, sizeof(first), "%s/a/one", directory);
    (void)snprintf(second, sizeof(second), "%s/two", directory);
    assert_int_equal(link(first, second), 0);
    expect(&options, "Dockerfile",
           "./ 755 \nDockerfile 644 FROM x\na/ 755 \na/one 644 1\ntwo 644 = a/one\n");

    /* The name that is ignored is none to refer to. */
    private_dir_write(directory, ".dockerignore", "a\n", 0644);
    expect(&options, "Dockerfile",
           "./ 755 \n.dockerignore 644 a\n\nDockerfile 644 FROM x\ntwo 644 1\n");
    private_dir_remove(directory);
}

TEST(what_is_missing_is_named)
{
    char directory[64];
    struct build_context_options options = {.directory = "/nonexistent/context"};
    struct error err;

    error_init(&err);
    assert_null(build_context_open(&options, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.frames[0].text, "/nonexistent/context"));
    private_dir_make(directory);
    options.directory = directory;
    assert_null(build_context_open(&options, &err));
    assert_non_null(strstr(err.frames[0].text, "open Dockerfile: no such file"));
    error_finish(&err);
    private_dir_remove(directory);
}

TEST(large_files_are_read_in_pieces)
{
    enum { SIZE = 3 * 1024 * 1024 };
    char directory[64], *content = malloc(SIZE + 1);
    struct build_context_options options = {.directory = directory, .buildkit = true};
    struct build_context *context;
    CLEANUP(text_finish) struct text bytes;
    struct error err;

    error_init(&err);
    assert_non_null(content);
    memset(content, 'z', SIZE);
    content[SIZE] = '\0';
    private_dir_make(directory);
    private_dir_write(directory, "Dockerfile", content, 0644);
    free(content);
    context = build_context_open(&options, &err);
    assert_non_null(context);
    text_init(&bytes, 0);
    pull_all(build_context_tar(context), 10000, &bytes);
    assert_true(bytes.length > SIZE && bytes.length < SIZE + 16384);
    build_context_close(context);
    private_dir_remove(directory);
}

/* The next entry of a tree of one file; `source` is its path. */
static enum tar_next only_file(void *source, struct tar_stream *tar, struct error *err)
{
    struct tar_entry entry = {.path = "file", .mode = 0644};
    struct stat status;
    const char **path = source;

    if (!*path)
        return TAR_NEXT_END;
    assert_int_equal(lstat(*path, &status), 0);
    if (!tar_stream_put_path(tar, &entry, TAKE(*path), &status, err))
        return TAR_NEXT_FAILED;
    return TAR_NEXT_ENTRY;
}

/* Sends the archive of a file that is `wanted` bytes long once its entry has begun; returns whether that worked. */
static bool send_file(const char *path, long wanted, struct error *err)
{
    struct tar_stream *tar = tar_stream_create(only_file, &(const char *){path});
    char piece[256];
    size_t length, sent = 0;
    enum engine_pull result;

    error_init(err);
    while ((result = tar_stream_pull(tar, piece, sizeof(piece), &length, err)) ==
           ENGINE_PULL_MORE) {
        if (sent == 0 && wanted >= 0)
            assert_int_equal(truncate(path, wanted), 0);
        sent += length;
    }
    tar_stream_destroy(tar);
    return result == ENGINE_PULL_END;
}

TEST(file_that_gets_shorter_fails_and_is_named)
{
    char directory[64];
    char *path;
    struct error err;

    private_dir_make(directory);
    path = xasprintf("%s/file", directory);
    private_dir_write(directory, "file", "some text", 0644);
    assert_true(send_file(path, -1, &err));
    assert_true(send_file(path, 2000, &err)); /* what it held at first has been sent */
    assert_false(send_file(path, 100, &err));
    assert_non_null(strstr(err.frames[0].text, path));
    assert_non_null(strstr(err.frames[0].text, "is shorter than its size of 2000 bytes"));
    error_finish(&err);
    free(path);
    private_dir_remove(directory);
}

/* Files of the kernel whose size is no size. */
TEST(files_without_a_true_size_fail)
{
    struct error err;

    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0) {
        assert_false(send_file("/sys/kernel/mm/transparent_hugepage/enabled", -1, &err));
        assert_non_null(strstr(err.frames[0].text, "is shorter than its size of 4096 bytes"));
        error_finish(&err);
    }
    assert_false(send_file("/proc/self/status", -1, &err));
    assert_non_null(strstr(err.frames[0].text, "/proc/self/status holds more than its size of 0"));
    error_finish(&err);
}

TEST(files_in_memory_become_an_archive)
{
    static const struct tar_entry entries[] = {
        {.path = "run/secrets/a", .mode = 0400, .uid = 0, .gid = 0},
        {.path = "etc/conf", .mode = 0444},
    };
    struct span contents[] = {span_of("secret"), span_of("")};
    CLEANUP(text_finish) struct text bytes;
    CLEANUP(text_finish) struct text listed;
    struct error err;

    error_init(&err);
    text_init(&bytes, 0);
    text_init(&listed, 0);
    assert_true(tar_of_files(entries, contents, 2, &bytes, &err));
    list(&bytes, &listed);
    assert_string_equal(listed.bytes, "run/secrets/a 400 secret\netc/conf 444 \n");
}
