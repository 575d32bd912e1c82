/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/provision.h"

#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/provision/models.h"
#include "compose/provision/provider.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "engine_client/docker_config.h"
#include "engine_client/endpoint.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/project.h"

/* One talk at a time; its completions come here. */
struct provision {
    struct command_context *context;
    struct spec_project *project;
    const struct docker_config *docker;
    struct arena *arena; /* of the variables; as long-lived as the project */
    const char *service; /* whose provider is running */
    struct pairs variables;
    struct strings raw; /* names of variables that were given as they are */
    const char *endpoint;
    bool done;
    struct error failure;
};

static bool provision_init(struct provision *provision, struct command_context *context,
                           struct error *err)
{
    struct engine_client *client;

    provision->context = context;
    error_init(&provision->failure);
    if (!session_client(context->session, &client, err))
        return false;
    provision->docker = session_docker_config(context->session);
    return true;
}

static void show(struct provision *provision, const char *id, const char *text,
                 enum progress_status status)
{
    console_progress(provision->context->console,
                     &(struct progress){.id = id, .text = text, .status = status});
}

/* Turn the loop until the talk is over. An interruption is passed on to it by `cancel`. */
static bool wait_for(struct provision *provision, void (*cancel)(void *run), void *run,
                     struct error *err)
{
    bool good = session_run_until(provision->context->session, &provision->done, err);

    if (!good && !provision->done)
        cancel(run);
    session_drain(provision->context->session, &provision->done);
    provision->done = false;
    if (!good) {
        error_finish(&provision->failure);
        return false;
    }
    if (!error_is_set(&provision->failure))
        return true;
    error_move(err, &provision->failure);
    return false;
}

static void end_talk(struct provision *provision, const struct error *failure)
{
    if (failure)
        error_copy(&provision->failure, failure);
    provision->done = true;
    session_stop(provision->context->session);
}

/* -- Providers -- */

static void on_message(void *owner, const struct provider_message *message)
{
    struct provision *provision = owner;
    struct console *console = provision->context->console;

    switch (message->kind) {
    case PROVIDER_INFO:
        show(provision, provision->service, message->text, PROGRESS_WORKING);
        return;
    case PROVIDER_ERROR:
        show(provision, provision->service, message->text, PROGRESS_ERROR);
        return;
    case PROVIDER_DEBUG:
        if (provision->context->root->docker.debug)
            console_note(console, "%s: %s\n", provision->service, message->text);
        return;
    case PROVIDER_SETENV:
    case PROVIDER_RAWSETENV:
        if (!provision->arena)
            return; /* `down` and `stop` have nobody to give them to */
        const char *name = arena_strdup(
            provision->arena, provider_variable(provision->arena, provision->service, message));

        pairs_set(&provision->variables, provision->arena, name,
                  arena_strdup(provision->arena, message->value));
        if (message->kind == PROVIDER_RAWSETENV)
            strings_add(&provision->raw, provision->arena, name);
        return;
    }
}

static void on_provider_done(void *owner, const struct error *failure)
{
    end_talk(owner, failure);
}

static void cancel_provider(void *run)
{
    provider_cancel(run);
}

struct action {
    const char *name, *working, *done;
};

static const struct action action_up = {"up", "Creating", "Created"};
static const struct action action_down = {"down", "Removing", "Removed"};
static const struct action action_stop = {"stop", "Stopping", "Stopped"};

static bool run_provider(struct provision *provision, const struct spec_project *project,
                         const struct spec_service *service, const struct action *action,
                         struct error *err)
{
    struct provider_options options = {
        .project = project,
        .service = service,
        .action = action->name,
        .docker = provision->docker,
        .endpoint = session_endpoint(provision->context->session),
    };
    struct provider_run *run;

    provision->service = service->name;
    provision->variables.count = 0;
    provision->raw.count = 0;
    show(provision, service->name, action->working, PROGRESS_WORKING);
    if (provision->context->dry_run) {
        show(provision, service->name, action->done, PROGRESS_DONE);
        return true;
    }
    run = provider_start(session_loop(provision->context->session), &options, on_message,
                         on_provider_done, provision);
    if (!wait_for(provision, cancel_provider, run, err)) {
        show(provision, service->name, "Error", PROGRESS_ERROR);
        return error_wrap(err, "service \"%s\"", service->name);
    }
    show(provision, service->name, action->done, PROGRESS_DONE);
    return true;
}

static bool depends_on(const struct spec_service *service, const char *name)
{
    for (size_t i = 0; i < service->depends_on.count; i++)
        if (strcmp(service->depends_on.items[i].key, name) == 0)
            return true;
    return false;
}

