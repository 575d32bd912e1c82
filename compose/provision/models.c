/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/models.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compose/cli_plugin.h"
#include "compose/session/child.h"
#include "engine_client/docker_config.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/project.h"

enum models_state {
    MODELS_VERSION, /* the plugin's metadata */
    MODELS_LIST,    /* ls --json */
    MODELS_PULL,    /* pull M, unless listed */
    MODELS_CONFIGURE,
    MODELS_STATUS, /* status --json: the endpoint */
    MODELS_END,
};

struct models_run {
    struct arena *arena;
    uv_loop_t *loop;
    struct models_options options;
    models_progress_fn *on_progress;
    models_done_fn *done;
    void *owner;
    const char *program;
    struct pairs environment;
    enum models_state state;
    size_t at; /* which key is being pulled or configured */
    struct span list;
    bool flags_known;
    const char *endpoint;
    struct child *child;
    uv_timer_t soon;
    struct error failure;
    bool cancelled;
};

/* -- Pure parts -- */

static const char *with_tag(struct arena *arena, const char *model)
{
    const char *slash = strrchr(model, '/'), *name = slash ? slash + 1 : model;

    return strchr(name, ':') || strchr(name, '@') ? model : arena_printf(arena, "%s:latest", model);
}

bool models_is_listed(struct span list, const char *model)
{
    struct arena *arena = arena_create();
    const char *wanted = with_tag(arena, model);
    bool found = false, more = true;

    for (size_t i = 0; more && !found; i++) {
        more = engine_json_find(list, arena_printf(arena, "%zu", i)).bytes != NULL;
        for (size_t t = 0; more && !found; t++) {
            struct span tag = engine_json_find(list, arena_printf(arena, "%zu.tags.%zu", i, t));

            if (!tag.bytes)
                break;
            found = strcmp(with_tag(arena, engine_json_text(arena, tag)), wanted) == 0;
        }
    }
    arena_destroy(arena);
    return found;
}

struct strings models_configure_words(struct arena *arena, const struct spec_model *model,
                                      bool flags_known)
{
    struct strings words = {0};

    strings_add(&words, arena, "configure");
    if (model->context_size > 0) {
        strings_add(&words, arena, "--context-size");
        strings_add(&words, arena, arena_printf(arena, "%lld", (long long)model->context_size));
    }
    strings_add(&words, arena, model->model);
    if (model->runtime_flags.count == 0 || !flags_known)
        return words;
    strings_add(&words, arena, "--");
    for (size_t i = 0; i < model->runtime_flags.count; i++)
        strings_add(&words, arena, model->runtime_flags.items[i]);
    return words;
}

static const char *variable_name(struct arena *arena, const char *own, const char *key,
                                 const char *suffix)
{
    char *name;

    if (own && own[0])
        return own;
    name = arena_printf(arena, "%s_%s", key, suffix);
    for (char *at = name; *at; at++)
        *at = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
    return name;
}

static const struct spec_model *model_of(const struct spec_project *project, const char *key)
{
    for (size_t i = 0; i < project->models.count; i++)
        if (strcmp(project->models.items[i].key, key) == 0)
            return project->models.items[i].value;
    return NULL;
}

struct pairs models_variables(struct arena *arena, const struct spec_project *project,
                              const struct spec_service *service, const char *endpoint)
{
    struct pairs variables = {0};

    for (size_t i = 0; i < service->models.count; i++) {
        const char *key = service->models.items[i].key;
        const struct spec_service_model *use = service->models.items[i].value;
        const struct spec_model *model = model_of(project, key);

        if (!model)
            continue;
        pairs_set(&variables, arena,
                  variable_name(arena, use ? use->model_var : NULL, key, "MODEL"), model->model);
        pairs_set(&variables, arena,
                  variable_name(arena, use ? use->endpoint_var : NULL, key, "URL"), endpoint);
    }
    return variables;
}

/* -- The talk with the plugin: one child after the other -- */

static void enter(struct models_run *run, enum models_state state);

static void on_closed(uv_handle_t *handle)
{
    struct models_run *run = handle->data;

    run->done(run->owner, run->endpoint, error_is_set(&run->failure) ? &run->failure : NULL);
    error_finish(&run->failure);
    arena_destroy(run->arena);
    free(run);
}

static void finish(struct models_run *run)
{
    if (run->cancelled && !error_is_set(&run->failure))
        (void)error_set(&run->failure, ERROR_CANCELED, "canceled");
    uv_close((uv_handle_t *)&run->soon, on_closed);
}

static void on_ended(void *owner, const struct child_end *end);

static void run_plugin(struct models_run *run, const struct strings *words)
{
    struct child_options options = {
        .program = run->program,
        .arguments = words,
        .environment = &run->environment,
        .done = on_ended,
        .owner = run,
    };

    run->child = child_start(run->loop, &options);
}

static void run_words(struct models_run *run, const char *first, const char *second)
{
    struct strings words = {0};

    strings_add(&words, run->arena, first);
    if (second)
        strings_add(&words, run->arena, second);
    run_plugin(run, &words);
}

