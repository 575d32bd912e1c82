/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "engine_client/image_reference.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"author", 'a', OPTION_STRING, .help = "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"},
    {"change", 'c', OPTION_LIST, .type = "list", .help = "Apply Dockerfile instruction to the created image"},
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas."},
    {"message", 'm', OPTION_STRING, .help = "Commit message"},
    {"pause", 'p', OPTION_BOOL, .initial = "true", .help = "Pause container during commit"},
    OPTION_END,
};
/* clang-format on */

static const char *given(const struct options *options, const char *name)
{
    return options_given(options, name) ? options_string(options, name) : NULL;
}

static bool write_query(const struct command_context *context, const char *id, struct text *out,
                        struct error *err)
{
    const struct options *options = context->options;
    const struct strings *changes = options_list(options, "change");
    struct image_reference reference;

    engine_query_add(out, "container", id);
    if (options->arguments.count > 1) {
        if (!image_reference_parse(context->arena, options->arguments.items[1], &reference, err))
            return false;
        if (reference.digest)
            return error_set(err, ERROR_USAGE, "refusing to create a tag with a digest reference");
        engine_query_add(out, "repo", image_reference_familiar_name(context->arena, &reference));
        engine_query_add(out, "tag", reference.tag ? reference.tag : "latest");
    }
    engine_query_add(out, "author", given(options, "author"));
    engine_query_add(out, "comment", given(options, "message"));
    for (size_t i = 0; i < changes->count; i++)
        engine_query_add(out, "changes", changes->items[i]);
    engine_query_add(out, "pause", options_bool(options, "pause") ? "1" : "0");
    return true;
}

static bool commit(struct command_context *context, const struct engine_container_entry *entry,
                   const char **ret_image, struct error *err)
{
    struct session_call call = {.method = "POST", .path = "/commit"};
    struct engine_created created;
    struct text query;
    bool good;

    text_init(&query, 0);
    good = write_query(context, entry->id, &query, err);
    call.query = query.bytes;
    good = good && session_fetch_call(context->session, context->arena, &call, err) &&
           engine_created_decode(context->arena, call.answer, &created, err);
    text_finish(&query);
    if (good)
        *ret_image = created.id;
    return good;
}

static bool run_commit(struct command_context *context, struct error *err)
{
    const struct engine_container_entry *entry;
    struct progress event = {.text = "Committing"};
    struct spec_project *project;
    const char *image = "";
    bool good = true;

    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_pick(context->session, context->arena, project->name,
                         context->options->arguments.items[0],
                         options_int(context->options, "index"), &entry, err))
        return false;
    event.id = containers_name(entry);
    console_begin(context->console, "commit");
    console_progress(context->console, &event);
    if (!context->dry_run)
        good = commit(context, entry, &image, err);
    event.status = good ? PROGRESS_DONE : PROGRESS_ERROR;
    event.text = good ? arena_printf(context->arena, "Committed as %s", image) : "Error";
    console_progress(context->console, &event);
    console_end(context->console);
    return good;
}

const struct command_body cmd_commit = {
    .usage = "[OPTIONS] SERVICE [REPOSITORY[:TAG]]",
    .options = option_rows,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run_commit,
};
