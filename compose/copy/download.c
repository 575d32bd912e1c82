/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/copy/download.h"

#include <errno.h>

#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/session/session.h"
#include "engine_client/request.h"
#include "spec/base/file_write.h"

struct download {
    struct session *session;
    struct output *output;   /* stdout or a pipe; NULL for a regular file */
    struct file_write *file; /* NULL for stdout */
    struct engine_request *request;
    struct error failure;
    bool ended;
};

static void advance(struct download *download)
{
    /* What stdout has not taken yet is the console's to write. */
    bool is_writing = download->file && download->output && !output_failure(download->output) &&
                      output_pending_bytes(download->output) > 0;

    if (error_is_set(&download->failure) && download->request)
        engine_request_cancel(download->request);
    download->ended = !download->request && (!is_writing || error_is_set(&download->failure));
    if (download->ended)
        session_stop(download->session);
}

static void on_drained(void *owner)
{
    struct download *download = owner;

    if (download->request)
        engine_request_resume(download->request);
    else
        advance(download);
}

static void on_broken(void *owner)
{
    struct download *download = owner;

    errno = output_failure(download->output);
    if (!error_is_set(&download->failure))
        (void)error_set_errno(&download->failure, "write %s", download->file->path);
    advance(download);
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct download *download = owner;

    if (error_is_set(&download->failure))
        return;
    if (!download->output) {
        if (!file_write_bytes(download->file, bytes.bytes, bytes.length, &download->failure))
            advance(download);
        return;
    }
    output_write(download->output, bytes.bytes, bytes.length);
    if (output_is_full(download->output))
        engine_request_pause(request);
}

static void on_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct download *download = owner;

    (void)request;
    download->request = NULL;
    if (failure && !error_is_set(&download->failure))
        error_copy(&download->failure, failure);
    advance(download);
}

static bool run(struct download *download, const struct engine_call *call, struct error *err)
{
    struct engine_client *client;
    bool good;

    if (!session_client(download->session, &client, err))
        return false;
    error_init(&download->failure);
    if (download->output)
        output_on_drained(download->output, on_drained, download);
    download->request = engine_request_start(client, call, on_done, download);
    good = session_run_until(download->session, &download->ended, err);
    if (!good) {
        if (download->request) {
            engine_request_cancel(download->request);
            session_drain(download->session, &download->ended);
        }
    } else if (error_is_set(&download->failure)) {
        error_move(err, &download->failure);
        good = false;
    }
    if (download->output)
        output_on_drained(download->output, NULL, NULL);
    error_finish(&download->failure);
    return good;
}

bool download_to_stdout(struct session *session, const char *path, const char *query,
                        struct error *err)
{
    struct download download = {.session = session,
                                .output = console_stdout(session_console(session))};
    struct engine_call call = {.method = "GET", .path = path, .query = query, .on_chunk = on_chunk};

    return run(&download, &call, err);
}

bool download_to_file(struct session *session, const char *path, const char *query,
                      struct file_write *file, struct error *err)
{
    struct download download = {.session = session, .file = file};
    struct engine_call call = {.method = "GET", .path = path, .query = query, .on_chunk = on_chunk};
    bool good;

    if (file->is_stream) {
        download.output = output_create(session_loop(session), file->descriptor);
        output_on_broken(download.output, on_broken, &download);
    }
    good = run(&download, &call, err);
    if (!good && download.output)
        output_hurry(download.output);
    output_destroy(download.output);
    return good;
}
