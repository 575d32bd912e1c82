/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"remove-orphans", .kind = OPTION_BOOL, .help = "Remove containers for services not defined in the Compose file"},
    {"signal", 's', OPTION_STRING, .initial = "SIGKILL", .help = "SIGNAL to send to the container"},
    OPTION_END,
};
/* clang-format on */

static bool run_kill(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct reconcile_containers how = {
        .signal = options_string(options, "signal"),
        .remove_orphans = lifecycle_removes_orphans(options),
    };

    return lifecycle_command(context, LIFECYCLE_KILL, &how, err);
}

const struct command_body cmd_kill = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_kill,
};
