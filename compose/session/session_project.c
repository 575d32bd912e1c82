/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/root.h"
#include "compose/session/session_internal.h"
#include "spec/base/arena.h"
#include "spec/project.h"

struct spec_load_options session_load_options(const struct command_context *context)
{
    const struct root_options *root = context->root;

    return (struct spec_load_options){
        .files = root->files,
        .project_name = root->project_name[0] ? root->project_name : NULL,
        .project_directory = root->project_directory[0] ? root->project_directory : NULL,
        .env_files = root->env_files,
        .profiles = root->profiles,
        .environment = (const char *const *)environ,
        .compatibility = root->compatibility,
    };
}

/* Commands that act by label take any name and make it lower case. Source: Docker Compose 5.5.0. */
static struct spec_project *named(struct session *session, const char *name)
{
    char *lower = arena_strdup(session->arena, name);

    for (char *at = lower; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return spec_project_named(lower);
}

static struct spec_project *load_model(struct session *session, enum project_need need,
                                       struct spec_load_options *options, struct error *err)
{
    const char *name = getenv("COMPOSE_PROJECT_NAME");
    struct spec_project *project;
    struct error failure;

    if (need == PROJECT_MODEL)
        return spec_project_load(options, &session->warnings, err);
    if (options->files.count == 0 && options->project_name)
        return named(session, options->project_name);
    options->no_env_resolution = true;
    error_init(&failure);
    project = spec_project_load(options, &session->warnings, &failure);
    if (!project && name && name[0]) {
        error_finish(&failure);
        return named(session, name);
    }
    if (!project)
        error_move(err, &failure);
    return project;
}

static const char *late_variable(void *owner, const char *name)
{
    return session_variable(owner, name);
}

bool session_project(const struct command_context *context, enum project_need need,
                     const struct spec_load_options *load, struct spec_project **ret_project,
                     struct error *err)
{
    struct session *session = context->session;
    struct spec_load_options options = load ? *load : session_load_options(context);
    const char *name = options.project_name ? options.project_name : getenv("COMPOSE_PROJECT_NAME");
    struct spec_project *project;
    size_t shown = session->warnings.count;

    if (need != PROJECT_NAME)
        project = load_model(session, need, &options, err);
    else if (name && name[0])
        project = named(session, name);
    else
        project = spec_project_locate(&options, &session->warnings, err);

    console_warnings_from(session->console, &session->warnings, shown);
    if (!project)
        return false;
    spec_project_destroy(session->project);
    session->project = project;
    if (!root_take_late(session->root, late_variable, session, err))
        return false;
    console_set_ansi(session->console, session->root->ansi);
    *ret_project = project;
    return true;
}

const struct spec_project *session_loaded_project(const struct session *session)
{
    return session->project;
}

bool session_read_service_files(const struct command_context *context, struct error *err)
{
    struct session *session = context->session;
    size_t shown = session->warnings.count;
    bool good = spec_project_read_service_files(session->project, &session->warnings, err);

    console_warnings_from(session->console, &session->warnings, shown);
    return good;
}

bool session_project_for_services(const struct command_context *context, const char **ret_name,
                                  struct error *err)
{
    const struct strings *services = &context->options->arguments;
    struct spec_project *project;

    if (!session_project(context, PROJECT_MODEL_OR_NAME, NULL, &project, err))
        return false;
    *ret_name = project->name;
    if (session_is_by_name(project)) {
        if (context->root->project_name[0])
            *ret_name = context->root->project_name; /* as given, as in Docker Compose 5.5.0 */
        return true;
    }
    for (size_t i = 0; i < services->count; i++) {
        struct strings one = {.items = &services->items[i], .count = 1};

        if (!spec_project_service(project, services->items[i]) &&
            !spec_project_select(project, &one, true, true, err))
            return false;
    }
    return true;
}

struct spec_project *session_forget_files(const struct command_context *context)
{
    struct session *session = context->session;
    struct spec_project *project = spec_project_named(session->project->name);

    spec_project_destroy(session->project);
    session->project = project;
    return project;
}

bool session_is_by_name(const struct spec_project *project)
{
    return !project->load || project->load->config_files.count == 0;
}

const char *session_variable(const struct session *session, const char *name)
{
    const char *value = NULL;

    if (session->project && !session_is_by_name(session->project))
        value = spec_project_variable(session->project, name);
    if (!value)
        value = getenv(name);
    return value ? value : "";
}

const char *session_shell_variable(const struct command_context *context, const char *name)
{
    struct spec_load_options options = session_load_options(context);
    struct warnings unseen = {.arena = context->arena};
    const char *value = getenv(name);
    struct spec_project *project;
    struct error failure;

    if (value)
        return value;
    error_init(&failure);
    project = spec_project_locate(&options, &unseen, &failure);
    value = project ? spec_project_variable(project, name) : NULL;
    if (value)
        value = arena_strdup(context->arena, value);
    spec_project_destroy(project);
    error_finish(&failure); /* without files there are no further variables */
    return value;
}
