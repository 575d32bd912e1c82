/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/run_mark.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "compose/execute/lock_directory.h"
#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/hash.h"

enum { NAME_DIGITS = 16, MOST_BYTES = 1024 };

#define SUFFIX         ".run"
#define WORD_REMOVES   "remove "
#define WORD_UNSTARTED "unstarted "

struct run_mark {
    struct arena *arena;
    int directory, file;
    const char *name;
};

static int open_directory(void)
{
    struct error ignored;
    int directory;

    error_init(&ignored);
    directory = lock_directory_open(&ignored); /* the project lock warns about it */
    error_finish(&ignored);
    return directory;
}

/* Names of projects have no dot. */
static const char *file_prefix(struct arena *arena, const char *engine_url, const char *project)
{
    const char *engine = spec_sha256_hex(arena, engine_url, strlen(engine_url));

    return arena_printf(arena, "%.*s-%s.", NAME_DIGITS, engine, project);
}

static const char *file_name(struct arena *arena, const char *engine_url, const char *project,
                             const char *container)
{
    return arena_printf(arena, "%s%.*s" SUFFIX, file_prefix(arena, engine_url, project),
                        NAME_DIGITS, spec_sha256_hex(arena, container, strlen(container)));
}

/* Locked and written under another name first: a mark without a lock is one whose run is gone. */
static bool write_mark(struct run_mark *mark, const char *container, bool removes)
{
    const char *draft = arena_printf(mark->arena, "%s.%ld", mark->name, (long)getpid());
    const char *content =
        arena_printf(mark->arena, "%s%s\n", removes ? WORD_REMOVES : WORD_UNSTARTED, container);

    mark->file =
        openat(mark->directory, draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (mark->file < 0)
        return false;
    if (flock(mark->file, LOCK_EX | LOCK_NB) == 0 &&
        write(mark->file, content, strlen(content)) == (ssize_t)strlen(content) &&
        renameat(mark->directory, draft, mark->directory, mark->name) == 0)
        return true;
    (void)unlinkat(mark->directory, draft, 0);
    return false;
}

struct run_mark *run_mark_create(const char *engine_url, const char *project, const char *container,
                                 bool removes)
{
    struct run_mark *mark = xcalloc(1, sizeof(*mark));

    mark->arena = arena_create();
    mark->file = -1;
    mark->directory = open_directory();
    mark->name = file_name(mark->arena, engine_url, project, container);
    if (mark->directory >= 0 && write_mark(mark, container, removes))
        return mark;
    run_mark_destroy(mark, false);
    return NULL;
}

void run_mark_destroy(struct run_mark *mark, bool settled)
{
    if (!mark)
        return;
    if (settled)
        (void)unlinkat(mark->directory, mark->name, 0);
    if (mark->file >= 0)
        (void)close(mark->file);
    if (mark->directory >= 0)
        (void)close(mark->directory);
    arena_destroy(mark->arena);
    free(mark);
}

/* The content of a mark whose run is gone, or NULL. */
static const char *read_left(struct arena *arena, int directory, const char *name)
{
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char content[MOST_BYTES];
    ssize_t length = -1;

    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
        length = read(file, content, sizeof(content));
    if (file >= 0)
        (void)close(file);
    return length > 0 && content[length - 1] == '\n'
               ? arena_strndup(arena, content, (size_t)length - 1)
               : NULL;
}

void run_marks_list(struct arena *arena, const char *engine_url, const char *project,
                    struct run_marks *ret_marks)
{
    const char *prefix = file_prefix(arena, engine_url, project);
    struct run_marks marks = {0};
    int directory = open_directory();
    DIR *entries = directory >= 0 ? fdopendir(directory) : NULL;
    const struct dirent *entry;

    while (entries && (entry = readdir(entries)) != NULL) {
        const char *content;

        if (!text_starts_with(entry->d_name, prefix) || !text_ends_with(entry->d_name, SUFFIX))
            continue;
        content = read_left(arena, dirfd(entries), entry->d_name);
        if (content && text_starts_with(content, WORD_REMOVES))
            strings_add(&marks.removes, arena, content + strlen(WORD_REMOVES));
        else if (content && text_starts_with(content, WORD_UNSTARTED))
            strings_add(&marks.unstarted, arena, content + strlen(WORD_UNSTARTED));
    }
    if (entries)
        (void)closedir(entries);
    else if (directory >= 0)
        (void)close(directory);
    *ret_marks = marks;
}

static void drop(struct arena *arena, int directory, const char *engine_url, const char *project,
                 const struct strings *containers)
{
    for (size_t i = 0; i < containers->count; i++)
        (void)unlinkat(directory, file_name(arena, engine_url, project, containers->items[i]), 0);
}

void run_marks_drop(const char *engine_url, const char *project, const struct run_marks *marks)
{
    struct arena *arena;
    int directory;

    if (marks->removes.count + marks->unstarted.count == 0)
        return;
    directory = open_directory();
    if (directory < 0)
        return;
    arena = arena_create();
    drop(arena, directory, engine_url, project, &marks->removes);
    drop(arena, directory, engine_url, project, &marks->unstarted);
    arena_destroy(arena);
    (void)close(directory);
}
