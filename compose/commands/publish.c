/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"
#include "compose/session/session.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"app", .kind = OPTION_BOOL, .help = "Published compose application (includes referenced images)"},
    {"insecure-registry", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "Use insecure registry"},
    {"oci-version", .kind = OPTION_STRING, .values = "1.0|1.1", .help = "OCI image/artifact specification version (automatically determined by default)"},
    {"resolve-image-digests", .kind = OPTION_BOOL, .help = "Pin image tags to digests"},
    {"with-env", .kind = OPTION_BOOL, .help = "Include environment variables in the published OCI artifact"},
    {"yes", 'y', OPTION_BOOL, OPTION_OLD_ALIAS, .alias = "y", .help = "Assume \"yes\" as answer to all prompts"},
    OPTION_END,
};
/* clang-format on */

/* What nobody else could run: a service that has to be built from files which are not published. */
static bool check_images(const struct spec_project *project, struct error *err)
{
    struct text names;

    text_init(&names, 0);
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        if (service->build && (!service->image || !*service->image))
            text_addf(&names, "- \"%s\"\n", service->name);
    }
    if (names.length > 0)
        (void)error_set(
            err, ERROR_INPUT,
            "your Compose stack cannot be published as it only contains a build section for "
            "service(s):\n%s",
            names.bytes);
    text_finish(&names);
    return !error_is_set(err);
}

static bool run_publish(struct command_context *context, struct error *err)
{
    struct spec_load_options load = session_load_options(context);
    struct spec_project *project;

    load.all_profiles = true;
    if (!session_project(context, PROJECT_MODEL, &load, &project, err))
        return false;
    if (project->load->includes)
        return error_set(err, ERROR_INPUT, "cannot publish compose file with local includes");
    if (!check_images(project, err))
        return false;
    (void)error_set(err, ERROR_USAGE, "publish is not part of this program: nothing was sent to %s",
                    context->options->arguments.items[0]);
    return error_hint(
        err,
        "write the whole model with `docker compose config --resolve-image-digests -o compose.yaml`, and "
        "send that file with `oras push`, or keep it under version control");
}

const struct command_body cmd_publish = {
    .usage = "[OPTIONS] REPOSITORY[:TAG]",
    .options = option_rows,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_publish,
};
