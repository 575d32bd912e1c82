/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"
#include "compose/console/console.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "engine_client/query.h"
#include "engine_client/request.h"
#include "spec/base/arena.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"down-project", .kind = OPTION_BOOL, .help = "Drops project when the first container stops"},
    OPTION_END,
};
/* clang-format on */

struct waiting;

struct waiting_container {
    struct waiting *all;
    const char *id;
    struct engine_request *request;
};

/* All of them are waited for at once; the code of the one that ends last is ours. */
struct waiting {
    struct command_context *context;
    struct waiting_container *containers;
    size_t count, left;
    bool ended;
    int64_t last_code;
    struct error failure;
};

static void note_end(struct waiting_container *container, struct span answer, struct error *err)
{
    struct waiting *all = container->all;
    struct engine_wait_result result;

    if (!engine_wait_decode(all->context->arena, answer, &result, err))
        return;
    if (result.error[0]) {
        (void)error_set(err, ERROR_ENGINE, "%s", result.error);
        return;
    }
    all->last_code = result.status_code;
    console_print(all->context->console, "container \"%s\" exited with status code %lld\n",
                  container->id, (long long)result.status_code);
}

static void on_done(void *owner, struct engine_request *request, const struct error *failure)
{
    struct waiting_container *container = owner;
    struct waiting *all = container->all;
    struct error bad;

    container->request = NULL;
    error_init(&bad);
    if (failure)
        error_copy(&bad, failure);
    else
        note_end(container, engine_request_body(request), &bad);
    if (error_is_set(&bad))
        (void)error_append(&all->failure, &bad);
    error_finish(&bad);
    all->ended = --all->left == 0;
    if (all->ended)
        session_stop(all->context->session);
}

static bool wait_for_all(struct waiting *all, struct error *err)
{
    struct session *session = all->context->session;
    struct engine_client *client;

    if (!session_client(session, &client, err))
        return false;
    for (size_t i = 0; i < all->count; i++) {
        struct waiting_container *container = &all->containers[i];
        struct engine_call call = {
            .method = "POST",
            .path = engine_path(all->context->arena, "/containers/%s/wait", container->id),
        };

        container->request = engine_request_start(client, &call, on_done, container);
    }
    if (session_run_until(session, &all->ended, err))
        return true;
    for (size_t i = 0; i < all->count; i++)
        if (all->containers[i].request)
            engine_request_cancel(all->containers[i].request);
    session_drain(session, &all->ended);
    return false;
}

/* All of the project, whatever was waited for. */
static bool bring_down(struct command_context *context, struct error *err)
{
    struct reconcile_containers how = {.remove_orphans = true};

    if (!options_bool(context->options, "down-project"))
        return true;
    context->options->arguments = (struct strings){0};
    return lifecycle_command(context, LIFECYCLE_DOWN, &how, err);
}

static bool run_wait(struct command_context *context, struct error *err)
{
    struct waiting all = {.context = context};
    struct engine_container_list list;
    const char *project;
    bool good;

    if (!session_project_for_services(context, &project, err) ||
        !containers_list(context->session, context->arena, project, CONTAINERS_ONEOFF,
                         &context->options->arguments, &list, err))
        return false;
    if (list.count == 0)
        return error_set(err, ERROR_INPUT, "no containers for project \"%s\"", project);
    all.count = all.left = list.count;
    all.containers = arena_array(context->arena, list.count, sizeof(*all.containers));
    for (size_t i = 0; i < list.count; i++)
        all.containers[i] = (struct waiting_container){.all = &all, .id = list.items[i].id};
    error_init(&all.failure);
    good = wait_for_all(&all, err);
    if (good && error_is_set(&all.failure)) {
        error_move(err, &all.failure);
        good = false;
    }
    error_finish(&all.failure);
    if (!good || !bring_down(context, err))
        return false;
    return all.last_code == 0 || error_set_exit(err, (int)all.last_code);
}

const struct command_body cmd_wait = {
    .usage = "SERVICE [SERVICE...] [OPTIONS]",
    .options = option_rows,
    .min_arguments = 1,
    .run = run_wait,
};
