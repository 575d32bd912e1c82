/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"output", 'o', OPTION_STRING, .initial = "out", .help = "The output directory for the Kubernetes resources"},
    {"templates", .kind = OPTION_STRING, .help = "Directory containing transformation templates"},
    {"transformation", 't', OPTION_LIST,
     .help = "Transformation to apply to compose model (default: docker/compose-bridge-kubernetes)"},
    OPTION_END,
};
/* clang-format on */

static bool run_bridge_convert(struct command_context *context, struct error *err)
{
    (void)context;
    (void)error_set(err, ERROR_USAGE, "bridge convert is not part of this program");
    return error_hint(
        err,
        "give the model to a converter: `docker compose config > model.yaml`, then `kompose convert -f "
        "model.yaml`");
}

const struct command_body cmd_bridge_convert = {
    .usage = "",
    .options = option_rows,
    .max_arguments = ARGUMENTS_NONE,
    .run = run_bridge_convert,
};
