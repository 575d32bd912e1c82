/* SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "compose/build/bake.h"
#include "compose/build/bake_run.h"
#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/execute/converge.h"
#include "compose/reconcile/reconcile_builds.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "engine_client/docker_config.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"build-arg", .kind = OPTION_LIST, .help = "Set build-time variables for services"},
    {"builder", .kind = OPTION_STRING, .help = "Set builder to use"},
    {"check", .kind = OPTION_BOOL, .help = "Check build configuration"},
    {"compress", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "No effect"},
    {"force-rm", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "No effect"},
    {"memory", 'm', OPTION_BYTES, .help = "Set memory limit for the build container. Not supported by BuildKit."},
    {"no-cache", .kind = OPTION_BOOL, .help = "Do not use cache when building the image"},
    {"no-rm", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "No effect"},
    {"parallel", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "No effect"},
    {"print", .kind = OPTION_BOOL, .help = "Print equivalent bake file"},
    {"progress", .kind = OPTION_STRING, .flags = OPTION_HIDDEN, .help = "No effect"},
    {"provenance", .kind = OPTION_STRING, .help = "Add a provenance attestation"},
    {"pull", .kind = OPTION_BOOL, .help = "Always attempt to pull a newer version of the image"},
    {"push", .kind = OPTION_BOOL, .help = "Push service images"},
    {"quiet", 'q', OPTION_BOOL, .help = "Suppress the build output"},
    {"sbom", .kind = OPTION_STRING, .help = "Add a SBOM attestation"},
    {"ssh", .kind = OPTION_LIST, .help = "Set SSH authentications used when building service images. (use 'default' for using your default SSH Agent)"},
    {"with-dependencies", .kind = OPTION_BOOL, .help = "Also build dependencies (transitively)"},
    OPTION_END,
};
/* clang-format on */

struct build {
    struct converge job;
    struct bake_options flags;
    struct strings services; /* that are built */
};

static const char *text_or_null(const char *text)
{
    return *text ? text : NULL;
}

static bool read_flags(struct build *build, const struct spec_project *project, struct error *err)
{
    struct command_context *context = build->job.context;
    const struct options *options = context->options;
    const char *builder = options_string(options, "builder");

    build->flags = (struct bake_options){
        .arguments = bake_arguments(context->arena, project, options_list(options, "build-arg")),
        .builder = *builder ? builder : getenv("BUILDX_BUILDER"),
        .provenance = text_or_null(options_string(options, "provenance")),
        .sbom = text_or_null(options_string(options, "sbom")),
        .check = options_bool(options, "check"),
        .no_cache = options_bool(options, "no-cache"),
        .pull = options_bool(options, "pull"),
        .push = options_bool(options, "push"),
        .quiet = options_bool(options, "quiet"),
    };
    return bake_ssh_keys(context->arena, options_list(options, "ssh"), &build->flags.ssh, err);
}

static bool make(struct converge *job, const struct observed *observed, struct plan **ret_plan,
                 struct error *err)
{
    struct build *build = job->owner;
    bool bakes = build->job.execute.builder->kind == BUILDER_BAKE;
    const struct reconcile_builds what = {
        .services = build->services,
        .in_order = !bakes,
        .push = build->flags.push && !bakes, /* buildx pushes by itself */
    };

    (void)observed;
    (void)err;
    *ret_plan = reconcile_builds(job->wanted, &what);
    return true;
}

static bool print_bake(struct build *build, const struct spec_project *project, struct error *err)
{
    struct command_context *context = build->job.context;
    struct bake_file file = {
        .project = project, .services = &build->services, .options = &build->flags};
    struct text out;

    if (!bake_prepare(context->arena, &file, err))
        return false;
    text_init(&out, 0);
    bake_write(context->arena, &file, &out);
    console_write(context->console, out.bytes, out.length);
    text_finish(&out);
    return true;
}

