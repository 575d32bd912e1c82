/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes of requests that the engine goes on with after the client has gone (pending.h). The others end within
 * milliseconds, or asking for them again does no harm.
 */
#include <string.h>
#include <strings.h>

#include "compose/execute/execute_internal.h"
#include "compose/execute/project_lock.h"
#include "engine_client/instant.h"
#include "spec/model.h"

enum {
    NS_PER_MS = 1000000,
    MS_PER_SECOND = 1000,
    DEFAULT_GRACE_S = 10,        /* of the engine, for a container without StopTimeout */
    MOST_GRACE_S = 24 * 60 * 60, /* also what a negative timeout, which has no end, is taken for */
    AFTER_KILL_MS = 10000,       /* from SIGKILL until the engine has noted the end */
    START_MS = 30000,
    CREATION_MS = 3000,
    REMOVAL_MS = 60000,
};

static int64_t stop_ms(const struct step *step)
{
    int64_t grace_s = DEFAULT_GRACE_S;

    if (step->has_timeout)
        grace_s = step->timeout_s;
    else if (step->service && step->service->stop_grace_period.set)
        grace_s = step->service->stop_grace_period.value / NS_PER_SECOND + 1;
    if (grace_s < 0 || grace_s > MOST_GRACE_S)
        grace_s = MOST_GRACE_S;
    return grace_s * MS_PER_SECOND + AFTER_KILL_MS;
}

/* Other signals are the container's business: it may go on for ever. */
static bool is_deadly(const char *signal)
{
    if (!signal || !*signal)
        return true;
    if (strncasecmp(signal, "SIG", 3) == 0)
        signal += 3;
    return strcasecmp(signal, "KILL") == 0 || strcmp(signal, "9") == 0;
}

static bool describe(const struct step *step, enum pending_kind *ret_kind, int64_t *ret_lasts_ms)
{
    static const struct {
        enum step_kind step;
        enum pending_kind kind;
        int64_t lasts_ms; /* 0: as long as a stop */
    } rows[] = {
        {STEP_CONTAINER_CREATE, PENDING_CREATE, CREATION_MS},
        {STEP_NETWORK_CREATE, PENDING_NETWORK, CREATION_MS},
        {STEP_VOLUME_CREATE, PENDING_VOLUME, CREATION_MS},
        {STEP_CONTAINER_START, PENDING_START, START_MS},
        {STEP_CONTAINER_STOP, PENDING_STOP, 0},
        {STEP_CONTAINER_RESTART, PENDING_RESTART, 0},
        {STEP_CONTAINER_KILL, PENDING_KILL, AFTER_KILL_MS},
        {STEP_CONTAINER_REMOVE, PENDING_REMOVE, REMOVAL_MS},
    };

    if (step->kind == STEP_CONTAINER_KILL && !is_deadly(step->signal))
        return false;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].step == step->kind) {
            *ret_kind = rows[i].kind;
            *ret_lasts_ms = rows[i].lasts_ms ? rows[i].lasts_ms : stop_ms(step);
            return true;
        }
    return false;
}

static bool is_named(enum pending_kind kind)
{
    return kind == PENDING_CREATE || kind == PENDING_NETWORK || kind == PENDING_VOLUME;
}

void execute_note_pending(struct execution *run, struct step *step)
{
    struct pending_note note = {.since_ms = instant_now() / NS_PER_MS};
    int64_t lasts_ms;

    if (!run->options->lock || !describe(step, &note.kind, &lasts_ms))
        return;
    note.until_ms = note.since_ms + lasts_ms;
    note.name = step->name;
    note.id = is_named(note.kind) ? step->name : step_value_get(step->object);
    if (note.id && note.name)
        step->work->pending = project_lock_note(run->options->lock, &note);
}

/* Cancelled, or the connection broke: the engine may still be at it. */
static bool is_unknown(const struct step *step)
{
    return step->state == STEP_FAILED &&
           (step->failure.kind == ERROR_CANCELED || step->failure.kind == ERROR_CONNECTION ||
            step->failure.kind == ERROR_TIMEOUT);
}

void execute_settle_pending(struct execution *run, const struct step *step)
{
    if (step->work && step->work->pending && !is_unknown(step))
        project_lock_settled(run->options->lock, step->work->pending);
}
