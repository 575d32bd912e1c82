/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/copy/copy.h"
#include "compose/copy/copy_paths.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"all", .kind = OPTION_BOOL, .help = "Include containers created by the run command"},
    {"archive", 'a', OPTION_BOOL, .help = "Archive mode (copy all uid/gid information)"},
    {"follow-link", 'L', OPTION_BOOL, .help = "Always follow symbol link in SRC_PATH"},
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas"},
    OPTION_END,
};
/* clang-format on */

struct cp {
    struct command_context *context;
    struct copy_argument source, destination;
    const char *service;
    struct engine_container_list list;
};

/* Containers of the service, also those that do not run; a copy out of them takes the newest. */
static bool choose_containers(struct cp *cp, struct error *err)
{
    const struct options *options = cp->context->options;
    int64_t index = options_int(options, "index");
    struct strings services = {.items = &cp->service, .count = 1};
    unsigned flags = CONTAINERS_STOPPED | (options_bool(options, "all") ? CONTAINERS_ONEOFF : 0);
    struct spec_project *project;
    size_t kept = 0, newest = 0;

    if (!session_project(cp->context, PROJECT_NAME, NULL, &project, err) ||
        !containers_list(cp->context->session, cp->context->arena, project->name, flags, &services,
                         &cp->list, err))
        return false;
    for (size_t i = 0; i < cp->list.count; i++)
        if (index <= 0 || containers_number(&cp->list.items[i]) == index)
            cp->list.items[kept++] = cp->list.items[i];
    cp->list.count = kept;
    if (kept == 0 && index > 0)
        return error_set(err, ERROR_INPUT, "service \"%s\" is not running container #%lld",
                         cp->service, (long long)index);
    if (kept == 0)
        return error_set(err, ERROR_INPUT, "no container found for service \"%s\"", cp->service);
    if (!cp->source.service)
        return true;
    for (size_t i = 1; i < kept; i++)
        if (cp->list.items[i].created_ns > cp->list.items[newest].created_ns)
            newest = i;
    cp->list.items[0] = cp->list.items[newest];
    cp->list.count = 1;
    return true;
}

static bool read_arguments(struct cp *cp, struct error *err)
{
    const struct strings *arguments = &cp->context->options->arguments;

    cp->source = copy_argument_parse(cp->context->arena, arguments->items[0]);
    cp->destination = copy_argument_parse(cp->context->arena, arguments->items[1]);
    if (!cp->source.path[0])
        return error_set(err, ERROR_USAGE, "source can not be empty");
    if (!cp->destination.path[0])
        return error_set(err, ERROR_USAGE, "destination can not be empty");
    if (cp->source.service && cp->destination.service)
        return error_set(err, ERROR_USAGE, "copying between services is not supported");
    if (!cp->source.service && !cp->destination.service) {
        (void)error_set(err, ERROR_USAGE, "unknown copy direction");
        return error_hint(err, "Write SERVICE:PATH for one of the two");
    }
    cp->service = cp->source.service ? cp->source.service : cp->destination.service;
    return true;
}

static void show(const struct cp *cp, size_t container, const char *text,
                 enum progress_status status)
{
    const char *name = containers_name(&cp->list.items[container]);
    struct arena *arena = cp->context->arena;
    struct progress event = {.id = name, .text = text, .status = status};

    event.details =
        cp->source.service
            ? arena_printf(arena, "%s:%s to %s", name, cp->source.path, cp->destination.path)
            : arena_printf(arena, "%s to %s:%s", cp->source.path, name, cp->destination.path);
    console_progress(cp->context->console, &event);
}

static void on_copied(void *owner, size_t container)
{
    show(owner, container, "Copied", PROGRESS_DONE);
}

static bool copy(struct cp *cp, struct error *err)
{
    struct command_context *context = cp->context;
    const char **ids = arena_array(context->arena, cp->list.count, sizeof(*ids));
    char working_dir[PATH_MAX];
    struct copy_options options = {
        .follow_link = options_bool(context->options, "follow-link"),
        .archive = options_bool(context->options, "archive"),
        .working_dir = working_dir,
        .on_copied = on_copied,
        .owner = cp,
    };

    if (!getcwd(working_dir, sizeof(working_dir)))
        return error_set_errno(err, "cannot find the working directory");
    for (size_t i = 0; i < cp->list.count; i++)
        ids[i] = cp->list.items[i].id;
    if (!cp->source.service)
        return copy_to_containers(context->session, context->arena, &options, cp->source.path, ids,
                                  cp->list.count, cp->destination.path, err);
    if (!copy_from_container(context->session, context->arena, &options, ids[0], cp->source.path,
                             cp->destination.path, err))
        return false;
    on_copied(cp, 0);
    return true;
}

static bool run_cp(struct command_context *context, struct error *err)
{
    struct cp cp = {.context = context};
    bool good = true;

    if (!read_arguments(&cp, err) || !choose_containers(&cp, err))
        return false;
    console_begin(context->console, "copy");
    for (size_t i = 0; i < cp.list.count; i++)
        show(&cp, i, "Copying", PROGRESS_WORKING);
    if (!context->dry_run)
        good = copy(&cp, err);
    else
        for (size_t i = 0; i < cp.list.count; i++)
            on_copied(&cp, i);
    console_end(context->console);
    return good;
}

const struct command_body cmd_cp = {
    .usage =
        "[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-\n"
        "        docker compose cp [OPTIONS] SRC_PATH|- SERVICE:DEST_PATH",
    .options = option_rows,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run_cp,
};
