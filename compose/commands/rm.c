/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"all", 'a', OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "Deprecated - no effect"},
    {"force", 'f', OPTION_BOOL, .help = "Don't ask to confirm removal"},
    {"stop", 's', OPTION_BOOL, .help = "Stop the containers, if required, before removing"},
    {"volumes", 'v', OPTION_BOOL, .help = "Remove any anonymous volumes attached to containers"},
    OPTION_END,
};
/* clang-format on */

static bool run_rm(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct reconcile_containers how = {
        .stop = options_bool(options, "stop"),
        .volumes = options_bool(options, "volumes"),
    };

    return lifecycle_command(context, LIFECYCLE_RM, &how, err);
}

const struct command_body cmd_rm = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_rm,
};
