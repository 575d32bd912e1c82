/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/failure_report.h"

#include <inttypes.h>
#include <string.h>

#include "compose/command.h"
#include "compose/plan.h"
#include "compose/port_holder.h"
#include "compose/session.h"
#include "engine_client/container.h"
#include "engine_client/endpoint.h"
#include "engine_client/frames.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/base/text.h"
#include "spec/node.h"
#include "spec/project.h"

#define LAST_LINES "20"
#define CANNOT_REACH \
    "the engine cannot reach the registry: check its network, or `docker load` the image or build it here"

enum { LAST_PROBES = 3, SIGNAL_BASE = 128, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_KILLED = 137 };

/* Words of the engine → what to do, and the attribute to look at. Source: messages of dockerd 20.10 to 28.5 and Podman 4.3. */
static const struct {
    const char *words, *attribute, *hint;
} known_failures[] = {
    {": already exists", NULL,
     "the engine was killed while it started this container: `up --force-recreate` replaces it"},
    {"exec format error", "platform", "the image is for another processor: set `platform`, or build it for this one"},
    {"executable file not found", "command",
     "the command does not exist in the image: check `command` and `entrypoint`"},
    {"port is already allocated", "ports", NULL},
    {"address already in use", "ports", NULL},
    {"fully subnetted", NULL,
     "all address pools are in use: remove networks (`docker network prune`) or give `ipam.config`"},
    {"bind source path does not exist", "volumes", "make that path, or set `bind.create_host_path: true`"},
    {"no space left on device", NULL, "the engine's disk is full: `docker system df` tells what takes the room"},
    {"No such image", "image", "it is neither here nor pulled: check `image` and --pull"},
    {"pull access denied", "image", "check the name; for a private repository, `docker login` first"},
    {"manifest unknown", "image", "there is no such tag: check what follows the colon"},
    {"not found: manifest", "image", "there is no such tag: check what follows the colon"},
    {"unauthorized", "image", "`docker login` to that registry first"},
    {"toomanyrequests", "image", "the registry limits how often one may pull: `docker login`, or try again later"},
    {"no such host", "image", CANNOT_REACH},
    {"network is unreachable", "image", CANNOT_REACH},
    {"server misbehaving", "image", CANNOT_REACH},
    {"i/o timeout", "image", CANNOT_REACH},
};

static const char *exit_hint(int exit_code, bool oom_killed)
{
    if (oom_killed)
        return "it ran out of memory: raise `mem_limit` or `deploy.resources.limits.memory`";
    if (exit_code == EXIT_NOT_FOUND)
        return "exit code 127: the command was not found in the container";
    if (exit_code == EXIT_NOT_EXECUTABLE)
        return "exit code 126: the command is not executable";
    if (exit_code == EXIT_KILLED)
        return "exit code 137: it was killed (SIGKILL), by hand or for want of memory on the host";
    return NULL;
}

/* "Bind for 0.0.0.0:8080 failed": the digits before " failed". */
static const char *port_of(struct arena *arena, const char *message)
{
    const char *end = strstr(message, " failed: port"), *begin = end;

    if (!end)
        end = begin = strstr(message, ": bind: address");
    while (begin && begin > message && begin[-1] >= '0' && begin[-1] <= '9')
        begin--;
    return begin && begin < end ? arena_strndup(arena, begin, (size_t)(end - begin)) : NULL;
}

static const char *publisher_of(const struct engine_container_list *list, uint64_t port)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->items[i].port_count; j++)
            if (list->items[i].ports[j].host_port == port && list->items[i].names.count > 0)
                return list->items[i].names.items[0];
    return NULL;
}

