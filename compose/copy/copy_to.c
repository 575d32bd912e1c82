/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/console/descriptor_watch.h"
#include "compose/copy/copy_internal.h"
#include "compose/copy/copy_paths.h"
#include "compose/copy/copy_source.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

enum {
    STATUS_NOT_FOUND = 404,
    SPOOL_BYTES = 64 * 1024,
    /* Bits of Go's FileMode, in which the engine describes paths. */
    GO_MODE_DEVICE = 1 << 26,
    GO_MODE_IRREGULAR = 1 << 19,
};

struct upload {
    struct copying *all;
    size_t number; /* of the container */
    const char *id;
    struct copy_destination destination;
    struct copy_place place;
    struct copy_source *source;
    struct engine_request *request;
};

struct copying {
    struct session *session;
    struct arena *arena;
    const struct copy_options *options;
    const char *source; /* absolute; NULL for stdin */
    bool source_is_directory, follow;
    int spool; /* what stdin held, or -1 */
    struct upload *uploads;
    size_t count, left;
    bool ended;
    struct error failure;
};

/* Where to */

struct session_call copy_stat_call(struct arena *arena, const char *id, const char *path)
{
    struct text query;
    struct session_call call = {
        .method = "HEAD",
        .path = engine_path(arena, "/containers/%s/archive", id),
        .header = "X-Docker-Container-Path-Stat",
    };

    text_init(&query, 0);
    engine_query_add(&query, "path", path);
    call.query = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return call;
}

bool copy_stat_answer(struct arena *arena, const struct session_call *call,
                      struct engine_path_stat *ret_stat, struct error *err)
{
    if (!error_is_set(&call->failure))
        return call->header_value &&
               engine_path_stat_decode(arena, call->header_value, ret_stat, err);
    if (call->status != STATUS_NOT_FOUND)
        error_copy(err, &call->failure);
    return false;
}

static bool stat_all(struct copying *all, bool *is_link, struct error *err)
{
    struct session_call *calls = arena_array(all->arena, all->count, sizeof(*calls));
    bool good;

    for (size_t i = 0; i < all->count; i++)
        calls[i] = copy_stat_call(all->arena, all->uploads[i].id, all->uploads[i].destination.path);
    if (!session_fetch_all(all->session, all->arena, calls, all->count, err))
        return false;
    good = true;
    *is_link = false;
    for (size_t i = 0; i < all->count && good; i++) {
        struct copy_destination *destination = &all->uploads[i].destination;
        struct engine_path_stat stat;

        destination->exists = copy_stat_answer(all->arena, &calls[i], &stat, err);
        good = destination->exists || !error_is_set(err);
        if (!destination->exists)
            continue;
        destination->is_directory = stat.is_directory;
        if (stat.mode & (GO_MODE_DEVICE | GO_MODE_IRREGULAR))
            good = error_set(err, ERROR_INPUT,
                             "destination \"%s:%s\" must be a directory or a regular file",
                             all->uploads[i].id, destination->path);
        if (stat.is_symlink) {
            destination->path = copy_link_target(all->arena, destination->path, stat.link_target);
            *is_link = true;
        }
    }
    session_fetch_finish(calls, all->count);
    return good;
}

static bool choose_places(struct copying *all, struct error *err)
{
    for (size_t i = 0; i < all->count; i++) {
        struct upload *upload = &all->uploads[i];

        if (all->source) {
            if (!copy_choose_place(all->arena, all->source, all->source_is_directory,
                                   &upload->destination, &upload->place, err))
                return false;
        } else if (!upload->destination.exists || !upload->destination.is_directory) {
            return error_set(err, ERROR_INPUT, "destination \"%s:%s\" must be a directory",
                             upload->id, upload->destination.path);
        } else {
            upload->place.directory = upload->destination.path;
        }
    }
    return true;
}

static bool look_at_source(struct copying *all, const char *source, struct error *err)
{
    struct stat status;
    const char *path;

    if (strcmp(source, "-") == 0)
        return true;
    all->source = copy_absolute_path(all->arena, all->options->working_dir, source);
    all->follow = all->options->follow_link || copy_path_is_open(all->source);
    path = copy_clean_path(all->arena, all->source);
    if ((all->follow ? stat(path, &status) : lstat(path, &status)) != 0)
        return error_set_errno(err, "lstat %s", path);
    all->source_is_directory = S_ISDIR(status.st_mode);
    return true;
}

/* Stdin for several containers: it can be read once, so what it says is kept. */

struct spooling {
    struct session *session;
    struct descriptor_watch *watch;
    int to;
    bool ended;
    struct error failure;
};

static void on_spool(void *owner)
{
    struct spooling *spooling = owner;
    char piece[SPOOL_BYTES];
    ssize_t count = read(STDIN_FILENO, piece, sizeof(piece));

    if (count > 0 && write(spooling->to, piece, (size_t)count) != count)
        (void)error_set_errno(&spooling->failure, "cannot keep the archive");
    else if (count < 0 && errno != EAGAIN && errno != EINTR)
        (void)error_set_errno(&spooling->failure, "cannot read the archive");
    spooling->ended = count == 0 || error_is_set(&spooling->failure);
    if (spooling->ended)
        session_stop(spooling->session);
    else
        descriptor_watch_start(spooling->watch);
}

