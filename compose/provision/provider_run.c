/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/cli_plugin.h"
#include "compose/provision/provider.h"
#include "compose/session/child.h"
#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/path.h"
#include "spec/base/program.h"
#include "spec/project.h"

struct provider_run {
    struct arena *arena;
    uv_loop_t *loop;
    struct provider_options options;
    provider_message_fn *on_message;
    provider_done_fn *done;
    void *owner;
    const char *program;
    struct pairs environment;
    struct strings arguments;
    struct child *child; /* NULL before the first turn */
    uv_timer_t soon;     /* the first step is taken on a later turn */
    struct error failure;
    bool cancelled;
};

static void on_closed(uv_handle_t *handle)
{
    struct provider_run *run = handle->data;

    run->done(run->owner, error_is_set(&run->failure) ? &run->failure : NULL);
    error_finish(&run->failure);
    arena_destroy(run->arena);
    free(run);
}

static void finish(struct provider_run *run)
{
    if (run->cancelled && !error_is_set(&run->failure))
        (void)error_set(&run->failure, ERROR_CANCELED, "canceled");
    uv_close((uv_handle_t *)&run->soon, on_closed);
}

/* Kept for tools that complete and check Compose files; failing to keep it changes nothing. */
static void keep_metadata(const struct provider_run *run, struct span metadata)
{
    const char *compose = path_join(run->arena, run->options.docker->directory, "compose");
    const char *directory = path_join(run->arena, compose, "providers");
    const char *type = path_base(run->arena, run->options.service->provider->type);
    struct file_write file;
    struct error ignored;

    error_init(&ignored);
    /* The folder may be another user's, as with sudo: links in it are not followed. */
    if (file_write_directory(compose, 0755) && file_write_directory(directory, 0755) &&
        file_write_open(&file,
                        path_join(run->arena, directory, arena_printf(run->arena, "%s.json", type)),
                        -1, &ignored)) {
        if (file.is_stream || fchmod(file.descriptor, 0644) != 0 ||
            !file_write_bytes(&file, metadata.bytes, metadata.length, &ignored) ||
            !file_write_commit(&file, &ignored))
            file_write_abandon(&file);
    }
    error_finish(&ignored);
}

static void start_child(struct provider_run *run, child_line_fn *on_output, child_done_fn *done)
{
    struct child_options options = {
        .program = run->program,
        .arguments = &run->arguments,
        .environment = &run->environment,
        .directory = run->options.project->load ? run->options.project->load->working_dir : NULL,
        .on_output = on_output,
        .done = done,
        .owner = run,
    };

    run->child = child_start(run->loop, &options);
}

static void on_output(void *owner, struct span line)
{
    struct provider_run *run = owner;
    struct provider_message message;
    struct error problem;

    error_init(&problem);
    if (!provider_message_parse(run->arena, line, &message, &problem)) {
        if (!error_is_set(&run->failure))
            error_move(&run->failure, &problem);
        error_finish(&problem);
        child_signal(run->child, SIGTERM); /* what it says cannot be trusted to be complete */
        return;
    }
    if (message.kind == PROVIDER_ERROR && !error_is_set(&run->failure))
        (void)error_set(&run->failure, ERROR_INPUT, "%s", message.text);
    run->on_message(run->owner, &message);
}

static const char *verb_of(const char *action)
{
    if (strcmp(action, "up") == 0)
        return "create";
    return strcmp(action, "down") == 0 ? "remove" : "stop";
}

static void on_ended(void *owner, const struct child_end *end)
{
    struct provider_run *run = owner;

    run->child = NULL;
    if (!child_succeeded(end) && !run->cancelled && !error_is_set(&run->failure)) {
        (void)error_set(&run->failure, ERROR_INPUT, "failed to %s service provider: %s",
                        verb_of(run->options.action), child_end_text(run->arena, end));
        if (end->diagnostics.length > 0)
            (void)error_hint(&run->failure, "it said: %.*s", (int)end->diagnostics.length,
                             end->diagnostics.bytes);
    }
    finish(run);
}

static void on_metadata(void *owner, const struct child_end *end)
{
    struct provider_run *run = owner;
    struct span metadata = child_succeeded(end) ? end->output : (struct span){"", 0};

    run->child = NULL;
    if (run->cancelled) {
        finish(run);
        return;
    }
    if (metadata.length > 0)
        keep_metadata(run, metadata);
    if (strcmp(run->options.action, "stop") == 0 && !provider_stops(metadata)) {
        finish(run);
        return;
    }
    if (!provider_arguments(run->arena, run->options.project->name, run->options.service,
                            run->options.action, metadata, &run->arguments, &run->failure)) {
        finish(run);
        return;
    }
    start_child(run, on_output, on_ended);
}

/* A plugin of the docker CLI goes before a program of the same name. */
static bool find_program(struct provider_run *run, struct error *err)
{
    const char *type = run->options.service->provider->type;

    if (strcmp(type, "compose") == 0)
        return error_set(err, ERROR_INPUT, "'compose' is not a valid provider type");
    run->program = cli_plugin_find(run->arena, run->options.docker, type);
    if (!run->program)
        run->program = program_find(run->arena, type);
    if (!run->program) {
        (void)error_set(err, ERROR_INPUT, "service \"%s\": no provider \"%s\" is installed",
                        run->options.service->name, type);
        return error_hint(err, "install a docker CLI plugin docker-%s, or a program %s in PATH",
                          type, type);
    }
    return true;
}

static void on_soon(uv_timer_t *timer)
{
    struct provider_run *run = timer->data;
    const struct spec_load *load = run->options.project->load;

    if (run->cancelled || !find_program(run, &run->failure)) {
        finish(run);
        return;
    }
    for (size_t i = 0; load && i < load->environment.count; i++)
        pairs_add(&run->environment, run->arena, load->environment.items[i].key,
                  load->environment.items[i].value);
    cli_plugin_environment(run->arena, run->options.endpoint, &run->environment);
    strings_add(&run->arguments, run->arena, "compose");
    strings_add(&run->arguments, run->arena, "metadata");
    start_child(run, NULL, on_metadata);
}

struct provider_run *provider_start(uv_loop_t *loop, const struct provider_options *options,
                                    provider_message_fn *on_message, provider_done_fn *done,
                                    void *owner)
{
    struct provider_run *run = xcalloc(1, sizeof(*run));

    run->arena = arena_create();
    run->loop = loop;
    run->options = *options;
    run->on_message = on_message;
    run->done = done;
    run->owner = owner;
    error_init(&run->failure);
    (void)uv_timer_init(loop, &run->soon);
    run->soon.data = run;
    (void)uv_timer_start(&run->soon, on_soon, 0, 0);
    return run;
}

void provider_cancel(struct provider_run *run)
{
    run->cancelled = true;
    if (run->child)
        child_signal(run->child, SIGTERM);
}