/* Names and, over any number of links, the services whose images their builds take: disabled ones, too. */
static void add_contexts(struct arena *arena, const struct spec_project *project,
                         struct strings *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct spec_service *service = spec_project_service(project, names->items[i]);

        if (!service)
            service = spec_project_disabled(project, names->items[i]);
        for (size_t j = 0;
             service && service->build && j < service->build->additional_contexts.count; j++) {
            const char *context = service->build->additional_contexts.items[j].value;

            if (text_starts_with(context, "service:") &&
                !strings_contain(names, context + strlen("service:")))
                strings_add(names, arena, context + strlen("service:"));
        }
    }
}

/* Dependencies stay in the project as targets that others may name; they are built when that is asked for. */
static bool choose_services(struct build *build, struct spec_project *project, struct error *err)
{
    struct command_context *context = build->job.context;
    struct strings names = {0};
    bool all = context->options->arguments.count == 0 ||
               options_bool(context->options, "with-dependencies");

    for (size_t i = 0; i < context->options->arguments.count; i++)
        strings_add(&names, context->arena, context->options->arguments.items[i]);
    for (size_t i = 0; context->options->arguments.count == 0 && i < project->services.count; i++)
        strings_add(&names, context->arena, project->services.items[i].key);
    add_contexts(context->arena, project, &names);
    if (!spec_project_select(project, &names, false, true, err))
        return false;
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service_entry *entry = &project->services.items[i];

        for (size_t j = 0; entry->value->build && j < names.count; j++)
            if (all || fnmatch(names.items[j], entry->key, 0) == 0) {
                strings_add(&build->services, context->arena, entry->key);
                break;
            }
    }
    return true;
}

/* Flags that only buildx can honour, and one that it cannot. */
static bool check_builder(const struct build *build, const struct builder *builder,
                          struct error *err)
{
    const struct bake_options *flags = &build->flags;
    const struct {
        const char *name;
        bool given;
    } needs[] = {
        {"check", flags->check},
        {"provenance", flags->provenance && strcmp(flags->provenance, "false") != 0},
        {"sbom", flags->sbom && strcmp(flags->sbom, "false") != 0},
        {"ssh", flags->ssh.count > 0},
        {"builder", options_given(build->job.context->options, "builder")},
    };

    if (builder->kind != BUILDER_CLASSIC && options_int(build->job.context->options, "memory") > 0)
        console_warn(build->job.context->console,
                     "--memory has no effect: BuildKit does not support it");
    for (size_t i = 0; builder->kind != BUILDER_BAKE && i < COUNT_OF(needs); i++)
        if (needs[i].given) {
            (void)error_set(err, ERROR_USAGE, "--%s needs buildx", needs[i].name);
            return error_hint(err, "%s", builder->why_not_bake);
        }
    return true;
}

static bool run_build(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct build build = {0};
    struct spec_project *project;
    struct builder builder;
    enum progress_mode ignored;
    bool good;

    build.job = (struct converge){.context = context,
                                  .operation = "build",
                                  .make = make,
                                  .owner = &build,
                                  .no_lock = true,
                                  .pending = PENDING_NONE};
    if (!root_progress_mode(options_string(options, "progress"), &ignored, err) ||
        !session_project(context, PROJECT_MODEL, NULL, &project, err) ||
        !choose_services(&build, project, err) || !read_flags(&build, project, err))
        return false;
    if (build.services.count == 0) {
        console_warn(context->console, "No services to build");
        return true;
    }
    if (options_bool(options, "print"))
        return print_bake(&build, project, err);
    if (!builder_find(context->session, context->arena, &builder, err) ||
        !check_builder(&build, &builder, err))
        return false;
    build.flags.proxies = builder.proxies;
    build.job.execute = (struct execute_options){
        .builder = &builder,
        .bake = &build.flags,
        .quiet_build = build.flags.quiet,
        .build_memory_bytes = options_int(options, "memory"),
    };
    if (!wanted_create(project, NULL, NULL, &build.job.wanted, err))
        return false;
    build.job.wants.project_name = project->name;
    good = converge(&build.job, err);
    wanted_destroy(build.job.wanted);
    return good;
}

const struct command_body cmd_build = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_build,
};