static bool spool_stdin(struct copying *all, FILE **ret_file, struct error *err)
{
    struct spooling spooling = {.session = all->session};
    bool good;

    *ret_file = tmpfile();
    if (!*ret_file)
        return error_set_errno(err, "cannot keep the archive");
    all->spool = spooling.to = fileno(*ret_file);
    error_init(&spooling.failure);
    spooling.watch = descriptor_watch_create(session_loop(all->session), STDIN_FILENO,
                                             DESCRIPTOR_READABLE, on_spool, &spooling);
    if (!spooling.watch)
        return error_set(err, ERROR_USAGE, "there is no archive on stdin");
    descriptor_watch_start(spooling.watch);
    good = session_run_until(all->session, &spooling.ended, err);
    descriptor_watch_destroy(spooling.watch);
    if (good && error_is_set(&spooling.failure)) {
        error_move(err, &spooling.failure);
        good = false;
    }
    error_finish(&spooling.failure);
    return good;
}

/* Uploads */

static void on_uploaded(void *owner, struct engine_request *request, const struct error *failure)
{
    struct upload *upload = owner;
    struct copying *all = upload->all;
    struct error copy;

    (void)request;
    upload->request = NULL;
    copy_source_destroy(upload->source);
    upload->source = NULL;
    error_init(&copy);
    if (failure) {
        error_copy(&copy, failure);
        (void)error_append(&all->failure, &copy);
    } else if (all->options->on_copied) {
        all->options->on_copied(all->options->owner, upload->number);
    }
    error_finish(&copy);
    all->ended = --all->left == 0;
    if (all->ended)
        session_stop(all->session);
}

static bool open_source(struct upload *upload, struct error *err)
{
    struct copying *all = upload->all;
    struct copy_tree tree = {
        .path = all->source, .name = upload->place.name, .follow = all->follow};

    if (all->source)
        upload->source = copy_source_of_path(&tree, err);
    else if (all->spool >= 0)
        upload->source = copy_source_of_file(all->spool);
    else
        upload->source = copy_source_of_stdin(session_loop(all->session));
    return upload->source != NULL;
}

static void start_upload(struct upload *upload, struct engine_client *client)
{
    struct copying *all = upload->all;
    struct engine_call call = {
        .method = "PUT",
        .path = engine_path(all->arena, "/containers/%s/archive", upload->id),
        .content_type = "application/x-tar",
        .pull = copy_source_pull,
        .pull_owner = upload->source,
    };
    struct text query;

    text_init(&query, 0);
    engine_query_add(&query, "path", upload->place.directory);
    engine_query_add(&query, "noOverwriteDirNonDir", "true");
    engine_query_add(&query, "copyUIDGID", all->options->archive ? "true" : NULL);
    call.query = query.bytes;
    upload->request = engine_request_start(client, &call, on_uploaded, upload);
    copy_source_begin(upload->source, upload->request);
    text_finish(&query);
}

static bool upload_all(struct copying *all, struct error *err)
{
    struct engine_client *client;
    bool good;

    if (!session_client(all->session, &client, err))
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (!open_source(&all->uploads[i], err)) {
            while (i-- > 0)
                copy_source_destroy(all->uploads[i].source);
            return false;
        }
    for (size_t i = 0; i < all->count; i++)
        start_upload(&all->uploads[i], client);
    good = session_run_until(all->session, &all->ended, err);
    if (!good) {
        for (size_t i = 0; i < all->count; i++)
            if (all->uploads[i].request)
                engine_request_cancel(all->uploads[i].request);
        session_drain(all->session, &all->ended);
    } else if (error_is_set(&all->failure)) {
        error_move(err, &all->failure);
        good = false;
    }
    return good;
}

static bool transfer(struct copying *all, struct error *err)
{
    bool is_link;
    FILE *spool = NULL;
    bool good;

    if (!stat_all(all, &is_link, err) || (is_link && !stat_all(all, &is_link, err)) ||
        !choose_places(all, err))
        return false;
    good = all->source || all->count == 1 || lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    if (!all->source && good && all->count > 1)
        all->spool = STDIN_FILENO; /* a regular file: each reads it by itself */
    if (!good)
        good = spool_stdin(all, &spool, err);
    good = good && upload_all(all, err);
    if (spool)
        (void)fclose(spool);
    return good;
}

bool copy_to_containers(struct session *session, struct arena *arena,
                        const struct copy_options *options, const char *source,
                        const char *const *ids, size_t count, const char *destination,
                        struct error *err)
{
    struct copying all = {.session = session,
                          .arena = arena,
                          .options = options,
                          .spool = -1,
                          .count = count,
                          .left = count};
    bool good;

    error_init(&all.failure);
    all.uploads = arena_array(arena, count, sizeof(*all.uploads));
    for (size_t i = 0; i < count; i++)
        all.uploads[i] = (struct upload){
            .all = &all, .number = i, .id = ids[i], .destination = {.path = destination}};
    good = look_at_source(&all, source, err) && transfer(&all, err);
    error_finish(&all.failure);
    return good;
}
