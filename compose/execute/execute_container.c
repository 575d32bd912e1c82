/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that are one request about a container. */
#include <inttypes.h>
#include <string.h>

#include "compose/execute/execute_internal.h"
#include "compose/observe/wanted.h"
#include "compose/translate/translate.h"
#include "engine_client/docker_config.h"
#include "engine_client/image_platform.h"
#include "engine_client/query.h"
#include "engine_client/tar_stream.h"
#include "spec/base/text.h"
#include "spec/hash.h"
#include "spec/node.h"
#include "spec/project.h"

static const char *container_path(struct execution *run, const struct step *step,
                                  const char *action)
{
    return engine_path(run->arena, "/containers/%s%s", step_value_get(step->object), action);
}

/* -- Create -- */

static void resolve(struct execution *run, const struct step *step, struct translate_container *in)
{
    const struct step_create *create = step->create;
    const struct spec_service *resolved;
    struct pairs ids = {0};

    for (size_t i = 0; i < create->reference_count; i++) {
        const char *id = step_value_get(create->references[i].container);

        if (id)
            pairs_add(&ids, run->arena, create->references[i].service, id);
    }
    resolved = wanted_resolve(run->arena, step->service, &ids);
    in->service = wanted_for_request(run->arena, step->service, resolved);
    in->config_hash =
        step->hash ? step->hash : spec_service_hash(run->arena, resolved, SPEC_HASH_5);
}

static struct translate_container describe(struct execution *run, const struct step *step)
{
    const struct step_create *create = step->create;
    const char *digest = step_value_get(create->image_digest);
    struct translate_container in = {
        .project = run->options->wanted->project,
        .service = step->service,
        .api_minor = engine_client_facts(run->client)->api_minor,
        .podman = engine_client_is_podman(run->client),
        .name = create->final_name,
        .number = create->number,
        .slug = create->slug,
        .one_off = create->one_off,
        .attach_stdin = create->attach_stdin,
        .auto_remove = create->auto_remove,
        .no_service_aliases = create->no_service_aliases,
        .image_digest = digest,
        .image_volumes = step_mounted_images_label(run->arena, create->mounted_images,
                                                   create->mounted_image_count),
        .content = create->content,
        .replace = create->replace,
        .links = create->links,
        .carried = create->carried,
        .carried_count = create->carried_count,
    };

    if (run->options->docker)
        in.proxies = run->options->docker->proxies;
    return in;
}

static void on_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;

    step->work->request = NULL;
    if (failure) {
        execute_note_outdated(run, step, failure);
        execute_failed(run, step, failure);
        return;
    }
    if (!execute_created(run, step, req, &created))
        return;
    for (size_t i = 0; i < created.warnings.count; i++)
        console_progress(run->console, &(struct progress){.id = step->service->name,
                                                          .text = created.warnings.items[i],
                                                          .status = PROGRESS_WARNING});
    execute_done(run, step, created.id);
}

/* In the engine's names; NULL where none is asked for. */
static bool platform_of(struct execution *run, const struct step *step, const char **ret_platform,
                        struct error *err)
{
    struct engine_platform platform;

    *ret_platform = NULL;
    if (!step->platform || !*step->platform)
        return true;
    if (!image_platform_parse(run->arena, step->platform, &platform, err))
        return error_place(err, spec_node_place(step->service->node));
    *ret_platform = image_platform_text(run->arena, &platform);
    return true;
}

bool execute_container_create(struct execution *run, struct step *step, struct error *failure)
{
    struct translate_container in = describe(run, step);
    size_t told = run->told.count;
    const char *platform;
    struct text body, query;
    bool good;

    resolve(run, step, &in);
    text_init(&body, 0);
    text_init(&query, 0);
    good = platform_of(run, step, &platform, failure) &&
           translate_container_body(&body, &in, &run->told, failure);
    if (good) {
        console_warnings_from(run->console, &run->told, told);
        engine_query_add(&query, "name", step->name);
        engine_query_add(&query, "platform", platform);
        execute_send(run, step, "POST", "/containers/create", query.bytes, text_span(&body),
                     on_created);
    }
    text_finish(&body);
    text_finish(&query);
    return good;
}

bool execute_container_copy(struct execution *run, struct step *step, struct error *failure)
{
    struct tar_entry *entries = arena_array(run->arena, step->file_count, sizeof(*entries));
    struct span *contents = arena_array(run->arena, step->file_count, sizeof(*contents));
    struct engine_call call = {.method = "PUT", .content_type = "application/x-tar"};
    struct text archive;
    bool owned = false, good;

    for (size_t i = 0; i < step->file_count; i++) {
        const struct step_file *file = &step->files[i];

        entries[i] = (struct tar_entry){
            .path = file->path, .mode = file->mode, .uid = file->uid, .gid = file->gid};
        contents[i] = (struct span){file->content, file->length};
        owned = owned || file->uid != 0 || file->gid != 0;
    }
    text_init(&archive, 0);
    good = tar_of_files(entries, contents, step->file_count, &archive, failure);
    if (good) {
        call.path = container_path(run, step, "/archive");
        call.query = owned ? "path=%2F&copyUIDGID=true" : "path=%2F";
        call.body = text_span(&archive);
        step->work->request = engine_request_start(run->client, &call, execute_on_done, step);
    }
    text_finish(&archive);
    return good;
}

/* -- One request, no body -- */

static void post(struct execution *run, struct step *step, const char *action, const char *query)
{
    execute_send(run, step, "POST", container_path(run, step, action), query, (struct span){0},
                 execute_on_done);
}

