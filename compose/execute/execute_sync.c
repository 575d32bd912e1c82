/* SPDX-License-Identifier: Apache-2.0 */
/* Changed files of `watch` into a container: one archive, made while it is sent. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compose/execute/execute_internal.h"
#include "compose/watch/watch_rules.h"
#include "engine_client/query.h"
#include "engine_client/tar_stream.h"

/* What vanished meanwhile is a change of its own; what may not be read is told. */
static bool is_passed_over(struct step *step, const char *path, struct error *err)
{
    bool vanished = err->errno_value == ENOENT || err->errno_value == ENOTDIR ||
                    err->errno_value == ELOOP ||
                    err->errno_value == EINVAL; /* of a link that is none any more */

    if (err->kind != ERROR_SYSTEM || (!vanished && err->errno_value != EACCES))
        return false;
    if (!vanished)
        console_warn(step->work->run->console, "%s is not copied: it may not be read", path);
    error_finish(err);
    return true;
}

/* The next file that is still there. */
static enum tar_next next_file(void *owner, struct tar_stream *tar, struct error *err)
{
    struct step *step = owner;

    while (step->work->at < step->sync->count) {
        const struct watch_file *file = &step->sync->files[step->work->at++];
        struct tar_entry entry = {.path = file->target};
        struct stat status;

        if (file->gone || lstat(file->path, &status) != 0)
            continue;
        while (*entry.path == '/')
            entry.path++;
        entry.mode = status.st_mode & 07777;
        entry.modified_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
        if (tar_stream_put_path(tar, &entry, file->path, &status, err))
            return TAR_NEXT_ENTRY;
        if (!is_passed_over(step, file->path, err))
            return TAR_NEXT_FAILED;
    }
    return TAR_NEXT_END;
}

bool execute_container_sync(struct execution *run, struct step *step, struct error *failure)
{
    struct engine_call call = {
        .method = "PUT",
        .path = engine_path(run->arena, "/containers/%s/archive", step_value_get(step->object)),
        .query = "path=%2F&copyUIDGID=true",
        .content_type = "application/x-tar",
        .pull = tar_stream_pull,
    };

    (void)failure;
    step->work->at = 0;
    step->work->tar = tar_stream_create(next_file, step);
    call.pull_owner = step->work->tar;
    step->work->request = engine_request_start(run->client, &call, execute_on_done, step);
    return true;
}
