/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/failure_report.h"

#include <inttypes.h>
#include <string.h>

#include "compose/command.h"
#include "compose/execute/failure_cause.h"
#include "compose/reconcile/plan.h"
#include "compose/session/session.h"
#include "engine_client/container.h"
#include "engine_client/frames.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/project.h"

#define LAST_LINES "20"

enum {
    LAST_PROBES = 3,
    SIGNAL_BASE = 128,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_KILLED = 137
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

static void add_log(struct command_context *context, struct text *out,
                    const struct engine_container *details)
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

/* `started`: its last run is of this command. */
static void add_state(struct text *out, const struct engine_container *details, bool started)
{
    text_addf(out, "  container %s: %s", details->name, engine_state_name(details->state));
    if (!started && details->state != ENGINE_STATE_CREATED) {
        text_add(out, ", not started again\n");
        return;
    }
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

/*
 * When the engine refuses to start a container, exit code, output and probes are of an earlier run, or the engine's code
 * for its own message.
 */
static bool describes_this_run(const struct step *step, const struct engine_container *details)
{
    return details->running ||
           (step->kind != STEP_CONTAINER_START && step->kind != STEP_CONTAINER_RESTART);
}

/* The runtime has started it before the processor refuses: "exec /program: exec format error" is the container's word. */
static bool ends_with_wrong_format(const char *log)
{
    const char *colon = strrchr(log, ':');

    return colon && strcmp(colon, ": " FAILURE_WRONG_FORMAT "\n") == 0;
}

static void describe(struct command_context *context, const struct step *step, const char *id,
                     struct text *out, struct error *err)
{
    struct engine_container details;
    struct error ignored;
    struct span answer;
    const char *hint;
    size_t log_begin;

    error_init(&ignored);
    if (session_fetch(context->session, context->arena, NULL,
                      engine_path(context->arena, "/containers/%s/json", id), NULL, &answer,
                      &ignored) &&
        engine_container_decode(context->arena, answer, &details, &ignored)) {
        bool started = describes_this_run(step, &details);

        add_state(out, &details, started);
        if (started)
            add_probes(out, &details);
        log_begin = out->length;
        if (started && details.state != ENGINE_STATE_CREATED)
            add_log(context, out, &details);
        if (!details.running && ends_with_wrong_format(out->bytes + log_begin)) {
            failure_cause_place(step, "platform", err);
            (void)error_hint(err, FAILURE_WRONG_FORMAT_HINT);
        }
        if (started && details.health == ENGINE_HEALTH_UNHEALTHY)
            failure_cause_place(step, "healthcheck", err);
        hint = details.running || !started || details.state == ENGINE_STATE_CREATED
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
    if (step->kind == STEP_CONTAINER_START || step->kind == STEP_HOOK_EXEC ||
        step->kind == STEP_CONTAINER_RESTART)
        return step_value_get(step->object);
    return NULL;
}

static bool waits_for(const struct step *step, const struct step *cause)
{
    for (size_t i = 0; i < step->after_count; i++)
        if (step->after[i] == cause ||
            (step->after[i]->state == STEP_BLOCKED && waits_for(step->after[i], cause)))
            return true;
    return false;
}

static void add_blocked(struct command_context *context, const struct plan *plan,
                        const struct step *cause, struct text *out)
{
    struct strings names = {0};

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];

        if (step->state == STEP_BLOCKED && step->kind == STEP_CONTAINER_START && step->service &&
            !strings_contain(&names, step->service->name) && waits_for(step, cause))
            strings_add(&names, context->arena, step->service->name);
    }
    if (names.count > 0)
        text_addf(out, "  not started because of this: %s\n",
                  strings_join(&names, context->arena, ", "));
}

static void report(struct command_context *context, const struct plan *plan,
                   const struct step *step, struct error *err)
{
    const char *id = container_of(step);
    struct text out;

    text_init(&out, 0);
    failure_cause_add(context, step, err);
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
static void report_waits(struct command_context *context, const struct plan *plan,
                         struct error *err)
{
    struct text out;

    text_init(&out, 0);
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = plan->steps[i];
        const char *id =
            step->kind == STEP_WAIT && step->state == STEP_FAILED ? container_of(step) : NULL;

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
