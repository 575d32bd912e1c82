/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, volumes, removal of images. */
#include <string.h>

#include "compose/execute/execute_internal.h"
#include "compose/observe/wanted.h"
#include "compose/translate/translate.h"
#include "engine_client/query.h"
#include "spec/base/text.h"
#include "spec/project.h"

#define IN_USE "Resource is still in use"

static void on_network_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;

    step->work->request = NULL;
    if (failure && failure->kind == ERROR_ENGINE && failure->status == 409) {
        execute_done(run, step, step->name); /* somebody else was faster: its name serves as well */
        return;
    }
    if (failure) {
        execute_note_outdated(run, step, failure);
        execute_failed(run, step, failure);
        return;
    }
    if (execute_created(run, step, req, &created))
        execute_done(run, step, created.id);
}

bool execute_network_create(struct execution *run, struct step *step, struct error *failure)
{
    struct text body;
    bool good;

    text_init(&body, 0);
    good = translate_network_body(&body, run->options->wanted->project, step->key, step->network,
                                  step->hash, engine_client_facts(run->client)->api_minor, failure);
    if (good)
        execute_send(run, step, "POST", "/networks/create", NULL, text_span(&body),
                     on_network_created);
    text_finish(&body);
    return good;
}

bool execute_volume_create(struct execution *run, struct step *step, struct error *failure)
{
    struct text body;

    (void)failure;
    text_init(&body, 0);
    translate_volume_body(&body, run->options->wanted->project, step->key, step->volume,
                          step->hash);
    execute_send(run, step, "POST", "/volumes/create", NULL, text_span(&body), execute_on_done);
    text_finish(&body);
    return true;
}

/* 403 (Docker, networks), 409 (volumes, images), 500 with these words (Podman). */
static bool is_in_use(const struct error *failure)
{
    return failure->kind == ERROR_ENGINE &&
           (failure->status == 409 || failure->status == 403 ||
            (failure->engine_message && (strstr(failure->engine_message, "associated containers") ||
                                         strstr(failure->engine_message, "in use") ||
                                         strstr(failure->engine_message, "being used"))));
}

/* Another removal was faster: of a second tag, or of an image that was made from this one. */
static bool is_gone(const struct step *step, const struct error *failure)
{
    return step->kind == STEP_IMAGE_REMOVE && failure->kind == ERROR_ENGINE &&
           failure->engine_message && strstr(failure->engine_message, "unrecognized image ID");
}

static void on_removed(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    (void)req;
    step->work->request = NULL;
    if (failure && step->in_use_is_fine && is_in_use(failure))
        execute_skipped(run, step, IN_USE);
    else if (failure && !is_gone(step, failure) && !execute_is_fine(run, step, failure))
        execute_failed(run, step, failure);
    else
        execute_done(run, step, NULL);
}

static void send_delete(struct execution *run, struct step *step, const char *kind,
                        const char *query)
{
    execute_send(run, step, "DELETE",
                 engine_path(run->arena, "/%s/%s", kind, step_value_get(step->object)), query,
                 (struct span){0}, on_removed);
}

bool execute_network_remove(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    send_delete(run, step, "networks", NULL);
    return true;
}

bool execute_volume_remove(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    send_delete(run, step, "volumes", "force=1");
    return true;
}

bool execute_image_remove(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    send_delete(run, step, "images", NULL);
    return true;
}