/* What was handed out goes to the services that depend on the provider. */
static void give_variables(struct provision *provision, struct spec_service **service)
{
    struct spec_service *copy;

    if (provision->variables.count == 0 || !depends_on(*service, provision->service))
        return;
    copy = spec_service_copy(provision->arena, *service);
    for (size_t i = 0; i < provision->variables.count; i++) {
        const struct pair *variable = &provision->variables.items[i];
        const struct pair *own = pairs_find(&copy->environment, variable->key);

        if (own && own->value && strcmp(own->value, variable->value) != 0 &&
            strings_contain(&provision->raw, variable->key))
            console_warn(provision->context->console,
                         "provider \"%s\" overrides environment variable \"%s\" in service \"%s\"",
                         provision->service, variable->key, copy->name);
        pairs_set(&copy->environment, provision->arena, variable->key, variable->value);
    }
    pairs_sort(&copy->environment);
    *service = copy;
}

static bool run_providers(struct provision *provision, struct error *err)
{
    struct spec_project *project = provision->project;
    struct spec_service_list order = spec_project_services_in_order(project);

    for (size_t i = 0; i < order.count; i++) {
        if (!order.items[i]->provider)
            continue;
        if (!run_provider(provision, project, order.items[i], &action_up, err))
            return false;
        for (size_t s = 0; s < project->services.count; s++)
            give_variables(provision, &project->services.items[s].value);
    }
    return true;
}

/* -- Models -- */

static void on_models_progress(void *owner, const char *model, const char *text, bool done)
{
    show(owner, model, text, done ? PROGRESS_DONE : PROGRESS_WORKING);
}

static void on_models_done(void *owner, const char *endpoint, const struct error *failure)
{
    struct provision *provision = owner;

    if (!failure)
        provision->endpoint = arena_strdup(provision->arena, endpoint);
    end_talk(provision, failure);
}

static void cancel_models(void *run)
{
    models_cancel(run);
}

static struct strings used_models(const struct provision *provision)
{
    const struct spec_service_map *services = &provision->project->services;
    struct strings keys = {0};

    for (size_t i = 0; i < services->count; i++)
        for (size_t m = 0; m < services->items[i].value->models.count; m++)
            if (!strings_contain(&keys, services->items[i].value->models.items[m].key))
                strings_add(&keys, provision->arena, services->items[i].value->models.items[m].key);
    strings_sort(&keys);
    return keys;
}

static bool serve_models(struct provision *provision, struct error *err)
{
    struct spec_service_map *services = &provision->project->services;
    struct strings keys = used_models(provision);
    struct models_options options = {
        .project = provision->project,
        .keys = &keys,
        .docker = provision->docker,
        .endpoint = session_endpoint(provision->context->session),
    };
    struct models_run *run;

    if (keys.count == 0)
        return true;
    run = models_start(session_loop(provision->context->session), &options, on_models_progress,
                       on_models_done, provision);
    if (!wait_for(provision, cancel_models, run, err))
        return false;
    for (size_t i = 0; i < services->count; i++) {
        struct pairs variables = models_variables(provision->arena, provision->project,
                                                  services->items[i].value, provision->endpoint);
        struct spec_service *copy;

        if (variables.count == 0)
            continue;
        copy = spec_service_copy(provision->arena, services->items[i].value);
        for (size_t v = 0; v < variables.count; v++)
            pairs_set(&copy->environment, provision->arena, variables.items[v].key,
                      variables.items[v].value);
        pairs_sort(&copy->environment);
        services->items[i].value = copy;
    }
    return true;
}

static bool is_needed(const struct spec_project *project)
{
    for (size_t i = 0; i < project->services.count; i++)
        if (project->services.items[i].value->provider ||
            project->services.items[i].value->models.count > 0)
            return true;
    return false;
}

bool provision_up(struct command_context *context, struct spec_project *project, struct error *err)
{
    struct provision provision = {.project = project};

    if (!is_needed(project) || context->dry_run)
        return true;
    provision.arena = project->load->arena;
    return provision_init(&provision, context, err) && serve_models(&provision, err) &&
           run_providers(&provision, err);
}

bool provision_end(struct command_context *context, const struct spec_project *project,
                   const char *action, const struct strings *names, struct error *err)
{
    struct spec_service_list order = spec_project_services_in_order(project);
    struct provision provision = {0};
    bool good = true;

    if (!is_needed(project))
        return true;
    if (!provision_init(&provision, context, err))
        return false;
    for (size_t i = order.count; i-- > 0;) {
        const struct spec_service *service = order.items[i];
        struct error problem;

        error_init(&problem);
        if (!service->provider ||
            (names && names->count > 0 && !strings_contain(names, service->name)))
            continue;
        if (!run_provider(&provision, project, service,
                          strcmp(action, "stop") == 0 ? &action_stop : &action_down, &problem))
            good = error_append(err, &problem);
    }
    return good;
}
