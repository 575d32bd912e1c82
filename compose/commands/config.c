/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/observe/digests.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/base/file_write.h"
#include "spec/base/text.h"
#include "spec/consistency.h"
#include "spec/listing.h"
#include "spec/project.h"
#include "spec/render.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"environment", .kind = OPTION_BOOL, .help = "Print environment used for interpolation."},
    {"format", .kind = OPTION_STRING, .values = "yaml|json", .help = "Format the output. Values: [yaml | json]"},
    {"hash", .kind = OPTION_STRING, .help = "Print the service config hash, one per line."},
    {"images", .kind = OPTION_BOOL, .help = "Print the image names, one per line."},
    {"lock-image-digests", .kind = OPTION_BOOL, .help = "Produces an override file with image digests"},
    {"models", .kind = OPTION_BOOL, .help = "Print the model names, one per line."},
    {"networks", .kind = OPTION_BOOL, .help = "Print the network names, one per line."},
    {"no-consistency", .kind = OPTION_BOOL, .help = "Don't check model consistency - warning: may produce invalid Compose output"},
    {"no-env-resolution", .kind = OPTION_BOOL, .help = "Don't resolve service env files"},
    {"no-interpolate", .kind = OPTION_BOOL, .help = "Don't interpolate environment variables"},
    {"no-normalize", .kind = OPTION_BOOL, .help = "Don't normalize compose model"},
    {"no-path-resolution", .kind = OPTION_BOOL, .help = "Don't resolve file paths"},
    {"output", 'o', OPTION_STRING, .help = "Save to file (default to stdout)"},
    {"profiles", .kind = OPTION_BOOL, .help = "Print the profile names, one per line."},
    {"quiet", 'q', OPTION_BOOL, .help = "Only validate the configuration, don't print anything"},
    {"resolve-image-digests", .kind = OPTION_BOOL, .help = "Pin image tags to digests"},
    {"services", .kind = OPTION_BOOL, .help = "Print the service names, one per line."},
    {"variables", .kind = OPTION_BOOL, .help = "Print model variables and default values."},
    {"volumes", .kind = OPTION_BOOL, .help = "Print the volume names, one per line."},
    OPTION_END,
};

/*
 * What may be printed instead of the model; the first one that is given wins. Services that are named besides narrow
 * only some of the lists. Source: observed with Docker Compose 2.40.3.
 */
static const struct selector {
    const char *flag;
    void (*list)(struct text *out, const struct spec_project *project); /* NULL: handled by name */
    bool is_whole;
} selectors[] = {
    {"services", spec_list_services, true}, {"volumes", spec_list_volumes, true},
    {"networks", spec_list_networks, true}, {"models", spec_list_models, true},
    {"hash", NULL, true},                   {"profiles", spec_list_profiles, false},
    {"images", spec_list_images, false},    {"variables", NULL, false},
    {"environment", spec_list_environment, false},
};
/* clang-format on */

static const struct selector *chosen_selector(const struct options *options)
{
    for (size_t i = 0; i < COUNT_OF(selectors); i++) {
        const char *flag = selectors[i].flag;

        if (strcmp(flag, "hash") == 0 ? options_string(options, flag)[0] != '\0'
                                      : options_bool(options, flag))
            return &selectors[i];
    }
    return NULL;
}

/* Whether only keys of the model are asked for, which no env file can change. */
static bool lists_keys(const struct options *options)
{
    const struct selector *selector = chosen_selector(options);

    return selector &&
           (selector->list == spec_list_services || selector->list == spec_list_volumes ||
            selector->list == spec_list_networks || selector->list == spec_list_models);
}

enum model { MODEL_TYPED, MODEL_TREE, MODEL_UNCHECKED_TREE };

static bool load(struct command_context *context, enum model model,
                 struct spec_project **ret_project, struct error *err)
{
    const struct options *options = context->options;
    struct spec_load_options how = session_load_options(context);

    how.tree_only = model != MODEL_TYPED;
    how.no_check = model == MODEL_UNCHECKED_TREE;
    how.no_interpolate = how.tree_only || options_bool(options, "no-interpolate");
    how.no_normalize = options_bool(options, "no-normalize") || context->root->compatibility_flag;
    how.no_path_resolution = options_bool(options, "no-path-resolution");
    how.no_consistency = options_bool(options, "no-consistency");
    how.no_env_resolution = options_bool(options, "no-env-resolution");
    return session_project(context, PROJECT_MODEL, &how, ret_project, err);
}

static bool select_services(struct command_context *context, const struct strings *services,
                            struct spec_project *project, struct error *err)
{
    return spec_project_select(project, services, false, context->root->all_resources, err) &&
           (lists_keys(context->options) || session_read_service_files(context, err));
}

static bool add_variables(struct command_context *context, const char *format, struct text *out,
                          struct error *err)
{
    enum spec_variables_format how = SPEC_VARIABLES_TABLE;
    struct spec_project *project;

