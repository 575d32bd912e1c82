/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"wait", .kind = OPTION_BOOL, .help = "Wait for services to be running|healthy. Implies detached mode."},
    {"wait-timeout", .kind = OPTION_INT, .help = "Maximum duration in seconds to wait for the project to be running|healthy"},
    OPTION_END,
};
/* clang-format on */

static bool run_start(struct command_context *context, struct error *err)
{
    struct reconcile_containers how = {.wait = options_bool(context->options, "wait")};

    how.wait_timeout_s = options_int(context->options, "wait-timeout");
    return lifecycle_command(context, LIFECYCLE_START, &how, err);
}

const struct command_body cmd_start = {
    .usage = "[SERVICE...]",
    .options = option_rows,
    .run = run_start,
};
