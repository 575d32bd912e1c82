/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/inotify_tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/span.h"

enum { EVENT_BYTES = 64 * 1024 };

static const uint32_t watched_events = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE |
                                       IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                                       IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

struct inotify_tree {
    uv_poll_t poll;
    int file;
    struct inotify_tree_handlers handlers;
    void *owner;
    char **directories; /* by watch descriptor; NULL: not watched (any more) */
    size_t room, count;
    char **roots; /* what inotify_tree_add() was given */
    size_t root_count, root_capacity;
    bool overflowed;
    _Alignas(struct inotify_event) char events[EVENT_BYTES];
};

static void on_ready(uv_poll_t *poll, int status, int events);

struct inotify_tree *inotify_tree_create(uv_loop_t *loop,
                                         const struct inotify_tree_handlers *handlers, void *owner,
                                         struct error *err)
{
    struct inotify_tree *tree;
    int file = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (file < 0) {
        bool exhausted = errno == EMFILE;

        (void)error_set_errno(err, "cannot watch files");
        if (exhausted)
            (void)error_hint(
                err,
                "all inotify instances are in use: raise fs.inotify.max_user_instances with sysctl");
        return NULL;
    }
    tree = xcalloc(1, sizeof(*tree));
    tree->file = file;
    tree->handlers = *handlers;
    tree->owner = owner;
    tree->poll.data = tree;
    (void)uv_poll_init(loop, &tree->poll, file);
    (void)uv_poll_start(&tree->poll, UV_READABLE, on_ready);
    return tree;
}

static void on_closed(uv_handle_t *handle)
{
    struct inotify_tree *tree = handle->data;

    (void)close(tree->file);
    for (size_t i = 0; i < tree->room; i++)
        free(tree->directories[i]);
    for (size_t i = 0; i < tree->root_count; i++)
        free(tree->roots[i]);
    free(tree->directories);
    free(tree->roots);
    free(tree);
}

void inotify_tree_destroy(struct inotify_tree *tree)
{
    if (tree)
        uv_close((uv_handle_t *)&tree->poll, on_closed);
}

size_t inotify_tree_count(const struct inotify_tree *tree)
{
    return tree->count;
}

static void forget(struct inotify_tree *tree, size_t descriptor)
{
    if (descriptor >= tree->room || !tree->directories[descriptor])
        return;
    free(TAKE(tree->directories[descriptor]));
    tree->count--;
}

/* Watch one directory. False: it cannot be watched, and err is set only when that is worth telling. */
static bool watch_one(struct inotify_tree *tree, const char *directory, struct error *err)
{
    int descriptor = inotify_add_watch(tree->file, directory, watched_events);
    size_t old_room = tree->room;

    if (descriptor < 0) {
        if (errno != ENOSPC && errno != ENOMEM)
            return false; /* gone again, or not readable: nothing to see there */
        (void)error_set_errno(err, "cannot watch %s", directory);
        (void)error_hint(
            err,
            "%zu directories are watched: raise the limit with sysctl fs.inotify.max_user_watches=524288, "
            "or leave directories out with `ignore`",
            tree->count);
        return false;
    }
    tree->directories =
        xgrow(tree->directories, &tree->room, (size_t)descriptor + 1, sizeof(*tree->directories));
    for (size_t i = old_room; i < tree->room; i++)
        tree->directories[i] = NULL;
    forget(tree, (size_t)descriptor); /* the same directory under an older name */
    tree->directories[descriptor] = xstrdup(directory);
    tree->count++;
    return true;
}

static bool is_directory(const char *path, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static char *join(const char *directory, const char *name)
{
    return xasprintf("%s%s%s", directory, text_ends_with(directory, "/") ? "" : "/", name);
}

/* The watch stands before the directory is read: what is made meanwhile is seen by one or the other. */
static bool watch_below(struct inotify_tree *tree, const char *directory, struct error *err)
{
    struct dirent *entry;
    bool good = true;
    DIR *stream;

    if (!watch_one(tree, directory, err))
        return !error_is_set(err);
    stream = opendir(directory);
    while (good && stream && (entry = readdir(stream))) {
        char *path;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        path = join(directory, entry->d_name);
        if (is_directory(path, entry) && tree->handlers.wants(tree->owner, path))
            good = watch_below(tree, path, err);
        free(path);
    }
    if (stream)
        (void)closedir(stream);
    return good;
}

bool inotify_tree_add(struct inotify_tree *tree, const char *directory, struct error *err)
{
    tree->roots =
        xgrow(tree->roots, &tree->root_capacity, tree->root_count + 1, sizeof(*tree->roots));
    tree->roots[tree->root_count++] = xstrdup(directory);
    return watch_below(tree, directory, err);
}

static void watch_later(struct inotify_tree *tree, const char *directory)
{
    struct error failure;

    error_init(&failure);
    if (!watch_below(tree, directory, &failure))
        tree->handlers.on_blind(tree->owner, &failure);
    error_finish(&failure);
}

/* A directory that was moved away keeps its watches, under names that are no longer true. */
static void unwatch_below(struct inotify_tree *tree, const char *directory)
{
    size_t length = strlen(directory);

    for (size_t i = 0; i < tree->room; i++) {
        const char *watched = tree->directories[i];

        if (!watched || strncmp(watched, directory, length) != 0 ||
            (watched[length] != '/' && watched[length] != '\0'))
            continue;
        (void)inotify_rm_watch(tree->file, (int)i); /* gone by itself, perhaps */
        forget(tree, i);
    }
}

static void on_inotify_event(struct inotify_tree *tree, const struct inotify_event *event)
{
    const char *directory;
    char *path;

    if (event->mask & IN_Q_OVERFLOW) {
        tree->overflowed = true;
        return;
    }
    if (event->wd < 0 || (size_t)event->wd >= tree->room || !tree->directories[event->wd])
        return;
    directory = tree->directories[event->wd];
    if (event->mask & IN_IGNORED) {
        forget(tree, (size_t)event->wd);
        return;
    }
    if (event->len == 0) {
        tree->handlers.on_dirty(tree->owner, directory);
        return;
    }
    path = join(directory, event->name);
    if ((event->mask & IN_ISDIR) && (event->mask & IN_MOVED_FROM))
        unwatch_below(tree, path);
    if ((event->mask & IN_ISDIR) && (event->mask & (IN_CREATE | IN_MOVED_TO)) &&
        tree->handlers.wants(tree->owner, path))
        watch_later(tree, path);
    tree->handlers.on_dirty(tree->owner, path);
    free(path);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct inotify_tree *tree = poll->data;
    ssize_t length;

    (void)status;
    (void)events;
    while ((length = read(tree->file, tree->events, sizeof(tree->events))) > 0) {
        const struct inotify_event *event;

        for (ssize_t at = 0; at < length; at += (ssize_t)(sizeof(*event) + event->len)) {
            event = (const struct inotify_event *)(const void *)(tree->events + at);
            on_inotify_event(tree, event);
        }
    }
    if (!tree->overflowed)
        return;
    tree->overflowed = false;
    for (size_t i = 0; i < tree->root_count; i++)
        watch_later(tree, tree->roots[i]);
    tree->handlers.on_overflow(tree->owner);
}
