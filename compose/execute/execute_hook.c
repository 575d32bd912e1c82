/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that are commands inside a container: post_start, pre_stop; and what all hooks share. */
#include <stdlib.h>
#include <string.h>

#include "compose/execute/exec_end.h"
#include "compose/execute/execute_internal.h"
#include "compose/observe/labels.h"
#include "compose/translate/translate.h"
#include "engine_client/query.h"
#include "spec/base/json_writer.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum { TAIL_LINES = 20, TAIL_BYTES = 4096 };

/* "web-1 ->", as logs call the container; "web pre_start[0] ->". A watch has no wanted project, only its name. */
static const char *output_name(struct execution *run, const struct step *step)
{
    const char *project = run->options->project_name, *name = step->name;
    size_t length = strlen(project);

    if (step->kind == STEP_HOOK_RUN)
        return arena_printf(run->arena, "%s %s ->", name, step->hook_name);
    if (strncmp(name, project, length) == 0 && (name[length] == '-' || name[length] == '_') &&
        name[length + 1])
        name += length + 1;
    return arena_printf(run->arena, "%s ->", name);
}

static void on_piece(void *owner, const struct engine_frame_piece *piece)
{
    struct step *step = owner;
    struct execution *run = step->work->run;

    if (run->options->on_hook_output) {
        run->options->on_hook_output(run->options->output_owner, output_name(run, step),
                                     piece->bytes);
        return;
    }
    text_add_bytes(&step->work->tail, piece->bytes.bytes, piece->bytes.length);
    if (step->work->tail.length > 2 * TAIL_BYTES)
        text_drop_front(&step->work->tail, step->work->tail.length - TAIL_BYTES);
}

void execute_hook_chunk(void *owner, struct engine_request *req, struct span bytes)
{
    struct step *step = owner;
    struct error ignored;

    (void)req;
    error_init(&ignored);
    if (!engine_frames_feed(&step->work->frames, bytes, on_piece, step, &ignored))
        error_finish(&ignored); /* output that is no frames is not worth failing for */
}

/* The end of what it wrote, line by line; "" when it was shown already, or wrote nothing. */
static const char *last_words(struct execution *run, const struct step *step)
{
    const struct text *tail = &step->work->tail;
    size_t length = tail->length, begin, lines = 0;
    struct text out;
    const char *copy;

    while (length > 0 && tail->bytes[length - 1] == '\n')
        length--;
    if (length == 0)
        return "";
    for (begin = length; begin > 0; begin--)
        if (tail->bytes[begin - 1] == '\n' && ++lines == TAIL_LINES)
            break;
    text_init(&out, 0);
    while (begin < length) {
        const char *end = memchr(tail->bytes + begin, '\n', length - begin);
        size_t line = end ? (size_t)(end - tail->bytes) - begin : length - begin;

        text_add(&out, "\n  | ");
        text_add_printable(&out, tail->bytes + begin, line);
        begin += line + 1;
    }
    copy = arena_strdup(run->arena, out.bytes);
    text_finish(&out);
    return copy;
}

/* The change that it belongs to goes on. */
static void warn_failed(struct execution *run, struct step *step, const char *what)
{
    console_warn(run->console, "%s of container %s %s", step->hook_name, step->name, what);
    execute_done(run, step, NULL);
}

void execute_hook_failed(struct execution *run, struct step *step, int64_t status)
{
    struct error failure;

    error_init(&failure);
    if (step->optional) {
        warn_failed(run, step,
                    arena_printf(run->arena, "exited with code %lld%s", (long long)status,
                                 last_words(run, step)));
        return;
    }
    if (step->kind == STEP_HOOK_RUN)
        (void)error_set(&failure, ERROR_INPUT, "service \"%s\" %s exited with code %lld%s",
                        step->name, step->hook_name, (long long)status, last_words(run, step));
    else
        (void)error_set(&failure, ERROR_INPUT, "%s hook exited with status %lld%s",
                        step->service->name, (long long)status, last_words(run, step));
    execute_failed(run, step, &failure);
    error_finish(&failure);
}

static void fail_hook(struct execution *run, struct step *step, const struct error *failure)
{
    char *message;

    if (step->work->hook_expired) {
        warn_failed(run, step,
                    arena_printf(run->arena, "did not end within %lld s and is not waited for",
                                 (long long)step->timeout_s));
    } else if (step->optional && failure->kind != ERROR_CANCELED) {
        message = error_message(failure);
        warn_failed(run, step, arena_printf(run->arena, "failed: %s", message));
        free(message);
    } else {
        execute_failed(run, step, failure);
    }
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
        fail_hook(run, step, failure);
    return true;
}

static void on_hook_deadline(uv_timer_t *timer)
{
    struct step *step = timer->data;
    struct step_work *work = step->work;

    work->hook_expired = true;
    if (work->request)
        engine_request_cancel(work->request);
    else if (work->exec_end)
        exec_end_cancel(work->exec_end);
}

static void set_hook_deadline(struct execution *run, struct step *step)
{
    if (!step->optional || !step->has_timeout)
        return;
    step->work->timer = xcalloc(1, sizeof(*step->work->timer));
    (void)uv_timer_init(session_loop(run->session), step->work->timer);
    step->work->timer->data = step;
    (void)uv_timer_start(step->work->timer, on_hook_deadline, (uint64_t)step->timeout_s * 1000, 0);
}

/* -- exec -- */

static void on_exec_ended(void *owner, int exit_code, const struct error *failure)
{
    struct step *step = owner;

    step->work->exec_end = NULL;
    if (ended(step, failure))
        return;
    if (exit_code != 0)
        execute_hook_failed(step->work->run, step, exit_code);
    else
        execute_done(step->work->run, step, NULL);
}

static void on_exec_stream_ended(void *owner, struct engine_request *req,
                                 const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct error problem;

    (void)req;
    if (ended(step, failure))
        return;
    error_init(&problem);
    step->work->exec_end = exec_end_start(run->session, run->options->project_name,
                                          step->work->exec_id, on_exec_ended, step, &problem);
    if (!step->work->exec_end)
        execute_failed(run, step, &problem);
    error_finish(&problem);
}

static void on_exec_created(void *owner, struct engine_request *req, const struct error *failure)
{
    struct step *step = owner;
    struct execution *run = step->work->run;
    struct engine_created created;
    struct engine_call call = {.method = "POST", .on_chunk = execute_hook_chunk};

    if (ended(step, failure))
        return;
    if (!execute_created(run, step, req, &created))
        return;
    step->work->exec_id = xstrdup(created.id);
    call.path = engine_path(run->arena, "/exec/%s/start", created.id);
    call.body = span_of("{\"Detach\":false,\"Tty\":false}");
    step->work->request = engine_request_start(run->client, &call, on_exec_stream_ended, step);
}

static void write_environment(struct json_writer *json, struct arena *arena,
                              const struct pairs *environment)
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
    set_hook_deadline(run, step);
    execute_send(run, step, "POST",
                 engine_path(run->arena, "/containers/%s/exec", step_value_get(step->object)), NULL,
                 text_span(&body), on_exec_created);
    text_finish(&body);
    return true;
}
