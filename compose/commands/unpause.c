/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/commands/lifecycle.h"

/* clang-format off */
static const struct option option_rows[] = {
    OPTION_END,
};
/* clang-format on */

static bool run_unpause(struct command_context *context, struct error *err)
{
    struct reconcile_containers how = {0};

    return lifecycle_command(context, LIFECYCLE_UNPAUSE, &how, err);
}

const struct command_body cmd_unpause = {
    .usage = "[SERVICE...]",
    .options = option_rows,
    .run = run_unpause,
};
