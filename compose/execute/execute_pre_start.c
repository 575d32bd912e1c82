/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks that prepare a service in a container of their own, before its first start.
 * Source: Docker Compose 5.5.0, `pre_start`.
 */
#include <stdlib.h>
#include <string.h>

#include "compose/execute/execute_internal.h"
#include "compose/observe/names.h"
#include "compose/observe/wanted.h"
#include "compose/translate/translate.h"
#include "engine_client/query.h"
#include "spec/project.h"

/* The service with the hook's command in its place, without what belongs to the real container alone. */
static struct spec_service *hook_service(struct execution *run, const struct step *step)
{
    struct spec_service *service = spec_service_copy(run->arena, step->service);
    const struct spec_hook *hook = step->hook;

    service->image = hook->image && *hook->image
                         ? hook->image
                         : spec_service_image(run->options->wanted->project, step->service);
    if (hook->command.set)
        service->command = hook->command;
    service->entrypoint = (struct spec_command){0};
    service->user = hook->user && *hook->user ? hook->user : service->user;
    service->working_dir =
        hook->working_dir && *hook->working_dir ? hook->working_dir : service->working_dir;
    service->privileged = hook->privileged;
    for (size_t i = 0; i < hook->environment.count; i++)
        pairs_set(&service->environment, run->arena, hook->environment.items[i].key,
                  hook->environment.items[i].value);
    service->ports.count = service->expose.count = service->volumes.count = 0;
    service->configs.count = service->secrets.count = service->labels.count = 0;
    service->healthcheck = NULL;
    service->restart = NULL;
    service->deploy = NULL;
    service->container_name = NULL;
    service->volumes_from = (struct strings){0};
    strings_add(&service->volumes_from, run->arena, step_value_get(step->containers[0]));
    return service;
}

static struct translate_container hook_container(struct execution *run, const struct step *step)
{
    return (struct translate_container){
        .project = run->options->wanted->project,
        .service = hook_service(run, step),
        .api_minor = engine_client_facts(run->client)->api_minor,
        .podman = engine_client_is_podman(run->client),
        .name = arena_printf(run->arena, "%s%s%s%s0", run->options->wanted->project->name,
                             names_separator(run->options->wanted->project), step->service->name,
                             names_separator(run->options->wanted->project)),
        .auto_remove = true,
        .few_labels = true,
    };
}

/* -- Its life: attach → wait → start; over when all three are -- */

static void conclude(struct step *step)
{
    struct step_work *work = step->work;

    if (work->request || work->attach || work->launch)
        return;
    if (error_is_set(&work->hook_failure))
        execute_failed(work->run, step, &work->hook_failure);
    else if (work->hook_status != 0)
        execute_hook_failed(work->run, step, work->hook_status);
    else
        execute_done(work->run, step, NULL);
}

/* The first failure counts; the others are given up for it. */
static void note_failure(struct step *step, const struct error *failure)
{
    struct step_work *work = step->work;

    if (error_is_set(&work->hook_failure))
        return;
    error_copy(&work->hook_failure, failure);
    if (work->request)
        engine_request_cancel(work->request);
    if (work->attach)
        engine_request_cancel(work->attach);
    if (work->launch)
        engine_request_cancel(work->launch);
}

static void on_ended(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct engine_wait_result result;
    struct error problem;

    step->work->request = NULL;
    error_init(&problem);
    if (failure)
        note_failure(step, failure);
    else if (!engine_wait_decode(step->work->run->arena, engine_request_body(req), &result,
                                 &problem))
        note_failure(step, &problem);
    else
        step->work->hook_status = result.status_code;
    error_finish(&problem);
    conclude(step);
}

static void on_started(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    (void)req;
    step->work->launch = NULL;
    if (failure)
        note_failure(step, failure);
    else
        execute_release_slot(step->work->run, step); /* it may need other services to come up */
    conclude(step);
}

/* The engine has noted that we wait: its end cannot be missed any more, however short its life. */
static void on_waiting(void *owner, struct engine_request *req)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(run->arena, "/containers/%s/start", step->work->exec_id),
    };

    (void)req;
    if (!error_is_set(&step->work->hook_failure))
        step->work->launch = engine_request_start(run->client, &call, on_started, step);
}

static void on_attached(void *owner, struct engine_request *req)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(run->arena, "/containers/%s/wait", step->work->exec_id),
        .query = "condition=next-exit",
        .on_open = on_waiting,
    };

    (void)req;
    if (!error_is_set(&step->work->hook_failure))
        step->work->request = engine_request_start(run->client, &call, on_ended, step);
}

static void on_detached(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    (void)req;
    step->work->attach = NULL;
    if (failure)
        note_failure(step, failure);
    conclude(step);
}

static void run_hook(struct execution *run, struct step *step)
{
    struct engine_call call = {
        .method = "POST",
        .path = engine_path(run->arena, "/containers/%s/attach", step->work->exec_id),
        .query = "stream=1&stdout=1&stderr=1",
        .duplex = true,
        .on_open = on_attached,
        .on_chunk = execute_hook_chunk,
    };

    engine_frames_init(&step->work->frames, step->service->tty);
    step->work->attach = engine_request_start(run->client, &call, on_detached, step);
}

/* -- Before: create, join networks -- */

static void next_phase(struct step *step);

/* False when the request has failed, and the step with it. */
static bool went_well(struct step *step, const struct error *failure)
{
    step->work->request = NULL;
    if (!failure)
        return true;
    execute_note_outdated(step->work->run, step, failure);
    execute_failed(step->work->run, step, failure);
    return false;
}

static void on_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;

    if (!went_well(step, failure) || !execute_created(run, step, req, &created))
        return;
    step->work->exec_id = xstrdup(created.id);
    next_phase(step);
}

static void on_joined(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    (void)req;
    if (went_well(step, failure))
        next_phase(step);
}

/* Networks that an old engine does not take at creation are joined one by one; then it runs. */
static void next_phase(struct step *step)
{
    struct execution *run = step->work->run;
    struct translate_container in = hook_container(run, step);
    struct strings keys = translate_networks_in_order(run->arena, in.service);
    struct error failure;
    struct text body;

    while (++step->work->phase < keys.count) {
        const struct spec_network *network;

        if (translate_network_in_body(in.api_minor, step->work->phase))
            continue;
        network = spec_project_network(in.project, keys.items[step->work->phase]);
        text_init(&body, 0);
        error_init(&failure);
        if (!translate_connect_body(&body, &in, keys.items[step->work->phase], step->work->exec_id,
                                    &failure))
            execute_failed(run, step, &failure);
        else
            execute_send(run, step, "POST",
                         engine_path(run->arena, "/networks/%s/connect", network->name), NULL,
                         text_span(&body), on_joined);
        error_finish(&failure);
        text_finish(&body);
        return;
    }
    run_hook(run, step);
}

bool execute_hook_run(struct execution *run, struct step *step, struct error *failure)
{
    struct translate_container in = hook_container(run, step);
    struct warnings warnings = {.arena = run->arena};
    struct text body;
    bool good;

    text_init(&body, 0);
    good = translate_container_body(&body, &in, &warnings, failure);
    if (good)
        execute_send(run, step, "POST", "/containers/create", NULL, text_span(&body), on_created);
    text_finish(&body);
    return good;
}
