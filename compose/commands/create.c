/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/up_options.h"

/* clang-format off */
static const struct option option_rows[] = {
    UP_OPTION_BUILD,
    UP_OPTION_FORCE_RECREATE,
    UP_OPTION_NO_BUILD,
    UP_OPTION_NO_RECREATE,
    UP_OPTION_PULL,
    UP_OPTION_QUIET_PULL,
    UP_OPTION_REMOVE_ORPHANS,
    UP_OPTION_SCALE,
    UP_OPTION_YES,
    OPTION_END,
};
/* clang-format on */

static bool run_create(struct command_context *context, struct error *err)
{
    struct pairs scales = {0};
    struct up_options up = {0};
    bool good = up_options_read_scales(context, &scales, err) &&
                up_options_init(&up, context, &context->options->arguments, false, &scales, err) &&
                up_options_read_flags(&up, err);

    up.job.operation = "create";
    good = good && up_options_converge(&up, err);
    up_options_finish(&up);
    return good;
}

const struct command_body cmd_create = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_create,
};