static void hint_port(struct command_context *context, const char *message, struct error *err)
{
    const char *port = port_of(context->arena, message), *holder = NULL;
    struct engine_container_list list = {0};
    struct error ignored;
    struct span answer;
    uint64_t number;

    if (!port || !number_parse_uint64(port, &number))
        return;
    error_init(&ignored);
    /* All of them: Podman knows no filter by port. */
    if (session_fetch(context->session, context->arena, NULL, "/containers/json", NULL, &answer, &ignored) &&
        engine_container_list_decode(context->arena, answer, &list, &ignored))
        holder = publisher_of(&list, number);
    if (holder)
        (void)error_hint(err, "port %s is held by container %s", port, holder);
    else if (!engine_endpoint_is_far(session_endpoint(context->session)))
        holder = port_holder_find(context->arena, (unsigned)number);
    if (holder)
        (void)error_hint(err, "port %s is held by %s: stop it, or publish another port", port, holder);
    else
        (void)error_hint(err, "port %s is held by a process outside of the engine (`ss -ltnp` names it)", port);
    error_finish(&ignored);
}

/* An attribute of the step's service, to show its line. */
static void place_at(const struct step *step, const char *attribute, struct error *err)
{
    const struct spec_node *node = step->service && attribute ? spec_node_get(step->service->node, attribute) : NULL;

    if (node)
        (void)error_place(err, spec_node_place(node));
}

static void hint_message(struct command_context *context, const struct step *step, struct error *err)
{
    const char *message = err->engine_message;

    for (size_t i = 0; message && i < COUNT_OF(known_failures); i++) {
        if (!strstr(message, known_failures[i].words))
            continue;
        place_at(step, known_failures[i].attribute, err);
        if (known_failures[i].hint)
            (void)error_hint(err, "%s", known_failures[i].hint);
        else
            hint_port(context, message, err);
        return;
    }
}

static void add_probes(struct text *out, const struct engine_container *details)
{
    size_t first = details->probe_count > LAST_PROBES ? details->probe_count - LAST_PROBES : 0;

    for (size_t i = first; i < details->probe_count; i++) {
        const char *output = details->probes[i].output;

        text_addf(out, "  probe: exit code %d ", details->probes[i].exit_code);
        text_add_printable(out, output, strcspn(output, "\n"));
        text_add_char(out, '\n');
    }
}

struct lines {
    struct text *out;
    bool inside;
};

static void on_piece(void *owner, const struct engine_frame_piece *piece)
{
    struct lines *lines = owner;

    for (size_t i = 0; i < piece->bytes.length; i++) {
        if (!lines->inside)
            text_add(lines->out, "  | ");
        lines->inside = piece->bytes.bytes[i] != '\n';
        if (lines->inside)
            text_add_printable(lines->out, &piece->bytes.bytes[i], 1);
        else
            text_add_char(lines->out, '\n');
    }
}

static void add_log(struct command_context *context, struct text *out, const struct engine_container *details)
{
    struct lines lines = {.out = out};
    struct engine_frames frames;
    struct error ignored;
    struct span answer;

    error_init(&ignored);
    engine_frames_init(&frames, details->tty);
    if (session_fetch(context->session, context->arena, NULL,
                      engine_path(context->arena, "/containers/%s/logs", details->id),
                      "stdout=1&stderr=1&tail=" LAST_LINES, &answer, &ignored) &&
        engine_frames_feed(&frames, answer, on_piece, &lines, &ignored) && lines.inside)
        text_add_char(out, '\n');
    error_finish(&ignored); /* a driver that cannot be read: then without the lines */
}

static void add_state(struct text *out, const struct engine_container *details)
{
    text_addf(out, "  container %s: %s", details->name, engine_state_name(details->state));
    if (details->state == ENGINE_STATE_EXITED || details->state == ENGINE_STATE_DEAD)
        text_addf(out, ", exit code %d", details->exit_code);
    if (details->exit_code > SIGNAL_BASE && !details->running)
        text_addf(out, " (signal %d)", details->exit_code - SIGNAL_BASE);
    if (details->oom_killed)
        text_add(out, ", out of memory");
    if (details->health != ENGINE_HEALTH_NONE)
        text_addf(out, ", %s after %" PRId64 " failing probes", engine_health_name(details->health),
                  details->failing_streak);
    text_add_char(out, '\n');
}

