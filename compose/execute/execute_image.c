/* SPDX-License-Identifier: Apache-2.0 */
/* Images: pull and push with the registry's credentials; afterwards the engine is asked for the digest. */
#include <stdlib.h>
#include <string.h>

#include "compose/execute/execute_internal.h"
#include "compose/observe/observed.h"
#include "compose/translate/translate.h"
#include "engine_client/docker_config.h"
#include "engine_client/image.h"
#include "engine_client/image_stream.h"
#include "engine_client/query.h"
#include "engine_client/registry_auth.h"
#include "spec/base/text.h"

enum { MOST_ATTEMPTS = 4, FIRST_BACK_OFF_MS = 500 };

static void on_image_inspected(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_image image;
    struct error problem;

    step->work->request = NULL;
    if (failure && failure->kind == ERROR_ENGINE && failure->status == 404 &&
        step->work->built_digest) {
        execute_done(run, step, step->work->built_digest);
        return;
    }
    if (failure) {
        execute_failed(run, step, failure);
        return;
    }
    error_init(&problem);
    if (engine_image_decode(run->arena, engine_request_body(req), &image, &problem))
        execute_done(run, step,
                     observed_image_digest(image.manifests, image.manifest_count, image.id,
                                           step->platform ? step->platform : "",
                                           engine_client_facts(run->client)->api_minor));
    else
        execute_failed(run, step, &problem);
    error_finish(&problem);
}

void execute_inspect_image(struct execution *run, struct step *step)
{
    bool manifests = engine_client_facts(run->client)->api_minor >= TRANSLATE_API_IMAGE_MOUNTS;

    execute_send(run, step, "GET", engine_path(run->arena, "/images/%s/json", step->name),
                 manifests ? "manifests=1" : NULL, (struct span){0}, on_image_inspected);
}

static int percent_of(const struct engine_progress *progress)
{
    if (strcmp(progress->status, "Download complete") == 0 ||
        strcmp(progress->status, "Already exists") == 0 ||
        strcmp(progress->status, "Pull complete") == 0)
        return 100;
    return progress->total > 0 ? (int)(progress->current * 100 / progress->total) : 0;
}

static void on_progress(void *owner, const struct engine_progress *progress)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    int percent = percent_of(progress);

    if (!*progress->id || run->options->quiet_pull || (!progress->has_progress && percent < 100))
        return;
    console_progress(run->console, &(struct progress){
                                       .id = progress->id,
                                       .parent = step->id,
                                       .text = progress->status,
                                       .status = percent == 100 ? PROGRESS_DONE : PROGRESS_WORKING,
                                       .current = progress->current,
                                       .total = progress->total,
                                       .percent = percent,
                                   });
}

static void start_stream(struct step *step);

static void on_back_off(uv_timer_t *timer)
{
    struct step *step = timer->data;

    start_stream(step);
}

/* The registry says "later" (429, 503): again, each time after twice the time. */
static bool try_later(struct step *step, const struct error *failure)
{
    struct step_work *work = step->work;
    const char *words = failure->engine_message ? failure->engine_message : "";

    if (failure->kind != ERROR_ENGINE || work->attempts >= MOST_ATTEMPTS ||
        !(failure->status == 429 || failure->status == 503 || strstr(words, "toomanyrequests") ||
          strstr(words, "Too Many Requests") || strstr(words, "503 Service Unavailable")))
        return false;
    if (!work->timer) {
        work->timer = xcalloc(1, sizeof(*work->timer));
        (void)uv_timer_init(session_loop(work->run->session), work->timer);
        work->timer->data = step;
    }
    (void)uv_timer_start(work->timer, on_back_off, (uint64_t)FIRST_BACK_OFF_MS << work->attempts,
                         0);
    return true;
}

/* What can be built may still be; others are only missed where that was asked for. */
static void go_on_without(struct execution *run, struct step *step, const struct error *failure)
{
    char *message =
        failure->engine_message ? xstrdup(failure->engine_message) : error_message(failure);

    console_progress(run->console, &(struct progress){.id = step->id,
                                                      .text = step->optional ? "Warning" : "Error",
                                                      .details = message,
                                                      .status = PROGRESS_WARNING});
    free(message);
    if (run->options->on_unpulled)
        run->options->on_unpulled(run->options->unpulled_owner, step, failure);
    step->done = ""; /* nothing more is to be told */
    execute_done(run, step, NULL);
}

static void on_streamed(void *owner, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    step->work->stream = NULL;
    if (!failure) {
        if (step->kind == STEP_IMAGE_PULL)
            execute_inspect_image(run, step);
        else
            execute_done(run, step, NULL);
        return;
    }
    if (failure->kind != ERROR_CANCELED && !run->schedule.stopping && try_later(step, failure))
        return;
    if (failure->kind == ERROR_CANCELED) {
        execute_progress(run, step, "Interrupted", PROGRESS_WARNING);
        execute_failed(run, step, failure);
    } else if (step->optional || run->options->continue_pulls) {
        go_on_without(run, step, failure);
    } else {
        execute_failed(run, step, failure);
    }
}

static void start_stream(struct step *step)
{
    struct execution *run = step->work->run;
    struct engine_image_stream_options options = {
        .reference = step->name,
        .platform = step->platform && *step->platform ? step->platform : NULL,
        .registry_auth = step->work->auth,
    };

    step->work->attempts++;
    step->work->stream =
        step->kind == STEP_IMAGE_PULL
            ? engine_image_pull(run->client, &options, on_progress, on_streamed, step)
            : engine_image_push(run->client, &options, on_progress, on_streamed, step);
}

static void on_auth(void *owner, const char *header, const struct error *failure)
{
    struct step *step = owner;

    step->work->lookup = NULL;
    if (failure) {
        execute_failed(step->work->run, step, failure);
        return;
    }
    step->work->auth = xstrdup(header);
    start_stream(step);
}

static void look_up(struct execution *run, struct step *step)
{
    if (!run->options->docker) {
        start_stream(step);
        return;
    }
    step->work->lookup = registry_auth_start(session_loop(run->session), run->options->docker,
                                             step->name, on_auth, step);
}

bool execute_image_pull(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    look_up(run, step);
    return true;
}

bool execute_image_push(struct execution *run, struct step *step, struct error *failure)
{
    (void)failure;
    look_up(run, step);
    return true;
}
