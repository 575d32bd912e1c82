/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/file_write.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char root[64];

static void begin(void)
{
    (void)snprintf(root, sizeof(root), "/tmp/unit-test-XXXXXX");
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
}

static size_t count_entries(void)
{
    DIR *stream = opendir(root);
    size_t count = 0;

    assert_non_null(stream);
    while (readdir(stream))
        count++;
    (void)closedir(stream);
    return count - 2;
}

static void end(const char *const *names)
{
    for (; *names; names++)
        assert_int_equal(remove(*names), 0);
    assert_int_equal(count_entries(), 0);
    assert_int_equal(rmdir(root), 0);
}

static void put(const char *name, const char *content)
{
    FILE *file = fopen(name, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *name, const char *expected)
{
    char bytes[64];
    FILE *file = fopen(name, "re");

    assert_non_null(file);
    bytes[fread(bytes, 1, sizeof(bytes) - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(bytes, expected);
}

TEST(old_file_stays_until_the_commit)
{
    struct file_write file;
    struct error err;
    struct stat status;

    begin();
    error_init(&err);
    put("a", "old");
    assert_true(file_write_open(&file, "a", -1, &err));
    assert_true(file_write_bytes(&file, "new", 3, &err));
    assert_content("a", "old");
    assert_true(file_write_commit(&file, &err));
    assert_content("a", "new");
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(file_write_open(&file, "a", -1, &err));
    assert_true(file_write_bytes(&file, "half", 4, &err));
    file_write_abandon(&file);
    assert_content("a", "new");
    end((const char *const[]){"a", NULL});
}

/* Nothing can remove a name after SIGKILL; where the file system allows it there is none. */
TEST(killed_writer_leaves_no_file)
{
    int probe, status;
    pid_t pid;

    begin();
    probe = open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (probe < 0) {
        end((const char *const[]){NULL});
        skip();
    }
    (void)close(probe);
    pid = fork();
    if (pid == 0) {
        struct file_write file;
        struct error err;

        error_init(&err);
        if (file_write_open(&file, "a", -1, &err) && file_write_bytes(&file, "half", 4, &err))
            (void)raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    end((const char *const[]){NULL});
}

TEST(text_keeps_mode_and_follows_links)
{
    struct error err;
    struct stat status;

    begin();
    error_init(&err);
    put("a", "old");
    assert_int_equal(chmod("a", 0640), 0);
    assert_int_equal(symlink("a", "link"), 0);
    assert_int_equal(symlink("later", "dangling"), 0);
    assert_true(file_write_text("link", span_of("new"), &err));
    assert_content("a", "new");
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(lstat("link", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_true(file_write_text("dangling", span_of("made"), &err));
    assert_content("later", "made");
    (void)umask(0027);
    assert_true(file_write_text("masked", span_of(""), &err));
    (void)umask(0022);
    assert_int_equal(stat("masked", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    end((const char *const[]){"a", "link", "dangling", "later", "masked", NULL});
}

/* The limit on the size of files fails a write as a full disk does. */
TEST(text_that_does_not_fit_leaves_the_old_file)
{
    const struct rlimit little = {.rlim_cur = 2, .rlim_max = RLIM_INFINITY};
    const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct error err;

    begin();
    error_init(&err);
    put("a", "old");
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_false(file_write_text("a", span_of("new text"), &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_non_null(strstr(err.frames[0].text, "write a: "));
    error_finish(&err);
    assert_content("a", "old");
    end((const char *const[]){"a", NULL});
}

TEST(stop_ends_the_wait_for_a_reader)
{
    struct file_write file;
    struct error err;
    int stop[2];

    begin();
    error_init(&err);
    assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_false(file_write_open(&file, "pipe", stop[0], &err));
    assert_int_equal(err.kind, ERROR_CANCELED);
    error_finish(&err);
    (void)close(stop[0]);
    (void)close(stop[1]);
    end((const char *const[]){"pipe", NULL});
}
