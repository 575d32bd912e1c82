/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/copy/download.h"

#include <errno.h>
#include <unistd.h>

#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/session/session.h"
#include "engine_client/request.h"

enum { TO_STDOUT = -1 };

struct download {
    struct session *session;
    struct output *output;
    int descriptor; /* or TO_STDOUT */
    struct engine_request *request;
    struct error failure;
    bool ended;
};

static bool write_all(int descriptor, struct span bytes, struct error *err)
{
    while (bytes.length > 0) {
        ssize_t count = write(descriptor, bytes.bytes, bytes.length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set_errno(err, "cannot write the file");
        bytes.bytes += count;
        bytes.length -= (size_t)count;
    }
    return true;
}

static void on_drained(void *owner)
{
    struct download *download = owner;

    if (download->request)
        engine_request_resume(download->request);
}

static void on_chunk(void *owner, struct engine_request *request, struct span bytes)
{
    struct download *download = owner;

    if (error_is_set(&download->failure))
        return;
    if (download->descriptor != TO_STDOUT) {
        if (!write_all(download->descriptor, bytes, &download->failure))
            engine_request_cancel(request);
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
    download->ended = true;
    session_stop(download->session);
}

static bool run(struct session *session, const char *path, const char *query, int descriptor,
                struct error *err)
{
    struct download download = {
        .session = session,
        .output = console_stdout(session_console(session)),
        .descriptor = descriptor,
    };
    struct engine_call call = {.method = "GET", .path = path, .query = query, .on_chunk = on_chunk};
    struct engine_client *client;
    bool good;

    if (!session_client(session, &client, err))
        return false;
    error_init(&download.failure);
    output_on_drained(download.output, on_drained, &download);
    download.request = engine_request_start(client, &call, on_done, &download);
    good = session_run_until(session, &download.ended, err);
    if (!good) {
        if (download.request)
            engine_request_cancel(download.request);
        session_drain(session, &download.ended);
    } else if (error_is_set(&download.failure)) {
        error_move(err, &download.failure);
        good = false;
    }
    output_on_drained(download.output, NULL, NULL);
    error_finish(&download.failure);
    return good;
}

bool download_to_stdout(struct session *session, const char *path, const char *query,
                        struct error *err)
{
    return run(session, path, query, TO_STDOUT, err);
}

bool download_to_file(struct session *session, const char *path, const char *query, int descriptor,
                      struct error *err)
{
    return run(session, path, query, descriptor, err);
}