static const char *key_at(const struct models_run *run)
{
    return run->options.keys->items[run->at];
}

static void enter_pull(struct models_run *run)
{
    const struct spec_model *model;

    for (; run->at < run->options.keys->count; run->at++) {
        model = model_of(run->options.project, key_at(run));
        if (model && !models_is_listed(run->list, model->model)) {
            run->on_progress(run->owner, key_at(run), "Pulling", false);
            run_words(run, "pull", model->model);
            return;
        }
    }
    run->at = 0;
    enter(run, MODELS_CONFIGURE);
}

static void enter_configure(struct models_run *run)
{
    const struct spec_model *model =
        run->at < run->options.keys->count ? model_of(run->options.project, key_at(run)) : NULL;
    struct strings words;

    if (!model) {
        enter(run, MODELS_STATUS);
        return;
    }
    words = models_configure_words(run->arena, model, run->flags_known);
    run->on_progress(run->owner, key_at(run), "Configuring", false);
    run_plugin(run, &words);
}

static void enter(struct models_run *run, enum models_state state)
{
    run->state = state;
    switch (state) {
    case MODELS_VERSION:
        run_words(run, "docker-cli-plugin-metadata", NULL);
        return;
    case MODELS_LIST:
        run_words(run, "ls", "--json");
        return;
    case MODELS_PULL:
        enter_pull(run);
        return;
    case MODELS_CONFIGURE:
        enter_configure(run);
        return;
    case MODELS_STATUS:
        run_words(run, "status", "--json");
        return;
    case MODELS_END:
        finish(run);
        return;
    }
}

static void read_version(struct models_run *run, const struct child_end *end)
{
    struct span text = engine_json_find(end->output, "Version");
    struct cli_plugin_version version;

    run->flags_known = text.bytes &&
                       cli_plugin_version_parse(engine_json_text(run->arena, text), &version) &&
                       cli_plugin_version_is_at_least(&version, 1, 0, 6);
}

static bool fail(struct models_run *run, const struct child_end *end)
{
    static const char *const doing[] = {
        "be asked for its version", "list models", "pull", "configure", "tell its status", ""};

    (void)error_set(&run->failure, ERROR_INPUT, "docker-model could not %s: %s", doing[run->state],
                    child_end_text(run->arena, end));
    if (end->diagnostics.length > 0)
        (void)error_hint(&run->failure, "it said: %.*s", (int)end->diagnostics.length,
                         end->diagnostics.bytes);
    return false;
}

static void on_ended(void *owner, const struct child_end *end)
{
    struct models_run *run = owner;
    struct span endpoint;

    run->child = NULL;
    if (run->cancelled ||
        (!child_succeeded(end) && run->state != MODELS_VERSION && !fail(run, end))) {
        finish(run);
        return;
    }
    switch (run->state) {
    case MODELS_VERSION:
        read_version(run, end);
        enter(run, MODELS_LIST);
        return;
    case MODELS_LIST:
        run->list = (struct span){arena_strndup(run->arena, end->output.bytes, end->output.length),
                                  end->output.length};
        enter(run, MODELS_PULL);
        return;
    case MODELS_PULL:
        run->on_progress(run->owner, key_at(run), "Pulled", true);
        run->at++;
        enter(run, MODELS_PULL);
        return;
    case MODELS_CONFIGURE:
        run->on_progress(run->owner, key_at(run), "Configured", true);
        run->at++;
        enter(run, MODELS_CONFIGURE);
        return;
    case MODELS_STATUS:
        endpoint = engine_json_find(end->output, "endpoint");
        run->endpoint = endpoint.bytes ? engine_json_text(run->arena, endpoint) : "";
        enter(run, MODELS_END);
        return;
    case MODELS_END:
        return;
    }
}

static void on_soon(uv_timer_t *timer)
{
    struct models_run *run = timer->data;

    run->program = cli_plugin_find(run->arena, run->options.docker, "model");
    if (!run->program && !run->cancelled) {
        (void)error_set(&run->failure, ERROR_INPUT,
                        "'models' support requires Docker Model plugin");
        (void)error_hint(&run->failure,
                         "install docker-model beside the other plugins of the docker CLI");
    }
    if (!run->program || run->cancelled) {
        finish(run);
        return;
    }
    cli_plugin_environment(run->arena, run->options.endpoint, &run->environment);
    enter(run, MODELS_VERSION);
}

struct models_run *models_start(uv_loop_t *loop, const struct models_options *options,
                                models_progress_fn *on_progress, models_done_fn *done, void *owner)
{
    struct models_run *run = xcalloc(1, sizeof(*run));

    run->arena = arena_create();
    run->loop = loop;
    run->options = *options;
    run->on_progress = on_progress;
    run->done = done;
    run->owner = owner;
    run->endpoint = "";
    error_init(&run->failure);
    (void)uv_timer_init(loop, &run->soon);
    run->soon.data = run;
    (void)uv_timer_start(&run->soon, on_soon, 0, 0);
    return run;
}

void models_cancel(struct models_run *run)
{
    run->cancelled = true;
    if (run->child)
        child_signal(run->child, SIGTERM);
}
