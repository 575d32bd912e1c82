/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/watch/watch_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/index.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/hash.h"

/* Larger files are compared by size and time: reading them at each look would cost more than a needless sync. */
enum { LARGEST_HASHED_BYTES = 16 * 1024 * 1024, DIGEST_ROOM = 65 };

struct seen {
    const char *path;
    mode_t mode;        /* 0: it is gone */
    bool was_directory; /* when it went */
    int64_t size_bytes, modified_ns;
    char digest
        [DIGEST_ROOM]; /* of contents or target of a link; "" for directories and large files */
};

struct watch_tree {
    const struct watch_rules *rules;
    struct arena *arena;
    struct seen *seen;
    size_t count, capacity;
    struct index index; /* path -> position in `seen` */
};

/* One look. */
struct look {
    struct watch_tree *tree;
    unsigned flags;
    struct arena *arena; /* NULL: changes are not asked for */
    struct arena *scratch;
    struct watch_changes changes;
};

struct watch_tree *watch_tree_create(const struct watch_rules *rules)
{
    struct watch_tree *tree = xcalloc(1, sizeof(*tree));

    tree->rules = rules;
    tree->arena = arena_create();
    return tree;
}

void watch_tree_destroy(struct watch_tree *tree)
{
    if (!tree)
        return;
    free(tree->seen);
    arena_destroy(tree->arena);
    free(tree);
}

size_t watch_tree_count(const struct watch_tree *tree)
{
    size_t count = 0;

    for (size_t i = 0; i < tree->count; i++)
        count += tree->seen[i].mode != 0;
    return count;
}

static void add_change(struct look *look, const struct seen *seen, bool gone, bool directory)
{
    struct watch_changes *changes = &look->changes;

    if (!look->arena)
        return;
    changes->items = arena_grow(look->arena, changes->items, &changes->capacity, changes->count + 1,
                                sizeof(*changes->items));
    changes->items[changes->count++] = (struct watch_change){
        .path = arena_strdup(look->arena, seen->path), .gone = gone, .directory = directory};
}

static struct seen *find_seen(struct watch_tree *tree, const char *path)
{
    uint32_t at = index_find(&tree->index, path);

    return at == INDEX_NONE ? NULL : &tree->seen[at];
}

static struct seen *add_seen(struct watch_tree *tree, const char *path)
{
    struct seen *seen;

    tree->seen = xgrow(tree->seen, &tree->capacity, tree->count + 1, sizeof(*tree->seen));
    seen = &tree->seen[tree->count];
    *seen = (struct seen){.path = arena_strdup(tree->arena, path)};
    index_put(&tree->index, tree->arena, seen->path, tree->count++);
    return seen;
}

static void set_digest(struct look *look, struct seen *seen, const char *bytes, size_t length)
{
    (void)stpcpy(seen->digest, spec_sha256_hex(look->scratch, bytes, length)); /* 64 digits */
}

/* Stays "" when it cannot be read: it then counts by size and time. */
static void digest_file(struct look *look, const char *path, struct seen *seen)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    size_t room = (size_t)seen->size_bytes, length = 0;
    ssize_t got = 0;
    char *bytes;

    if (file < 0)
        return;
    bytes = xmalloc(room + 1);
    while (length < room && (got = read(file, bytes + length, room - length)) > 0)
        length += (size_t)got;
    if (got >= 0)
        set_digest(look, seen, bytes, length);
    free(bytes);
    (void)close(file);
}

static void digest_link(struct look *look, const char *path, struct seen *seen)
{
    size_t room = (size_t)seen->size_bytes + 1;
    char *target = xmalloc(room);
    ssize_t length = readlink(path, target, room);

    if (length >= 0)
        set_digest(look, seen, target, (size_t)length);
    free(target);
}

static void take_in(struct look *look, const char *path, const struct stat *status,
                    struct seen *ret_now)
{
    *ret_now = (struct seen){
        .path = path,
        .mode = status->st_mode,
        .size_bytes = S_ISDIR(status->st_mode) ? 0 : (int64_t)status->st_size,
        .modified_ns = (int64_t)status->st_mtim.tv_sec * NS_PER_SECOND + status->st_mtim.tv_nsec,
    };
    if (S_ISREG(status->st_mode) && status->st_size <= LARGEST_HASHED_BYTES)
        digest_file(look, path, ret_now);
    else if (S_ISLNK(status->st_mode))
        digest_link(look, path, ret_now);
}

static bool is_same(const struct seen *before, const struct seen *now)
{
    if (before->mode != now->mode || before->size_bytes != now->size_bytes)
        return false;
    if (S_ISDIR(now->mode))
        return true;
    if (!before->digest[0] || !now->digest[0])
        return before->modified_ns == now->modified_ns;
    return strcmp(before->digest, now->digest) == 0;
}

static void look_at(struct look *look, const char *path, bool named);

static void look_into(struct look *look, const char *directory)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        char *path;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        path = xasprintf("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, entry->d_name);
        look_at(look, path, false);
        free(path);
    }
    if (stream)
        (void)closedir(stream);
}

/* All that was below a path that is no directory any more. */
static void lose_below(struct look *look, const char *directory)
{
    size_t length = strlen(directory);

    for (size_t i = 0; i < look->tree->count; i++) {
        struct seen *seen = &look->tree->seen[i];

        if (seen->mode == 0 || strncmp(seen->path, directory, length) != 0 ||
            seen->path[length] != '/')
            continue;
        seen->was_directory = S_ISDIR(seen->mode);
        add_change(look, seen, true, seen->was_directory);
        seen->mode = 0;
    }
}

