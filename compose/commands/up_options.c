/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_options.h"

#include <fnmatch.h>
#include <string.h>

#include "compose/provision/provision.h"
#include "compose/root.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/project.h"

static bool check_flags(const struct options *options, struct error *err)
{
    static const char *const policies[] = {"policy", "always", "missing",
                                           "never",  "build",  "if_not_present"};
    const char *pull = options_string(options, "pull");

    if (options_bool(options, "build") && options_bool(options, "no-build"))
        return error_set(err, ERROR_USAGE, "--build and --no-build are incompatible");
    if (options_bool(options, "force-recreate") && options_bool(options, "no-recreate"))
        return error_set(err, ERROR_USAGE, "--force-recreate and --no-recreate are incompatible");
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (!*pull || strcmp(pull, policies[i]) == 0)
            return true;
    return error_set(err, ERROR_USAGE, "invalid --pull option \"%s\"", pull);
}

bool up_options_read_scales(struct command_context *context, struct pairs *ret_scales,
                            struct error *err)
{
    const struct strings *list = options_list(context->options, "scale");

    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i], *equals = strchr(text, '=');
        int64_t number;

        if (!equals || equals == text || strchr(equals + 1, '='))
            return error_set(err, ERROR_USAGE,
                             "invalid --scale option \"%s\". Should be SERVICE=NUM", text);
        if (!number_parse_int64(equals + 1, &number))
            return error_set(err, ERROR_USAGE, "strconv.Atoi: parsing \"%s\": invalid syntax",
                             equals + 1);
        pairs_set(ret_scales, context->arena,
                  arena_strndup(context->arena, text, (size_t)(equals - text)), equals + 1);
    }
    return true;
}

/* The flag, or its variable where the flag is not given. */
static bool orphan_flags(struct command_context *context, struct reconcile_options *reconcile,
                         struct error *err)
{
    const char *remove = session_variable(context->session, "COMPOSE_REMOVE_ORPHANS");

    reconcile->remove_orphans = options_given(context->options, "remove-orphans")
                                    ? options_bool(context->options, "remove-orphans")
                                    : root_truthy(remove);
    reconcile->ignore_orphans =
        root_truthy(session_variable(context->session, "COMPOSE_IGNORE_ORPHANS"));
    if (reconcile->remove_orphans && reconcile->ignore_orphans)
        return error_set(err, ERROR_USAGE,
                         "cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans");
    return true;
}

static bool make(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                 struct error *err)
{
    struct up_options *up = job->owner;

    up->reconcile.images_done = job->images_done;
    up->reconcile.answers = job->answers;
    up->reconcile.now_ns = instant_now();
    return reconcile_up(job->wanted, observed, &up->reconcile, ret_plan, err);
}

bool up_options_read_flags(struct up_options *up, struct error *err)
{
    struct command_context *context = up->job.context;
    const struct options *options = context->options;
    struct reconcile_options *reconcile = &up->reconcile;
    const char *pull = options_string(options, "pull");

    if (!check_flags(options, err) || !orphan_flags(context, reconcile, err))
        return false;
    reconcile->recreate = options_bool(options, "force-recreate") ? RECREATE_FORCE
                          : options_bool(options, "no-recreate")  ? RECREATE_NEVER
                                                                  : RECREATE_DIVERGED;
    reconcile->recreate_dependencies =
        options_bool(options, "no-recreate") ? RECREATE_NEVER : RECREATE_DIVERGED;
    reconcile->preview = context->dry_run;
    reconcile->build = options_bool(options, "build");
    reconcile->no_build = options_bool(options, "no-build");
    if (*pull && strcmp(pull, "policy") != 0)
        reconcile->pull = strcmp(pull, "if_not_present") == 0 ? "missing" : pull;
    up->job.assume_yes = options_bool(options, "yes");
    up->job.execute.quiet_pull = options_bool(options, "quiet-pull");
    return true;
}

/* Arguments may be patterns; targets are names. */
static struct strings targets(struct arena *arena, const struct spec_project *project,
                              const struct strings *arguments)
{
    struct strings names = {0};

    for (size_t i = 0; arguments->count > 0 && i < project->services.count; i++)
        for (size_t j = 0; j < arguments->count; j++)
            if (fnmatch(arguments->items[j], project->services.items[i].key, 0) == 0) {
                strings_add(&names, arena, project->services.items[i].key);
                break;
            }
    return names;
}

bool up_options_init(struct up_options *up, struct command_context *context,
                     const struct strings *services, bool no_deps, const struct pairs *scales,
                     struct error *err)
{
    struct spec_load_options load = session_load_options(context);

    *up = (struct up_options){.services = *services};
    up->job = (struct converge){.context = context, .make = make};
    if (!session_project(context, PROJECT_MODEL, &load, &up->project, err))
        return false;
    for (size_t i = 0; i < up->project->services.count; i++)
        strings_add(&up->reconcile.known, context->arena, up->project->services.items[i].key);
    if (!spec_project_select(up->project, services, no_deps, context->root->all_resources, err) ||
        !session_read_service_files(context, err) || !provision_up(context, up->project, err) ||
        !wanted_create(up->project, scales, NULL, &up->job.wanted, err))
        return false;
    wanted_read_contents(up->job.wanted);
    up->reconcile.targets = targets(context->arena, up->project, services);
    converge_want_all(&up->job.wants, context->arena, up->job.wanted);
    return true;
}

bool up_options_need_services(const struct up_options *up, struct error *err)
{
    if (up->project->services.count > 0 || up->job.context->root->all_resources)
        return true;
    return error_set(err, ERROR_INPUT, "no service selected");
}

void up_options_finish(struct up_options *up)
{
    wanted_destroy(up->job.wanted);
}

bool up_options_converge(struct up_options *up, struct error *err)
{
    up->job.owner = up;
    return converge(&up->job, err);
}
