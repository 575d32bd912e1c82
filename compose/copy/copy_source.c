/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/copy/copy_source.h"

#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/console/descriptor_watch.h"
#include "compose/copy/copy_paths.h"
#include "engine_client/instant.h"
#include "engine_client/tar_stream.h"
#include "spec/base/arena.h"
#include "spec/base/index.h"
#include "spec/base/strings.h"

struct copy_source {
    /* A tree. */
    FTS *walk; /* NULL: not a tree */
    struct tar_stream *tar;
    struct arena *arena;
    const char *root, *name;
    struct index linked; /* "device:inode" of files with several names -> where in `link_names` */
    struct strings link_names; /* in the archive */

    /* A descriptor. */
    int descriptor;
    bool seeks; /* read at `offset`, not from the shared position */
    off_t offset;
    struct descriptor_watch *watch; /* of stdin */
    struct engine_request *request;
};

/* Trees */

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* The entry's name in the archive, NULL for a root that is left out. */
static const char *name_of(struct copy_source *source, const FTSENT *found)
{
    const char *rest = found->fts_path + strlen(source->root);

    rest += strspn(rest, "/");
    if (strcmp(source->name, ".") == 0)
        return rest[0] ? arena_strdup(source->arena, rest) : NULL;
    return rest[0] ? arena_printf(source->arena, "%s/%s", source->name, rest) : source->name;
}

/* The name under which the same file has been put before, or NULL; this one is remembered. */
static const char *earlier_name(struct copy_source *source, const struct stat *status,
                                const char *name)
{
    const char *key;
    uint32_t at;

    if (S_ISDIR(status->st_mode) || status->st_nlink < 2)
        return NULL;
    key = arena_printf(source->arena, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)status->st_dev,
                       (uintmax_t)status->st_ino);
    at = index_find(&source->linked, key);
    if (at != INDEX_NONE)
        return source->link_names.items[at];
    index_put(&source->linked, source->arena, key, source->link_names.count);
    strings_add(&source->link_names, source->arena, name);
    return NULL;
}

static bool put(struct copy_source *source, const FTSENT *found, const char *name,
                struct error *err)
{
    const struct stat *status = found->fts_statp;
    struct tar_entry entry = {
        .path = name,
        .mode = status->st_mode & 07777,
        .uid = status->st_uid,
        .gid = status->st_gid,
        .modified_ns = status->st_mtim.tv_sec * NS_PER_SECOND + status->st_mtim.tv_nsec,
    };
    const char *earlier = earlier_name(source, status, name);

    if (earlier)
        return tar_stream_put_hard_link(source->tar, &entry, earlier, err);
    return tar_stream_put_path(source->tar, &entry, found->fts_accpath, status, err);
}

static enum tar_next next_entry(void *owner, struct tar_stream *tar, struct error *err)
{
    struct copy_source *source = owner;
    FTSENT *found;

    (void)tar;
    while ((errno = 0, found = fts_read(source->walk)) != NULL) {
        const char *name;

        if (found->fts_info == FTS_DP || S_ISSOCK(found->fts_statp->st_mode))
            continue; /* on the way back up; and what cannot be copied */
        if (found->fts_info == FTS_ERR || found->fts_info == FTS_DNR || found->fts_info == FTS_NS) {
            errno = found->fts_errno;
            (void)error_set_errno(err, "cannot read %s", found->fts_path);
            return TAR_NEXT_FAILED;
        }
        name = name_of(source, found);
        if (!name)
            continue;
        return put(source, found, name, err) ? TAR_NEXT_ENTRY : TAR_NEXT_FAILED;
    }
    if (errno == 0)
        return TAR_NEXT_END;
    (void)error_set_errno(err, "cannot read %s", source->root);
    return TAR_NEXT_FAILED;
}

struct copy_source *copy_source_of_path(const struct copy_tree *tree, struct error *err)
{
    struct copy_source *source = xcalloc(1, sizeof(*source));
    char *roots[] = {NULL, NULL};

    source->descriptor = -1;
    source->arena = arena_create();
    source->name = arena_strdup(source->arena, tree->name);
    source->root = roots[0] =
        arena_strdup(source->arena, copy_clean_path(source->arena, tree->path));
    source->walk =
        fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | (tree->follow ? FTS_COMFOLLOW : 0), by_name);
    if (!source->walk) {
        (void)error_set_errno(err, "cannot read %s", source->root);
        copy_source_destroy(source);
        return NULL;
    }
    source->tar = tar_stream_create(next_entry, source);
    return source;
}

/* Descriptors */

static void on_readable(void *owner)
{
    struct copy_source *source = owner;

    if (source->request)
        engine_request_pull_again(source->request);
}

struct copy_source *copy_source_of_stdin(uv_loop_t *loop)
{
    struct copy_source *source = xcalloc(1, sizeof(*source));

    source->descriptor = STDIN_FILENO;
    source->watch =
        descriptor_watch_create(loop, STDIN_FILENO, DESCRIPTOR_READABLE, on_readable, source);
    return source;
}

struct copy_source *copy_source_of_file(int descriptor)
{
    struct copy_source *source = xcalloc(1, sizeof(*source));

    source->descriptor = descriptor;
    source->seeks = true;
    return source;
}

static enum engine_pull pull_descriptor(struct copy_source *source, char *buffer, size_t size,
                                        size_t *ret_length, struct error *err)
{
    ssize_t count;

    if (!source->seeks && !descriptor_is_ready(source->descriptor, DESCRIPTOR_READABLE, 0)) {
        descriptor_watch_start(source->watch);
        return ENGINE_PULL_LATER;
    }
    do
        count = source->seeks ? pread(source->descriptor, buffer, size, source->offset)
                              : read(source->descriptor, buffer, size);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) {
        descriptor_watch_start(source->watch);
        return ENGINE_PULL_LATER;
    }
    if (count < 0) {
        (void)error_set_errno(err, "cannot read the archive");
        return ENGINE_PULL_FAILED;
    }
    source->offset += count;
    *ret_length = (size_t)count;
    return count > 0 ? ENGINE_PULL_MORE : ENGINE_PULL_END;
}

/* Common */

void copy_source_begin(struct copy_source *source, struct engine_request *request)
{
    source->request = request;
}

enum engine_pull copy_source_pull(void *owner, char *buffer, size_t size, size_t *ret_length,
                                  struct error *err)
{
    struct copy_source *source = owner;

    return source->tar ? tar_stream_pull(source->tar, buffer, size, ret_length, err)
                       : pull_descriptor(source, buffer, size, ret_length, err);
}

void copy_source_destroy(struct copy_source *source)
{
    if (!source)
        return;
    tar_stream_destroy(source->tar);
    if (source->walk)
        (void)fts_close(source->walk);
    descriptor_watch_destroy(source->watch);
    arena_destroy(source->arena);
    free(source);
}
