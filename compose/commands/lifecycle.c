/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

#include <stdlib.h>
#include <string.h>

#include "compose/console/console.h"
#include "compose/console/prompt.h"
#include "compose/observe/project_labels.h"
#include "compose/provision/provision.h"
#include "compose/provision/run_mark.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "engine_client/client.h"
#include "spec/base/arena.h"
#include "spec/profiles.h"
#include "spec/project.h"

struct lifecycle_job {
    struct converge job;
    enum lifecycle what;
    struct spec_project *project;
    struct reconcile_containers options;
    bool empty, declined;
    bool acted;      /* an earlier plan was not empty */
    struct run_marks marks;
    bool none_known; /* none of the named services has a container */
};

static const char *const operations[] = {
    [LIFECYCLE_DOWN] = "down",       [LIFECYCLE_STOP] = "stop", [LIFECYCLE_START] = "start",
    [LIFECYCLE_RESTART] = "restart", [LIFECYCLE_KILL] = "kill", [LIFECYCLE_PAUSE] = "pause",
    [LIFECYCLE_UNPAUSE] = "unpause", [LIFECYCLE_RM] = "remove",
};

bool lifecycle_removes_orphans(const struct options *options)
{
    const char *variable = getenv("COMPOSE_REMOVE_ORPHANS");

    if (options_given(options, "remove-orphans"))
        return options_bool(options, "remove-orphans");
    return variable && root_truthy(variable);
}

/* By name: the services named, and all that depend on them. Source: Docker Compose 5.5.0, `down`. */
static void add_dependents(struct arena *arena, const struct spec_project *project,
                           struct strings *names)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < project->services.count; i++) {
            const struct spec_service *service = project->services.items[i].value;

            for (size_t j = 0; j < service->depends_on.count; j++)
                if (!strings_contain(names, service->name) &&
                    strings_contain(names, service->depends_on.items[j].key)) {
                    strings_add(names, arena, service->name);
                    changed = true;
                }
        }
    }
}

/* "Going to remove a, b" and, unless forced, the question. */
static bool may_remove(struct lifecycle_job *job, const struct plan *plan, bool *ret_may,
                       struct error *err)
{
    struct command_context *context = job->job.context;
    struct strings names = {0};
    const char *message;

    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_CONTAINER_REMOVE)
            strings_add(&names, context->arena, plan->steps[i]->name);
    *ret_may = true;
    if (names.count == 0)
        return true;
    message = arena_printf(context->arena, "Going to remove %s",
                           strings_join(&names, context->arena, ", "));
    if (options_bool(context->options, "force")) {
        console_print(context->console, "%s\n", message);
        return true;
    }
    return prompt_confirm(context->session, message, ret_may, err);
}

/*
 * By name, services are known from containers only, and most commands pass over what is not there. What starts does
 * not, and `down` does nothing at all when it knows none of the names: the networks are the others'.
 */
static bool check_known(struct lifecycle_job *job, struct error *err)
{
    struct strings known = {0};

    for (size_t i = 0; i < job->options.services.count; i++) {
        const char *name = job->options.services.items[i];

        if (spec_project_service(job->project, name))
            strings_add(&known, job->job.context->arena, name);
        else if (job->what == LIFECYCLE_RESTART)
            return spec_project_unknown(job->project, name, err);
        else if (job->what == LIFECYCLE_START && job->project->services.count > 0)
            return error_set(err, ERROR_INPUT, "no such service: \"%s\": not found", name);
    }
    job->none_known = job->what == LIFECYCLE_DOWN && known.count == 0;
    return true;
}

static bool make(struct converge *converge_job, const struct observed *observed,
                 struct plan **ret_plan, struct error *err)
{
    struct lifecycle_job *job = converge_job->owner;
    struct arena *arena = converge_job->context->arena;
    bool may = true;

    if (job->options.by_name) {
        project_from_labels(job->project, observed);
        if (job->options.named && !check_known(job, err))
            return false;
        if (job->what == LIFECYCLE_DOWN && job->options.named)
            add_dependents(arena, job->project, &job->options.services);
    }
    if (!converge_job->wanted &&
        !wanted_create(job->project, NULL, NULL, &converge_job->wanted, err))
        return false;
    if (job->none_known)
        *ret_plan = plan_create();
    else if (!reconcile_lifecycle(job->what, converge_job->wanted, observed, &job->options,
                                  ret_plan, err))
        return false;
    job->empty = (*ret_plan)->count == 0 && !job->acted;
    job->acted = !job->empty;
    if (job->what == LIFECYCLE_RM && !may_remove(job, *ret_plan, &may, err)) {
        plan_destroy(*ret_plan);
        return false;
    }
    if (!may) {
        job->declined = true;
        plan_destroy(*ret_plan);
        *ret_plan = plan_create();
    }
    return true;
}

static void want(struct lifecycle_job *job)
{
    struct observe_wants *wants = &job->job.wants;
    struct arena *arena = job->job.context->arena;

    wants->project_name = job->project->name;
    if (job->what != LIFECYCLE_DOWN)
        return;
    wants->networks = true;
    wants->volumes = job->options.volumes;
    wants->project_images = job->options.rmi != NULL;
    for (size_t i = 0; job->options.rmi && i < job->project->services.count; i++)
        strings_add(&wants->images, arena,
                    spec_service_image(job->project, job->project->services.items[i].value));
}

