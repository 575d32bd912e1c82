/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"format", .kind = OPTION_STRING, .initial = "table", .values = "table|json",
     .help = "list: Format the output. Values: [table | json]"},
    {"from", 'f', OPTION_STRING,
     .help = "create: Existing transformation to copy (default: docker/compose-bridge-kubernetes)"},
    {"quiet", 'q', OPTION_BOOL, .help = "list: Only display transformer names"},
    OPTION_END,
};
/* clang-format on */

static bool run_bridge_transformations(struct command_context *context, struct error *err)
{
    (void)context;
    (void)error_set(err, ERROR_USAGE, "bridge transformations is not part of this program");
    return error_hint(
        err,
        "such images are listed by `docker image ls --filter "
        "label=com.docker.compose.bridge=transformation`, and copied out of by `docker cp`");
}

const struct command_body cmd_bridge_transformations = {
    .usage = "[OPTIONS] COMMAND",
    .options = option_rows,
    .run = run_bridge_transformations,
};
