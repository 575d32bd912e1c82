/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/build_age.h"
#include "compose/commands/up_options.h"
#include "compose/console/console.h"
#include "spec/base/text.h"
#include "spec/project.h"

enum { EXIT_CHANGES = 2 };

/* clang-format off */
static const struct option option_rows[] = {
    {"always-recreate-deps", .kind = OPTION_BOOL, .help = "Recreate dependent containers. Incompatible with --no-recreate."},
    UP_OPTION_BUILD,
    UP_OPTION_FORCE_RECREATE,
    {"json", .kind = OPTION_BOOL, .help = "Print the plan as JSON"},
    UP_OPTION_NO_BUILD,
    {"no-deps", .kind = OPTION_BOOL, .help = "Don't plan for linked services"},
    UP_OPTION_NO_RECREATE,
    {"no-start", .kind = OPTION_BOOL, .help = "Plan for creating without starting"},
    UP_OPTION_PULL,
    UP_OPTION_QUIET_PULL,
    UP_OPTION_REMOVE_ORPHANS,
    {"renew-anon-volumes", 'V', OPTION_BOOL, .help = "Recreate anonymous volumes instead of retrieving data from the previous containers"},
    UP_OPTION_SCALE,
    {"show-values", .kind = OPTION_BOOL, .help = "Print values that look like secrets, too"},
    UP_OPTION_YES,
    OPTION_END,
};
/* clang-format on */

/* "note: image of web is older than its build (Dockerfile, 3 files)" */
static void add_build_notes(struct text *out, struct arena *arena, const struct plan *plan,
                            const struct spec_project *project)
{
    for (size_t i = 0; i < plan->built_count; i++) {
        const struct spec_service *service = plan->built[i].service;
        struct build_age age =
            build_age(arena, service->build, plan->built[i].since_ns, &project->load->config_files);

        if (!age.dockerfile && age.files == 0)
            continue;
        text_addf(out, "note: image of %s is older than its build (", service->name);
        if (age.dockerfile)
            text_add(out, "Dockerfile");
        if (age.files > 0)
            text_addf(out, "%s%zu%s file%s", age.dockerfile ? ", " : "", age.files,
                      age.more ? " or more" : "", age.files == 1 && !age.more ? "" : "s");
        text_add(out, "): `up --build` makes it again\n");
    }
}

static void show(struct converge *job, const struct plan *plan)
{
    struct text out;

    text_init(&out, 0);
    if (options_bool(job->context->options, "json"))
        plan_json(&out, plan);
    else
        plan_text(&out, plan, false);
    if (out.length == 0)
        text_add(&out, "Nothing to do\n");
    if (!options_bool(job->context->options, "json"))
        add_build_notes(&out, plan->arena, plan, job->wanted->project);
    console_write(job->context->console, out.bytes, out.length);
    text_finish(&out);
}

/* What `up` would do, with the reasons. Nothing but GET requests is sent. Exit 0: nothing, 2: changes. */
static bool run_plan(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct pairs scales = {0};
    struct up_options up = {0};
    bool good;

    context->dry_run = true; /* no provider is run either, and no model served */
    good = up_options_read_scales(context, &scales, err) &&
           up_options_init(&up, context, &options->arguments, options_bool(options, "no-deps"),
                           &scales, err) &&
           up_options_read_flags(&up, err) && up_options_need_services(&up, err);

    if (good) {
        up.job.operation = "plan";
        up.job.plan_only = true;
        up.job.show = show;
        up.reconcile.start = !options_bool(options, "no-start");
        up.reconcile.explain = true;
        up.reconcile.show_values = options_bool(options, "show-values");
        up.reconcile.renew_anonymous = options_bool(options, "renew-anon-volumes");
        if (up.reconcile.renew_anonymous)
            up.reconcile.recreate = RECREATE_FORCE;
        if (options_bool(options, "always-recreate-deps"))
            up.reconcile.recreate_dependencies = RECREATE_FORCE;
        good = up_options_converge(&up, err);
        if (good && !up.job.empty)
            good = error_set_exit(err, EXIT_CHANGES);
    }
    up_options_finish(&up);
    return good;
}

const struct command_body cmd_plan = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_plan,
};
