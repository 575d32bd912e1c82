/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/console/output.h"
#include "compose/console/since.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "compose/streams/log_follow.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"follow", 'f', OPTION_BOOL, .help = "Follow log output"},
    {"index", .kind = OPTION_INT, .help = "index of the container if service has multiple replicas"},
    {"json", .kind = OPTION_BOOL, .help = "Print one JSON object a line"},
    {"no-color", .kind = OPTION_BOOL, .help = "Produce monochrome output"},
    {"no-log-prefix", .kind = OPTION_BOOL, .help = "Don't print prefix in logs"},
    {"since", .kind = OPTION_STRING, .help = "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"},
    {"tail", 'n', OPTION_STRING, .initial = "all", .help = "Number of lines to show from the end of the logs for each container"},
    {"timestamps", 't', OPTION_BOOL, .help = "Show timestamps"},
    {"until", .kind = OPTION_STRING, .help = "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"},
    OPTION_END,
};
/* clang-format on */

static bool read_instants(const struct options *options, struct log_follow_options *follow,
                          struct error *err)
{
    const char *since = options_string(options, "since"), *until = options_string(options, "until");
    int64_t now_ns = instant_now();

    if (since[0] && !since_parse(since, now_ns, &follow->since_ns, err))
        return error_wrap(err, "invalid value for \"since\"");
    if (until[0] && !since_parse(until, now_ns, &follow->until_ns, err))
        return error_wrap(err, "invalid value for \"until\"");
    return true;
}

/* Less than none is all, as the engine takes it; it would take anything else for all, too, without a word. */
static bool read_tail(const char *tail, const char **ret_tail, struct error *err)
{
    int64_t lines;

    *ret_tail = tail;
    if (strcmp(tail, "all") == 0)
        return true;
    if (!number_parse_int64(tail, &lines)) {
        (void)error_set(err, ERROR_USAGE, "invalid argument \"%s\" for \"-n, --tail\" flag", tail);
        return error_hint(err, "Give a number of lines, or all");
    }
    if (lines < 0)
        *ret_tail = "all";
    return true;
}

/* Without arguments: what the file has, but services with `attach: false`, unless all are such. */
static struct strings services_of_file(struct arena *arena, const struct spec_project *project)
{
    struct strings chosen = {0}, all = {0};

    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        strings_add(&all, arena, service->name);
        if (!service->attach.set || service->attach.value)
            strings_add(&chosen, arena, service->name);
    }
    return chosen.count > 0 ? chosen : all;
}

/* Arguments must exist where a file says what does; by name alone, all that the project has containers of is meant. */
static bool choose_services(struct command_context *context, struct log_follow_options *follow,
                            struct error *err)
{
    const struct strings *arguments = &context->options->arguments;
    struct spec_project *project;

    if (!session_project(context, PROJECT_MODEL_OR_NAME, NULL, &project, err))
        return false;
    follow->project = project->name;
    if (session_is_by_name(project) && context->root->project_name[0])
        follow->project = context->root->project_name; /* as given, as in Docker Compose 5.5.0 */
    follow->services = *arguments;
    follow->all_services = session_is_by_name(project) && arguments->count == 0;
    if (session_is_by_name(project))
        return true;
    for (size_t i = 0; i < arguments->count; i++) {
        struct strings one = {.items = &arguments->items[i], .count = 1};

        if (!spec_project_service(project, arguments->items[i]) &&
            !spec_project_select(project, &one, true, true, err))
            return false;
    }
    if (arguments->count == 0)
        follow->services = services_of_file(context->arena, project);
    return true;
}

static bool run_logs(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct log_follow_options how = {
        .index = options_int(options, "index"),
        .follow = options_bool(options, "follow"),
        .await_run = true,
        .printing = {.no_colour = options_bool(options, "no-color"),
                     .no_prefix = options_bool(options, "no-log-prefix"),
                     .timestamps = options_bool(options, "timestamps"),
                     .json = options_bool(options, "json")},
    };
    struct log_follow *follow;
    bool good;

    if (how.index > 0 && options->arguments.count != 1)
        return error_set(err, ERROR_USAGE, "--index requires one service to be selected");
    if (!read_tail(options_string(options, "tail"), &how.tail, err) ||
        !read_instants(options, &how, err) || !choose_services(context, &how, err))
        return false;
    if (how.follow)
        output_watch_reader(console_stdout(context->console));
    follow = log_follow_create(context->session, &how);
    good = log_follow_start(follow, err);
    if (good && how.index > 0 && log_follow_is_empty(follow))
        good = error_set(err, ERROR_INPUT, "service \"%s\" is not running container #%lld",
                         options->arguments.items[0], (long long)how.index);
    good = good && log_follow_finish(follow, err);
    log_follow_destroy(follow);
    return good;
}

const struct command_body cmd_logs = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_logs,
};
