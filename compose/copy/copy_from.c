/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "compose/console/output.h"
#include "compose/copy/copy_internal.h"
#include "compose/copy/copy_paths.h"
#include "compose/copy/download.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "engine_client/tar_extract.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/text.h"

enum {
    MOST_LINKS = 10, /* followed at the destination, as the docker CLI */
    READ_END = 0,
    WRITE_END = 1,
};

/* The archive goes through a pipe to a worker thread, for unpacking reads and writes at its own pace. */
struct extraction {
    struct session *session;
    struct engine_request *request;
    struct output *pipe; /* write end; NULL once closed */
    int pipe_descriptors[2];
    struct tar_extract how;
    uv_work_t work;
    bool work_ended, ended;
    struct error request_failure, work_failure; /* the latter is the worker's until it has ended */
};

static void close_pipe(struct extraction *run)
{
    output_destroy(run->pipe);
    run->pipe = NULL;
    if (run->pipe_descriptors[WRITE_END] >= 0)
        (void)close(run->pipe_descriptors[WRITE_END]);
    run->pipe_descriptors[WRITE_END] = -1;
}

/* The worker gets no more of the archive, and must not take what it has for the whole. */
static void stop_worker(struct extraction *run)
{
    if (eventfd_write(run->how.stop, 1) != 0)
        fatal("cannot write to an event descriptor");
}

static void advance(struct extraction *run)
{
    if (run->work_ended && run->request)
        engine_request_cancel(run->request); /* it failed, or has read the end of the archive */
    run->ended = run->work_ended && !run->request;
    if (run->ended)
        session_stop(run->session);
}

/* Worker */

static void extract(uv_work_t *work)
{
    struct extraction *run = work->data;

    if (!tar_extract(&run->how, &run->work_failure)) {
        /* The reason is in work_failure. */
    }
    (void)close(run->pipe_descriptors[READ_END]);
}

static void on_extracted(uv_work_t *work, int status)
{
    struct extraction *run = work->data;

    (void)status;
    run->work_ended = true;
    advance(run);
}

/* Request */

/* What is still queued is handed over before the pipe is closed. */
static void on_drained(void *owner)
{
    struct extraction *run = owner;

    if (run->request)
        engine_request_resume(run->request);
    else
        close_pipe(run);
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct extraction *run = owner;

    output_write(run->pipe, bytes.bytes, bytes.length);
    if (output_is_full(run->pipe))
        engine_request_pause(request);
}

static void on_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct extraction *run = owner;

    (void)request;
    run->request = NULL;
    if (failure) {
        error_copy(&run->request_failure, failure);
        stop_worker(run);
    }
    if (output_pending_bytes(run->pipe) == 0 || output_failure(run->pipe) != 0)
        close_pipe(run);
    advance(run);
}

/*
 * The worker's result decides: when it succeeded everything is in place, whatever came later, and otherwise the last
 * file is not. Of a failure the cause is reported: a worker that fails cancels the request, a request that fails cuts
 * the archive.
 */
static bool finish(struct extraction *run, bool good, struct error *err)
{
    struct error *reason =
        error_is_set(&run->request_failure) && run->request_failure.kind != ERROR_CANCELED
            ? &run->request_failure
            : &run->work_failure;

    if (!error_is_set(&run->work_failure)) {
        if (!good) {
            error_finish(err);
            session_continue(run->session);
        }
        good = true;
    } else if (good) {
        error_move(err, reason);
        good = false;
    }
    error_finish(&run->request_failure);
    error_finish(&run->work_failure);
    return good;
}

static bool run_extraction(struct extraction *run, const struct engine_call *call,
                           struct error *err)
{
    struct engine_client *client;
    bool good;