static void describe(struct command_context *context, const struct step *step, const char *id, struct text *out,
                     struct error *err)
{
    struct engine_container details;
    struct error ignored;
    struct span answer;
    const char *hint;

    error_init(&ignored);
    if (session_fetch(context->session, context->arena, NULL, engine_path(context->arena, "/containers/%s/json", id),
                      NULL, &answer, &ignored) &&
        engine_container_decode(context->arena, answer, &details, &ignored)) {
        add_state(out, &details);
        add_probes(out, &details);
        if (details.state != ENGINE_STATE_CREATED)
            add_log(context, out, &details);
        if (details.health == ENGINE_HEALTH_UNHEALTHY)
            place_at(step, "healthcheck", err);
        /* A container that could not be started has the engine's code for it, which says less than its message. */
        hint = details.running || details.state == ENGINE_STATE_CREATED
                   ? NULL
                   : exit_hint(details.exit_code, details.oom_killed);
        if (hint)
            (void)error_hint(err, "%s", hint);
    }
    error_finish(&ignored);
}

/* The container that a step was about, if it exists. */
static const char *container_of(const struct step *step)
{
    if (step->kind == STEP_WAIT && step->container_count > 0)
        return step_value_get(step->containers[0]);
    if (step->kind == STEP_CONTAINER_START || step->kind == STEP_HOOK_EXEC || step->kind == STEP_CONTAINER_RESTART)
        return step_value_get(step->object);
    return NULL;
}

static bool waits_for(const struct step *step, const struct step *cause)
{
    for (size_t i = 0; i < step->after_count; i++)
        if (step->after[i] == cause || (step->after[i]->state == STEP_BLOCKED && waits_for(step->after[i], cause)))
            return true;
    return false;
}

static void add_blocked(struct command_context *context, const struct plan *plan, const struct step *cause,
                        struct text *out)
{
    struct strings names = {0};

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];

        if (step->state == STEP_BLOCKED && step->kind == STEP_CONTAINER_START && step->service &&
            !strings_contain(&names, step->service->name) && waits_for(step, cause))
            strings_add(&names, context->arena, step->service->name);
    }
    if (names.count > 0)
        text_addf(out, "  not started because of this: %s\n", strings_join(&names, context->arena, ", "));
}

static void report(struct command_context *context, const struct plan *plan, const struct step *step,
                   struct error *err)
{
    const char *id = container_of(step);
    struct text out;

    text_init(&out, 0);
    hint_message(context, step, err);
    if (id)
        describe(context, step, id, &out, err);
    else if (step->kind == STEP_CONTAINER_CREATE)
        text_addf(&out, "  container %s was not created\n", step->name);
    add_blocked(context, plan, step, &out);
    if (out.length > 0)
        (void)error_details(err, out.bytes);
    text_finish(&out);
}

/* The time for --wait is over: tell about the containers that are still waited for. */
static void report_waits(struct command_context *context, const struct plan *plan, struct error *err)
{
    struct text out;

    text_init(&out, 0);
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];
        const char *id = step->kind == STEP_WAIT && step->state == STEP_FAILED ? container_of(step) : NULL;

        if (id)
            describe(context, step, id, &out, err);
    }
    if (out.length > 0)
        (void)error_details(err, out.bytes);
    text_finish(&out);
}

void failure_report(struct command_context *context, struct plan *plan, struct error *err)
{
    if (err->kind == ERROR_CANCELED)
        return;
    if (err->kind == ERROR_TIMEOUT) {
        report_waits(context, plan, err);
        return;
    }
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->state == STEP_FAILED && error_is_set(&plan->steps[i]->failure) &&
            plan->steps[i]->failure.kind != ERROR_CANCELED)
            report(context, plan, plan->steps[i], &plan->steps[i]->failure);
    plan_failures(plan, err);
}
