/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"timeout", 't', OPTION_INT, .help = "Specify a shutdown timeout in seconds"},
    OPTION_END,
};
/* clang-format on */

static bool run_stop(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    struct reconcile_containers how = {
        .has_timeout = options_given(options, "timeout"),
        .timeout_s = options_int(options, "timeout"),
    };

    return lifecycle_command(context, LIFECYCLE_STOP, &how, err);
}

const struct command_body cmd_stop = {
    .usage = "[OPTIONS] [SERVICE...]",
    .options = option_rows,
    .run = run_stop,
};