static void tell_nothing(struct lifecycle_job *job)
{
    struct console *console = job->job.context->console;

    if (!job->empty || job->declined)
        return;
    if (job->what == LIFECYCLE_KILL)
        console_notice(console, "No container to kill");
    else if (job->what == LIFECYCLE_RM)
        console_notice(console, "No stopped containers");
    else if (job->none_known)
        console_warn(console, "Any of the services [%s] not running in project \"%s\"",
                     strings_join(&job->options.services, job->job.context->arena, " "),
                     job->project->name);
    else if (job->what == LIFECYCLE_DOWN && job->project->networks.count == 0)
        console_warn(console, "Warning: No resource found to remove for project \"%s\".",
                     job->project->name);
}

/* Does it end or remove containers whether they run or not? */
static bool ends_all(enum lifecycle what, const struct reconcile_containers *options)
{
    return what == LIFECYCLE_DOWN || what == LIFECYCLE_STOP || what == LIFECYCLE_KILL ||
           (what == LIFECYCLE_RM && options->stop);
}

/* Marks of containers that this command does not remove (of other services) stay. */
static void drop_marks(const struct lifecycle_job *job, struct engine_client *client)
{
    if (!job->job.context->dry_run && !job->options.named)
        run_marks_drop(engine_client_url(client), job->project->name, &job->marks);
}

bool lifecycle_run(struct command_context *context, struct spec_project *project,
                   const struct reconcile_containers *options, enum lifecycle what,
                   const char *operation, struct error *err)
{
    return lifecycle_run_shown(context, project, options, what, operation, NULL, NULL, err);
}

bool lifecycle_run_shown(struct command_context *context, struct spec_project *project,
                         const struct reconcile_containers *options, enum lifecycle what,
                         const char *operation, execute_output_fn *on_hook_output,
                         void *output_owner, struct error *err)
{
    struct lifecycle_job job = {.what = what, .project = project, .options = *options};
    struct engine_client *client;
    bool good;

    if (!session_client(context->session, &client, err))
        return false;
    if (what == LIFECYCLE_DOWN) {
        run_marks_list(context->arena, engine_client_url(client), project->name, &job.marks);
        job.options.abandoned = job.marks.removes;
        job.options.abandoned_unstarted = job.marks.unstarted;
    }
    job.job =
        (struct converge){.context = context, .operation = operation, .make = make, .owner = &job};
    job.job.execute.wait_timeout_s = options->wait_timeout_s;
    job.job.execute.on_hook_output = on_hook_output;
    job.job.execute.output_owner = output_owner;
    if (ends_all(what, options))
        job.job.pending = PENDING_STARTS;
    job.job.pending_last = what == LIFECYCLE_KILL;
    want(&job);
    good = converge(&job.job, err);
    wanted_destroy(job.job.wanted);
    if (good) {
        tell_nothing(&job);
        drop_marks(&job, client);
    }
    return good;
}

/* Names must be known where there is a file; patterns are for commands that select. */
static bool select_services(struct spec_project *project, enum lifecycle what,
                            const struct strings *names, struct error *err)
{
    if (what == LIFECYCLE_START || what == LIFECYCLE_STOP)
        return spec_project_select(project, names, what == LIFECYCLE_STOP, true, err);
    spec_profiles_enable(project, names);
    for (size_t i = 0; i < names->count; i++)
        if (!spec_project_service(project, names->items[i]))
            return spec_project_unknown(project, names->items[i], err);
    return true;
}

/*
 * A service that the file does not have: with COMPOSE_PROJECT_NAME the containers are what counts, as if there were no
 * file. Source: Docker Compose 5.5.0.
 */
static bool load_project(struct command_context *context, enum lifecycle what,
                         struct spec_project **ret_project, struct error *err)
{
    const struct strings *names = &context->options->arguments;
    const char *name = getenv("COMPOSE_PROJECT_NAME");
    struct spec_project *project;
    struct error unknown;

    if (!session_project(context, PROJECT_MODEL_OR_NAME, NULL, &project, err))
        return false;
    error_init(&unknown);
    if (names->count > 0 && !session_is_by_name(project) &&
        !select_services(project, what, names, &unknown)) {
        if (!name || !*name) {
            error_move(err, &unknown);
            return false;
        }
        error_finish(&unknown);
        project = session_forget_files(context);
    }
    *ret_project = project;
    return true;
}

bool lifecycle_command(struct command_context *context, enum lifecycle what,
                       struct reconcile_containers *options, struct error *err)
{
    const struct strings *names = &context->options->arguments;
    struct spec_project *project;

    if (!load_project(context, what, &project, err))
        return false;
    options->by_name = session_is_by_name(project);
    options->services = *names;
    options->named = names->count > 0;
    if (!lifecycle_run(context, project, options, what, operations[what], err))
        return false;
    if (what == LIFECYCLE_STOP || what == LIFECYCLE_DOWN)
        return provision_end(context, project, what == LIFECYCLE_STOP ? "stop" : "down", names,
                             err);
    return true;
}
