/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/terminal.h"
#include "compose/copy/download.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/interrupt.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas."},
    {"output", 'o', OPTION_STRING, .help = "Write to a file, instead of STDOUT"},
    OPTION_END,
};
/* clang-format on */

static bool export_to_file(struct command_context *context, const char *path, const char *output,
                           struct error *err)
{
    struct file_write file;

    if (!file_write_check(output, err))
        return error_wrap(err, "failed to export container");
    if (!file_write_open(&file, output, interrupt_descriptor(), err))
        return false;
    if (download_to_file(context->session, path, NULL, &file, err) && file_write_commit(&file, err))
        return true;
    file_write_abandon(&file);
    return false;
}

static bool run_export(struct command_context *context, struct error *err)
{
    const char *file = options_string(context->options, "output");
    const struct engine_container_entry *entry;
    struct progress event = {.text = "Exporting"};
    struct spec_project *project;
    const char *path;
    bool good = true;

    if (!session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_pick(context->session, context->arena, project->name,
                         context->options->arguments.items[0],
                         options_int(context->options, "index"), &entry, err))
        return false;
    if (!file[0] && terminal_is(STDOUT_FILENO))
        return error_set(err, ERROR_USAGE, "output option is required when exporting to terminal");
    path = engine_path(context->arena, "/containers/%s/export", entry->id);
    event.id = containers_name(entry);
    console_begin(context->console, "export");
    console_progress(context->console, &event);
    if (!context->dry_run)
        good = file[0] ? export_to_file(context, path, file, err)
                       : download_to_stdout(context->session, path, NULL, err);
    event.status = good ? PROGRESS_DONE : PROGRESS_ERROR;
    event.text = good ? "Exported" : "Error";
    console_progress(context->console, &event);
    console_end(context->console);
    return good;
}

const struct command_body cmd_export = {
    .usage = "[OPTIONS] SERVICE",
    .options = option_rows,
    .min_arguments = 1,
    .run = run_export,
};