static void on_container_started(void *owner, struct engine_request *req,
                                 const struct error *failure)
{
    const struct step *step = owner;
    const struct execute_options *options = step->work->run->options;

    /* 304: it ran already, and no event comes. */
    if (!failure && engine_request_status(req) == 204 && options->on_started)
        options->on_started(options->output_owner, step_value_get(step->object));
    execute_on_done(owner, req, failure);
}

bool execute_container_start(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    execute_send(run, step, "POST", container_path(run, step, "/start"), NULL, (struct span){0},
                 on_container_started);
    return true;
}

static const char *timeout_query(struct execution *run, const struct step *step)
{
    return step->has_timeout ? arena_printf(run->arena, "t=%" PRId64, step->timeout_s) : NULL;
}

static void on_confirmed(void *owner, struct engine_request *req, const struct error *failure)
{
    (void)failure; /* it has ended, whatever the inspection says */
    execute_on_done(owner, req, NULL);
}

/*
 * The engine answers when it has noted the end, and lists it a moment later: a command that follows at once would plan
 * from a container that runs. An inspection is answered after that. Seen with Docker 28 on a busy machine.
 */
static void on_container_ended(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    if (failure || !step->stays || engine_request_status(req) == 304 || run->schedule.stopping)
        execute_on_done(owner, req, failure);
    else
        execute_send(run, step, "GET", container_path(run, step, "/json"), NULL, (struct span){0},
                     on_confirmed);
}

bool execute_container_stop(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    execute_send(run, step, "POST", container_path(run, step, "/stop"), timeout_query(run, step),
                 (struct span){0}, on_container_ended);
    return true;
}

bool execute_container_restart(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    post(run, step, "/restart", timeout_query(run, step));
    return true;
}

bool execute_container_kill(struct execution *run, struct step *step, struct error *failure)
{
    struct text query;

    (void)failure;
    text_init(&query, 0);
    engine_query_add(&query, "signal", step->signal);
    execute_send(run, step, "POST", container_path(run, step, "/kill"),
                 query.length > 0 ? query.bytes : NULL, (struct span){0}, on_container_ended);
    text_finish(&query);
    return true;
}

bool execute_container_pause(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    post(run, step, "/pause", NULL);
    return true;
}

bool execute_container_unpause(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    execute_note_unpause(run, step_value_get(step->object));
    post(run, step, "/unpause", NULL);
    return true;
}

static void on_renamed(void *owner, struct engine_request *req, const struct error *failure)
{
    /* Another client has finished the same replacement. */
    if (failure && failure->kind == ERROR_ENGINE && failure->engine_message &&
        strstr(failure->engine_message, "same name as its current name"))
        failure = NULL;
    execute_on_done(owner, req, failure);
}

bool execute_container_rename(struct execution *run, struct step *step, struct error *failure)
{
    struct text query;

    (void)failure;
    text_init(&query, 0);
    engine_query_add(&query, "name", step->name);
    execute_send(run, step, "POST", container_path(run, step, "/rename"), query.bytes,
                 (struct span){0}, on_renamed);
    text_finish(&query);
    return true;
}

/* Another client removes it: what comes next, a new holder of the name, must not begin before that is over. */
static void on_container_removed(void *owner, struct engine_request *req,
                                 const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    if (failure && failure->kind == ERROR_ENGINE && failure->status == 409 &&
        failure->engine_message && strstr(failure->engine_message, "already in progress"))
        post(run, step, "/wait", "condition=removed");
    else
        execute_on_done(owner, req, failure);
}

bool execute_container_remove(struct execution *run, struct step *step, struct error *failure)
{
    struct text query;

    (void)failure;
    text_init(&query, 0);
    engine_query_bool(&query, "force", step->force);
    engine_query_bool(&query, "v", step->volumes);
    execute_send(run, step, "DELETE", container_path(run, step, ""), query.bytes, (struct span){0},
                 on_container_removed);
    text_finish(&query);
    return true;
}

/* -- Networks of a container -- */

static void on_connected(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;

    /* An interrupted run may have joined it already: 403 (Docker), 500 (Podman) "already exists in network". */
    if (failure && failure->kind == ERROR_ENGINE && failure->engine_message &&
        strstr(failure->engine_message, "already "))
        failure = NULL;
    execute_on_done(owner, req, failure);
    (void)step;
}

bool execute_network_connect(struct execution *run, struct step *step, struct error *failure)
{
    const char *network = step_value_get(step->object),
               *container = step_value_get(step->container);
    struct text body;
    bool good = true;

    text_init(&body, 0);
    if (step->create) {
        struct translate_container in = describe(run, step);

        good = translate_connect_body(&body, &in, step->key, container, failure);
    } else {
        translate_connect_again_body(&body, step->endpoint_of, network, container);
    }
    if (good)
        execute_send(run, step, "POST", engine_path(run->arena, "/networks/%s/connect", network),
                     NULL, text_span(&body), on_connected);
    text_finish(&body);
    return good;
}

static void on_disconnected(void *owner, struct engine_request *req, const struct error *failure)
{
    /* Not on it any more, or the network is gone: that is what was wanted. */
    if (failure && failure->kind == ERROR_ENGINE && failure->engine_message &&
        (strstr(failure->engine_message, "not connected") ||
         strstr(failure->engine_message, "not found")))
        failure = NULL;
    execute_on_done(owner, req, failure);
}

bool execute_network_disconnect(struct execution *run, struct step *step, struct error *failure)
{
    struct text body;

    (void)failure;
    text_init(&body, 0);
    text_addf(&body, "{\"Container\":\"%s\",\"Force\":true}", step_value_get(step->container));
    execute_send(run, step, "POST",
                 engine_path(run->arena, "/networks/%s/disconnect", step_value_get(step->object)),
                 NULL, text_span(&body), on_disconnected);
    text_finish(&body);
    return true;
}