    if (!session_client(run->session, &client, err))
        return false;
    if (pipe2(run->pipe_descriptors, O_CLOEXEC) != 0)
        return error_set_errno(err, "cannot create a pipe");
    run->how.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (run->how.stop < 0)
        fatal("cannot create an event descriptor");
    error_init(&run->request_failure);
    error_init(&run->work_failure);
    run->how.descriptor = run->pipe_descriptors[READ_END];
    run->pipe = output_create(session_loop(run->session), run->pipe_descriptors[WRITE_END]);
    output_on_drained(run->pipe, on_drained, run);
    run->work.data = run;
    (void)uv_queue_work(session_loop(run->session), &run->work, extract, on_extracted);
    run->request = engine_request_start(client, call, on_done, run);
    good = session_run_until(run->session, &run->ended, err);
    if (!good) {
        stop_worker(run);
        if (run->request)
            engine_request_cancel(run->request);
        session_drain(run->session, &run->ended);
    }
    if (run->pipe)
        close_pipe(run);
    (void)close(run->how.stop);
    return finish(run, good, err);
}

/* Where to */

/* A pipe is written to by the name that was given: a link such as /dev/stdout may lead to one without a place. */
static bool look_at(struct arena *arena, const char *path, struct copy_destination *ret_destination,
                    bool *ret_is_pipe, struct error *err)
{
    struct copy_destination destination = {.path = path};
    struct stat status;
    const char *parent;

    if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode)) {
        destination.exists = true;
        *ret_destination = destination;
        *ret_is_pipe = true;
        return true;
    }
    for (int links = 0; links < MOST_LINKS; links++) {
        char target[PATH_MAX + 1];
        ssize_t length = readlink(destination.path, target, sizeof(target) - 1);

        if (length < 0)
            break;
        target[length] = '\0';
        destination.path = copy_link_target(arena, destination.path, arena_strdup(arena, target));
    }
    destination.exists = stat(destination.path, &status) == 0;
    destination.is_directory = destination.exists && S_ISDIR(status.st_mode);
    if (!file_write_check(destination.path, err))
        return false;
    parent = copy_directory_of(arena, destination.path);
    if (!destination.exists && stat(parent, &status) != 0)
        return error_set_errno(err, "stat %s", parent);
    if (!destination.exists && !S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INPUT, "not a directory: %s", parent);
    *ret_destination = destination;
    return true;
}

/* What the source is; with `follow_link` a symbolic link gives way to what it points to. */
static bool look_at_source(struct session *session, struct arena *arena, const char *id,
                           const char **source, bool follow, bool *ret_is_directory,
                           struct error *err)
{
    struct engine_path_stat stat = {0};
    struct session_call call = copy_stat_call(arena, id, *source);

    if (!session_fetch_all(session, arena, &call, 1, err))
        return false;
    if (!copy_stat_answer(arena, &call, &stat, err) && !error_is_set(err))
        (void)error_set(err, ERROR_INPUT,
                        "Error response from daemon: Could not find the file %s in container %s",
                        *source, id);
    session_fetch_finish(&call, 1);
    if (error_is_set(err))
        return false;
    if (!follow || !stat.is_symlink) {
        *ret_is_directory = stat.is_directory;
        return true;
    }
    *source = copy_link_target(arena, *source, stat.link_target);
    return look_at_source(session, arena, id, source, false, ret_is_directory, err);
}

static const char *path_query(struct arena *arena, const char *path)
{
    struct text query;
    const char *made;

    text_init(&query, 0);
    engine_query_add(&query, "path", path);
    made = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return made;
}

bool copy_from_container(struct session *session, struct arena *arena,
                         const struct copy_options *options, const char *id, const char *source,
                         const char *destination, struct error *err)
{
    struct extraction run = {.session = session, .pipe_descriptors = {-1, -1}};
    struct engine_call call = {
        .method = "GET",
        .path = engine_path(arena, "/containers/%s/archive", id),
        .on_chunk = on_chunk,
    };
    const char *named = source; /* a followed link keeps its name */
    struct copy_destination to;
    struct copy_place place;
    bool is_directory, is_pipe = false;

    if (!look_at_source(session, arena, id, &source, options->follow_link, &is_directory, err))
        return false;
    call.query = path_query(arena, source);
    if (strcmp(destination, "-") == 0)
        return download_to_stdout(session, call.path, call.query, err);
    if (!look_at(arena, copy_absolute_path(arena, options->working_dir, destination), &to, &is_pipe,
                 err) ||
        !copy_choose_place(arena, named, is_directory, &to, &place, err))
        return false;
    run.how.directory = place.directory;
    run.how.name = place.name;
    run.how.pipe = is_pipe ? to.path : NULL;
    return run_extraction(&run, &call, err);
}
