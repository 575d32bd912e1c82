/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/failure_report.h"

#include <inttypes.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console.h"
#include "compose/plan.h"
#include "compose/session.h"
#include "engine_client/container.h"
#include "engine_client/frames.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/project.h"

#define LAST_LINES "20"

enum { LAST_PROBES = 3, SIGNAL_BASE = 128, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_KILLED = 137 };

/* Words of the engine → what to do. Source: messages of dockerd 20.10 to 28.5 and Podman 4.3. */
static const struct {
    const char *words, *hint;
} known_failures[] = {
    {"exec format error", "the image is for another processor: set `platform`, or build it for this one"},
    {"executable file not found", "the command does not exist in the image: check `command` and `entrypoint`"},
    {"port is already allocated", NULL},
    {"address already in use", NULL},
    {"fully subnetted", "all address pools are in use: remove networks (`docker network prune`) or give `ipam.config`"},
    {"bind source path does not exist", "make that path, or set `bind.create_host_path: true`"},
    {"no space left on device", "the engine's disk is full: `docker system df` tells what takes the room"},
    {"No such image", "it is neither here nor pulled: check `image` and --pull"},
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

static void hint_port(struct command_context *context, const char *message, struct error *err)
{
    const char *port = port_of(context->arena, message);
    struct pairs filters = {0};
    struct engine_container_list list = {0};
    struct error ignored;
    struct span answer;
    struct text query;

    if (!port)
        return;
    pairs_add(&filters, context->arena, "publish", port);
    error_init(&ignored);
    text_init(&query, 0);
    engine_query_filters(&query, &filters);
    if (session_fetch(context->session, context->arena, NULL, "/containers/json", query.bytes, &answer, &ignored) &&
        engine_container_list_decode(context->arena, answer, &list, &ignored) && list.count > 0 &&
        list.items[0].names.count > 0)
        (void)error_hint(err, "port %s is held by container %s", port, list.items[0].names.items[0]);
    else
        (void)error_hint(err, "port %s is held by a process outside of the engine (`ss -ltnp` names it)", port);
    text_finish(&query);
    error_finish(&ignored);
}

static void hint_message(struct command_context *context, struct error *err)
{
    const char *message = err->engine_message;

    for (size_t i = 0; message && i < COUNT_OF(known_failures); i++) {
        if (!strstr(message, known_failures[i].words))
            continue;
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
    text_addf(out, "Container %s: %s", details->name, engine_state_name(details->state));
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

static void describe(struct command_context *context, const char *id, struct text *out, struct error *err)
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
        hint = details.running ? NULL : exit_hint(details.exit_code, details.oom_killed);
        if (hint)
            (void)error_hint(err, "%s", hint);
    }
    error_finish(&ignored);
}

static const char *failed_container(const struct step *step)
{
    if (step->state != STEP_FAILED || step->failure.kind == ERROR_CANCELED)
        return NULL;
    if (step->kind == STEP_WAIT && step->container_count > 0)
        return step_value_get(step->containers[0]);
    if (step->kind == STEP_CONTAINER_START || step->kind == STEP_HOOK_EXEC || step->kind == STEP_CONTAINER_RESTART)
        return step_value_get(step->object);
    return NULL;
}

static void add_blocked(struct command_context *context, const struct plan *plan, struct text *out)
{
    struct strings names = {0};

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];

        if (step->state == STEP_BLOCKED && step->kind == STEP_CONTAINER_START && step->service &&
            !strings_contain(&names, step->service->name))
            strings_add(&names, context->arena, step->service->name);
    }
    if (names.count > 0)
        text_addf(out, "Not started because of this: %s\n", strings_join(&names, context->arena, ", "));
}

void failure_report(struct command_context *context, const struct plan *plan, struct error *err)
{
    struct text out;

    if (err->kind == ERROR_CANCELED)
        return;
    text_init(&out, 0);
    hint_message(context, err);
    for (size_t i = 0; i < plan->count && out.length == 0; i++) {
        const char *id = failed_container(plan->steps[i]);

        if (id)
            describe(context, id, &out, err);
    }
    add_blocked(context, plan, &out);
    if (out.length > 0)
        console_write_note(context->console, out.bytes, out.length);
    text_finish(&out);
}
