/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/bake_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compose/session/child.h"
#include "engine_client/build_status.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/project.h"

#define ERROR_PREFIX "ERROR: "

struct bake_run {
    struct arena *arena;
    const struct bake_file *file;
    engine_build_message_fn *on_message;
    bake_line_fn *on_line;
    bake_done_fn *done;
    void *owner;
    struct child *child;
    char *metadata_path;
    struct text complaints; /* lines on stderr that are no progress */
    const char *failed_service, *summary;
    bool cancelled;
};

/* What follows "ERROR: ", after an excerpt of the Dockerfile; of several builds, "target NAME: failed to solve: ...". */
static void note_summary(struct bake_run *run, struct span line)
{
    run->summary = arena_strndup(run->arena, line.bytes, line.length);
    run->failed_service = NULL;
    for (size_t i = 0; i < run->file->target_count; i++) {
        const struct bake_target *target = &run->file->targets[i];

        if (text_starts_with(run->summary, arena_printf(run->arena, "target %s: ", target->name)))
            run->failed_service = target->service->name;
    }
}

static void on_progress_line(void *owner, struct span line)
{
    struct bake_run *run = owner;
    struct error ignored;

    error_init(&ignored);
    if (line.bytes[0] == '{' && build_status_decode(line, run->on_message, run->owner, &ignored)) {
        if (run->on_line)
            run->on_line(run->owner, line);
    } else {
        if (line.length > strlen(ERROR_PREFIX) &&
            memcmp(line.bytes, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0) {
            line = (struct span){line.bytes + strlen(ERROR_PREFIX),
                                 line.length - strlen(ERROR_PREFIX)};
            note_summary(run, line);
        }
        if (run->complaints.length + line.length >= LIMIT_MESSAGE_BYTES)
            text_clear(&run->complaints); /* the end says why it failed */
        if (run->complaints.length > 0)
            text_add_char(&run->complaints, '\n');
        text_add_bytes(&run->complaints, line.bytes, line.length);
    }
    error_finish(&ignored); /* what is no JSON is a message: it was kept */
}

/* Empty where buildx wrote none: a digest that is missing is reported then. */
static struct span read_metadata(struct bake_run *run)
{
    CLEANUP(text_finish) struct text content;
    CLEANUP(error_finish) struct error unreadable;

    error_init(&unreadable);
    text_init(&content, LIMIT_JSON_LINE_BYTES);
    if (!file_read_whole(run->metadata_path, &content, &unreadable))
        return (struct span){"", 0};
    return (struct span){arena_strndup(run->arena, content.bytes, content.length), content.length};
}

static bool read_digests(struct bake_run *run, struct pairs *ret_digests, struct error *err)
{
    struct span metadata = read_metadata(run);
    struct pairs digests = {0};

    for (size_t i = 0; i < run->file->target_count; i++) {
        const struct bake_target *target = &run->file->targets[i];
        const char *const path[] = {target->name, "containerimage.digest"};
        struct span digest;

        if (!target->wanted)
            continue;
        digest = engine_json_find_segments(metadata, path, COUNT_OF(path));
        if (!digest.bytes)
            return error_set(err, ERROR_INPUT,
                             "build result not found in Bake metadata for service %s",
                             target->service->name);
        pairs_add(&digests, run->arena, target->service->name,
                  engine_json_text(run->arena, digest));
    }
    *ret_digests = digests;
    return true;
}

static void run_destroy(struct bake_run *run)
{
    if (run->metadata_path)
        (void)unlink(run->metadata_path); /* gone where buildx never wrote it */
    free(run->metadata_path);
    text_finish(&run->complaints);
    arena_destroy(run->arena);
    free(run);
}

static void on_bake_done(void *owner, const struct child_end *end)
{
    struct bake_run *run = owner;
    struct bake_end result = {
        .output = end->output, .failed_service = run->failed_service, .summary = run->summary};
    struct error failure;

    error_init(&failure);
    if (run->cancelled)
        (void)error_set(&failure, ERROR_CANCELED, "the build was interrupted");
    else if (end->failure)
        error_copy(&failure, end->failure);
    else if (!child_succeeded(end) && run->complaints.length > 0)
        (void)error_set(&failure, ERROR_INPUT, "%s", run->complaints.bytes);
    else if (!child_succeeded(end))
        (void)error_set(&failure, ERROR_INPUT, "failed to execute bake: %s",
                        child_end_text(run->arena, end));
    else if (!run->file->options->check)
        (void)read_digests(run, &result.digests, &failure);
    result.failure = error_is_set(&failure) ? &failure : NULL;
    run->done(run->owner, &result);
    error_finish(&failure);
    run_destroy(run);
}

static struct strings arguments_of(struct bake_run *run)
{
    static const char *const fixed[] = {"bake",       "--file",  "-",
                                        "--progress", "rawjson", "--metadata-file"};
    const struct bake_options *options = run->file->options;
    struct strings words = {0};

    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        strings_add(&words, run->arena, fixed[i]);
    strings_add(&words, run->arena, run->metadata_path);
    for (size_t i = 0; i < run->file->readable.count; i++) {
        strings_add(&words, run->arena, "--allow");
        strings_add(&words, run->arena,
                    arena_printf(run->arena, "fs.read=%s", run->file->readable.items[i]));
    }
    if (run->file->privileged) {
        strings_add(&words, run->arena, "--allow");
        strings_add(&words, run->arena, "security.insecure");
    }
    if (options->sbom)
        strings_add(&words, run->arena, arena_printf(run->arena, "--sbom=%s", options->sbom));
    if (options->provenance)
        strings_add(&words, run->arena,
                    arena_printf(run->arena, "--provenance=%s", options->provenance));
    if (options->builder) {
        strings_add(&words, run->arena, "--builder");
        strings_add(&words, run->arena, options->builder);
    }
    if (options->quiet)
        strings_add(&words, run->arena, "--progress=quiet");
    return words;
}

/* A name of our own that nobody else can take; buildx replaces the file. */
static char *make_metadata_path(void)
{
    const char *directory = getenv("TMPDIR");
    char *path =
        xasprintf("%s/compose-build-metadata-XXXXXX", directory && *directory ? directory : "/tmp");
    int file = mkostemp(path, O_CLOEXEC);

    if (file >= 0)
        (void)close(file); /* where it could not be made, buildx will say why */
    return path;
}

struct bake_run *bake_start(uv_loop_t *loop, const struct builder *builder,
                            const struct bake_file *file, engine_build_message_fn *on_message,
                            bake_line_fn *on_line, bake_done_fn *done, void *owner)
{
    struct bake_run *run = xcalloc(1, sizeof(*run));
    struct pairs environment = {0};
    struct strings arguments;
    struct text json;

    run->arena = arena_create();
    run->file = file;
    run->on_message = on_message;
    run->on_line = on_line;
    run->done = done;
    run->owner = owner;
    run->metadata_path = make_metadata_path();
    text_init(&run->complaints, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < file->environment.count; i++)
        pairs_set(&environment, run->arena, file->environment.items[i].key,
                  file->environment.items[i].value);
    for (size_t i = 0; i < builder->environment.count; i++)
        pairs_set(&environment, run->arena, builder->environment.items[i].key,
                  builder->environment.items[i].value);
    arguments = arguments_of(run);
    text_init(&json, 0);
    bake_write(run->arena, file, &json);

    struct child_options options = {
        .program = builder->buildx,
        .arguments = &arguments,
        .environment = &environment,
        .input = text_span(&json),
        .on_diagnostic = on_progress_line,
        .done = on_bake_done,
        .owner = run,
    };

    run->child = child_start(loop, &options);
    text_finish(&json);
    return run;
}

void bake_cancel(struct bake_run *run)
{
    run->cancelled = true;
    child_signal(run->child, SIGINT);
}