    if (context->options->arguments.count > 0)
        console_warn(context->console,
                     "service filtering is not applied when --variables is set, "
                     "variables from the full model will be rendered");
    if (!load(context, MODEL_UNCHECKED_TREE, &project, err))
        return false;
    if (strcmp(format, "json") == 0)
        how = SPEC_VARIABLES_JSON;
    else if (strcmp(format, "yaml") == 0)
        how = SPEC_VARIABLES_YAML;
    else if (format[0] && strcmp(format, "table") != 0)
        return error_set(err, ERROR_USAGE, "unsupported format \"%s\"", format);
    spec_list_variables(out, project, how);
    return true;
}

static bool add_raw(struct command_context *context, bool json, struct text *out, struct error *err)
{
    struct spec_project *project;

    if (context->options->arguments.count > 0)
        console_warn(context->console,
                     "service filtering is not applied when --no-interpolate is set, "
                     "the full model will be rendered");
    if (!load(context, MODEL_TREE, &project, err))
        return false;
    if (json)
        spec_render_tree_json(out, project->load->tree);
    else
        spec_render_tree_yaml(out, project->load->tree);
    return true;
}

static bool add_model(struct command_context *context, bool json, struct text *out,
                      struct error *err)
{
    const struct options *options = context->options;
    bool lock = options_bool(options, "lock-image-digests");
    struct spec_project *project;

    if (!load(context, MODEL_TYPED, &project, err) ||
        !select_services(context, &options->arguments, project, err))
        return false;
    if (!options_bool(options, "no-consistency") && !spec_container_names_check(project, err))
        return false;
    if ((lock || options_bool(options, "resolve-image-digests")) &&
        !digests_resolve(context, project, err))
        return false;
    if (lock)
        digests_keep_images(context->console, project);
    if (json)
        spec_render_json(out, project);
    else
        spec_render_yaml(out, project);
    spec_render_escape_dollars(out, 0);
    return true;
}

/* The names of `--hash`: "*" for all, else separated by commas. */
static struct strings names_to_hash(struct arena *arena, const struct spec_project *project,
                                    const char *list)
{
    struct strings names = {0};

    if (strcmp(list, "*") == 0) {
        for (size_t i = 0; i < project->services.count; i++)
            strings_add(&names, arena, project->services.items[i].key);
        return names;
    }
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");

        strings_add(&names, arena, arena_strndup(arena, at, length));
        at += length;
        if (*at == '\0')
            break;
    }
    strings_sort(&names);
    return names;
}

/* Only the files of the services that are named are read. */
static bool add_hashes(struct command_context *context, struct text *out, struct error *err)
{
    struct spec_project *project;
    struct strings names;

    if (!load(context, MODEL_TYPED, &project, err))
        return false;
    names = names_to_hash(context->arena, project, options_string(context->options, "hash"));
    for (size_t i = 0; i < names.count; i++)
        if (!spec_project_service(project, names.items[i]))
            return spec_project_unknown(project, names.items[i], err);
    return spec_project_select(project, &names, true, true, err) &&
           session_read_service_files(context, err) && spec_list_hashes(out, project, &names, err);
}

static bool add_listing(struct command_context *context, const struct selector *selector,
                        struct text *out, struct error *err)
{
    const struct strings all = {0};
    struct spec_project *project;

    if (selector->list == spec_list_services && options_bool(context->options, "no-interpolate")) {
        if (!load(context, MODEL_TREE, &project, err))
            return false;
        spec_list_declared_services(out, project);
        return true;
    }
    if (strcmp(selector->flag, "variables") == 0)
        return add_variables(context, options_string(context->options, "format"), out, err);
    if (strcmp(selector->flag, "hash") == 0)
        return add_hashes(context, out, err);
    if (!load(context, MODEL_TYPED, &project, err) ||
        !select_services(context, selector->is_whole ? &all : &context->options->arguments, project,
                         err))
        return false;
    selector->list(out, project);
    return true;
}

static bool run_config(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    const struct selector *selector = chosen_selector(options);
    const char *format = options_string(options, "format");
    const char *path = options_string(options, "output");
    bool json = strcmp(format, "json") == 0;
    struct text text;
    bool good;

    if (!selector && format[0] && !json && strcmp(format, "yaml") != 0)
        return error_set(err, ERROR_USAGE, "unsupported format \"%s\"", format);
    text_init(&text, 0);
    if (selector)
        good = add_listing(context, selector, &text, err);
    else if (options_bool(options, "no-interpolate"))
        good = add_raw(context, json, &text, err);
    else
        good = add_model(context, json, &text, err);
    if (good && (selector || !options_bool(options, "quiet"))) { /* as in Docker Compose 2.40.3 */
        if (path[0] && text.length > 0)
            good = file_write_text(path, text_span(&text), err);
        else
            console_write(context->console, text.bytes, text.length);
    }
    text_finish(&text);
    return good;
}

const struct command_body cmd_config = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_config,
};