static void lose(struct look *look, struct seen *seen)
{
    bool directory = S_ISDIR(seen->mode);
    const char *path = seen->path;

    add_change(look, seen, true, directory);
    seen->was_directory = directory;
    seen->mode = 0;
    if (directory)
        lose_below(look, path);
}

static bool is_watched(const struct watch_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->rules->count; i++)
        if (watch_rule_matches(&tree->rules->items[i], path))
            return true;
    return false;
}

/* Nothing changed by all that lstat tells: then the contents need not be read when everything is looked through. */
static bool is_untouched(const struct seen *before, const struct stat *status)
{
    return before->mode == status->st_mode && before->size_bytes == (int64_t)status->st_size &&
           before->modified_ns ==
               (int64_t)status->st_mtim.tv_sec * NS_PER_SECOND + status->st_mtim.tv_nsec;
}

/* Whatever is known below a directory (NULL: anywhere) and is there no longer. */
static void lose_missing(struct look *look, const char *directory)
{
    size_t length = directory ? strlen(directory) : 0;
    struct stat status;

    for (size_t i = 0; i < look->tree->count; i++) {
        struct seen *seen = &look->tree->seen[i];

        if (directory && (strncmp(seen->path, directory, length) != 0 || seen->path[length] != '/'))
            continue;
        if (seen->mode != 0 && lstat(seen->path, &status) != 0)
            lose(look, seen);
    }
}

/* A directory that is known but was reported may have been removed and made again: nothing in it is sure. */
static void look_through(struct look *look, const char *directory)
{
    unsigned flags = look->flags;

    lose_missing(look, directory);
    look->flags |= WATCH_COMPARE_ALL;
    look_into(look, directory);
    look->flags = flags;
}

/* `named`: it was reported; otherwise it was come across. */
static void look_at(struct look *look, const char *path, bool named)
{
    struct watch_tree *tree = look->tree;
    struct seen *before = find_seen(tree, path), now;
    struct stat status;
    bool known, changed;

    if (lstat(path, &status) != 0) {
        if (before && before->mode != 0)
            lose(look, before);
        else if (before && named && (look->flags & WATCH_COMPARE_OWED))
            add_change(look, before, true, before->was_directory);
        return;
    }
    known = before && before->mode != 0;
    if (known && S_ISDIR(before->mode) && !S_ISDIR(status.st_mode)) {
        lose(look, before);
        known = false;
    }
    if (S_ISDIR(status.st_mode)) {
        if (!watch_rules_want(tree->rules, path))
            return;
    } else if ((!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) || !is_watched(tree, path)) {
        return;
    } else if (known && !named && is_untouched(before, &status)) {
        return;
    }
    take_in(look, path, &status, &now);
    changed = !known || !is_same(before, &now) ||
              (named && (look->flags & (WATCH_COMPARE_TRUST | WATCH_COMPARE_OWED)));
    if (!before)
        before = add_seen(tree, path);
    now.path = before->path;
    *before = now;
    if (changed)
        add_change(look, before, false, S_ISDIR(now.mode));
    if (!S_ISDIR(now.mode))
        return;
    if (named && known)
        look_through(look, path);
    else if (!known || (look->flags & WATCH_COMPARE_ALL))
        look_into(look, path);
}

static void look_everywhere(struct look *look)
{
    for (size_t i = 0; i < look->tree->rules->count; i++)
        look_at(look, look->tree->rules->items[i].path, false);
}

/* With "/" before all other bytes: what is in a directory follows it at once. */
static int compare_paths(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    if (*a == *b)
        return 0;
    if (!*a || !*b)
        return *a ? 1 : -1;
    if (*a == '/' || *b == '/')
        return *a == '/' ? -1 : 1;
    return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_path(const void *a, const void *b)
{
    const struct watch_change *first = a, *second = b;
    int order = compare_paths(first->path, second->path);

    /* Gone as one thing and back as another. */
    return order != 0 ? order : (int)second->gone - (int)first->gone;
}

static void sort_changes(struct watch_changes *changes)
{
    if (changes->count > 1)
        qsort(changes->items, changes->count, sizeof(*changes->items), by_path);
}

void watch_tree_scan(struct watch_tree *tree)
{
    struct look look = {.tree = tree, .flags = WATCH_COMPARE_ALL, .scratch = arena_create()};

    look_everywhere(&look);
    arena_destroy(look.scratch);
}

void watch_tree_compare(struct watch_tree *tree, struct strings *dirty, unsigned flags,
                        struct arena *arena, struct watch_changes *ret_changes)
{
    struct look look = {
        .tree = tree,
        .flags = flags & ~(unsigned)WATCH_COMPARE_ALL,
        .arena = arena,
        .scratch = arena_create(),
    };

    strings_sort(dirty); /* a directory comes before what is in it */
    for (size_t i = 0; i < dirty->count; i++)
        look_at(&look, dirty->items[i], true);
    if (flags & WATCH_COMPARE_ALL) {
        look.flags = WATCH_COMPARE_ALL;
        lose_missing(&look, NULL);
        look_everywhere(&look);
    }
    arena_destroy(look.scratch);
    sort_changes(&look.changes);
    *ret_changes = look.changes;
}

void watch_tree_newer(struct watch_tree *tree, const struct watch_rule *rule, int64_t instant_ns,
                      struct arena *arena, struct watch_changes *ret_changes)
{
    struct look look = {.tree = tree, .arena = arena};

    for (size_t i = 0; i < tree->count; i++) {
        const struct seen *seen = &tree->seen[i];

        if (seen->mode != 0 && !S_ISDIR(seen->mode) && seen->modified_ns > instant_ns &&
            watch_rule_matches(rule, seen->path))
            add_change(&look, seen, false, false);
    }
    sort_changes(&look.changes);
    *ret_changes = look.changes;
}
