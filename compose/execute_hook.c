/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: commands inside a container (post_start, pre_stop), and containers that prepare a service (pre_start). */
#include <stdlib.h>
#include <string.h>

#include "compose/execute_internal.h"
#include "compose/labels.h"
#include "compose/names.h"
#include "compose/translate.h"
#include "compose/wanted.h"
#include "engine_client/query.h"
#include "spec/base/json_writer.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* "web-1 ->", as logs call the container; "web pre_start[0] ->". */
static const char *output_name(struct execution *run, const struct step *step)
{
    const struct spec_project *project = run->options->wanted->project;
    const char *prefix = arena_printf(run->arena, "%s%s", project->name, names_separator(project));

    if (step->kind == STEP_HOOK_RUN)
        return arena_printf(run->arena, "%s %s ->", step->name, step->hook_name);
    return arena_printf(run->arena, "%s ->",
                        text_starts_with(step->name, prefix) ? step->name + strlen(prefix) : step->name);
}

static void on_piece(void *owner, const struct engine_frame_piece *piece)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    if (run->options->on_hook_output)
        run->options->on_hook_output(run->options->output_owner, output_name(run, step), piece->bytes);
}

static void on_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct step *step = owner;
    struct error ignored;

    (void)req;
    error_init(&ignored);
    if (!engine_frames_feed(&step->work->frames, bytes, on_piece, step, &ignored))
        error_finish(&ignored); /* output that is no frames is not worth failing for */
}

static void fail_status(struct execution *run, struct step *step, int64_t status)
{
    struct error failure;

    error_init(&failure);
    if (step->kind == STEP_HOOK_RUN)
        (void)error_set(&failure, ERROR_INPUT, "service \"%s\" %s exited with code %lld", step->name,
                        step->hook_name, (long long)status);
    else
        (void)error_set(&failure, ERROR_INPUT, "%s hook exited with status %lld", step->service->name,
                        (long long)status);
    execute_failed(run, step, &failure);
    error_finish(&failure);
}

/* The common way out of a talk: the failure is fine, or it fails the step. */
static bool ended(struct step *step, const struct error *failure)
{
    struct execution *run = step->work->run;

    step->work->request = NULL;
    if (!failure)
        return false;
    if (execute_is_fine(run, step, failure))
        execute_done(run, step, NULL);
    else
        execute_failed(run, step, failure);
    return true;
}

/* -- exec -- */

static void on_exec_inspected(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_exec exec;
    struct error problem;

    if (ended(step, failure))
        return;
    error_init(&problem);
    if (!engine_exec_decode(run->arena, engine_request_body(req), &exec, &problem))
        execute_failed(run, step, &problem);
    else if (exec.exit_code != 0)
        fail_status(run, step, exec.exit_code);
    else
        execute_done(run, step, NULL);
    error_finish(&problem);
}

static void on_exec_ended(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    (void)req;
    if (ended(step, failure))
        return;
    execute_send(run, step, "GET", engine_path(run->arena, "/exec/%s/json", step->work->exec_id), NULL,
                 (struct span){0}, on_exec_inspected);
}

static void on_exec_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;
    struct engine_call call = {.method = "POST", .on_chunk = on_chunk};
    struct error problem;

    if (ended(step, failure))
        return;
    error_init(&problem);
    if (!engine_created_decode(run->arena, engine_request_body(req), &created, &problem)) {
        execute_failed(run, step, &problem);
        error_finish(&problem);
        return;
    }
    step->work->exec_id = xstrdup(created.id);
    call.path = engine_path(run->arena, "/exec/%s/start", created.id);
    call.body = span_of("{\"Detach\":false,\"Tty\":false}");
    step->work->request = engine_request_start(run->client, &call, on_exec_ended, step);
}

static void write_environment(struct json_writer *json, struct arena *arena, const struct pairs *environment)
{
    if (environment->count == 0)
        return;
    json_key(json, "Env");
    json_array_open(json);
    for (size_t i = 0; i < environment->count; i++)
        json_string(json, environment->items[i].value
                              ? arena_printf(arena, "%s=%s", environment->items[i].key,
                                             environment->items[i].value)
                              : environment->items[i].key);
    json_array_close(json);
}

bool execute_hook_exec(struct execution *run, struct step *step, struct error *failure)
{
    const struct spec_hook *hook = step->hook;
    struct json_writer json;
    struct text body;

    (void)failure;
    text_init(&body, 0);
    json_begin(&json, &body, 0);
    json_object_open(&json);
    json_member_bool(&json, "AttachStdout", true);
    json_member_bool(&json, "AttachStderr", true);
    translate_strings(&json, "Cmd", &hook->command.words);
    translate_member(&json, "User", hook->user);
    translate_member_true(&json, "Privileged", hook->privileged);
    translate_member(&json, "WorkingDir", hook->working_dir);
    write_environment(&json, run->arena, &hook->environment);
    json_object_close(&json);
    execute_send(run, step, "POST",
                 engine_path(run->arena, "/containers/%s/exec", step_value_get(step->object)), NULL,
                 text_span(&body), on_exec_created);
    text_finish(&body);
    return true;
}

/* -- pre_start: create → join networks → wait and start → exit code -- */

static void next_phase(struct step *step);

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
    service->working_dir = hook->working_dir && *hook->working_dir ? hook->working_dir : service->working_dir;
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

static void on_hook_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;
    struct error problem;

    if (ended(step, failure))
        return;
    error_init(&problem);
    if (!engine_created_decode(run->arena, engine_request_body(req), &created, &problem)) {
        execute_failed(run, step, &problem);
        error_finish(&problem);
        return;
    }
    step->work->exec_id = xstrdup(created.id);
    next_phase(step);
}

static void on_hook_joined(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    (void)req;
    if (!ended(step, failure))
        next_phase(step);
}

static void on_hook_ended(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_wait_result result;
    struct error problem;

    if (ended(step, failure))
        return;
    error_init(&problem);
    if (!engine_wait_decode(run->arena, engine_request_body(req), &result, &problem))
        execute_failed(run, step, &problem);
    else if (result.status_code != 0)
        fail_status(run, step, result.status_code);
    else
        execute_done(run, step, NULL);
    error_finish(&problem);
}

/* Only a failure of the start matters: its end is what the wait tells. */
static void on_hook_started(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    (void)req;
    if (failure && step->state == STEP_RUNNING && step->work->request) {
        error_copy(&step->failure, failure);
        engine_request_cancel(step->work->request);
    }
}

static void run_hook(struct execution *run, struct step *step)
{
    const char *id = step->work->exec_id;
    struct engine_call start = {.method = "POST"};

    execute_send(run, step, "POST", engine_path(run->arena, "/containers/%s/wait", id), "condition=next-exit",
                 (struct span){0}, on_hook_ended);
    start.path = engine_path(run->arena, "/containers/%s/start", id);
    (void)engine_request_start(run->client, &start, on_hook_started, step);
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
        if (!translate_connect_body(&body, &in, keys.items[step->work->phase], step->work->exec_id, &failure))
            execute_failed(run, step, &failure);
        else
            execute_send(run, step, "POST",
                         engine_path(run->arena, "/networks/%s/connect", network->name), NULL,
                         text_span(&body), on_hook_joined);
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
        execute_send(run, step, "POST", "/containers/create", NULL, text_span(&body), on_hook_created);
    text_finish(&body);
    return good;
}
