/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/commands/lifecycle.h"
#include "compose/console/console.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"remove-orphans", .kind = OPTION_BOOL, .help = "Remove containers for services not defined in the Compose file"},
    {"rmi", .kind = OPTION_STRING, .values = "local|all", .help = "Remove images used by services. \"local\" remove only images that don't have a custom tag (\"local\"|\"all\")"},
    {"timeout", 't', OPTION_INT, .help = "Specify a shutdown timeout in seconds"},
    {"volume", .kind = OPTION_BOOL, .flags = OPTION_HIDDEN, .help = "Deprecated: use --volumes"},
    {"volumes", 'v', OPTION_BOOL, .help = "Remove named volumes declared in the \"volumes\" section of the Compose file and anonymous volumes attached to containers"},
    OPTION_END,
};
/* clang-format on */

static bool run_down(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    const char *rmi = options_string(options, "rmi");
    struct reconcile_containers how = {
        .has_timeout = options_given(options, "timeout"),
        .timeout_s = options_int(options, "timeout"),
        .volumes = options_bool(options, "volumes") || options_bool(options, "volume"),
        .rmi = *rmi ? rmi : NULL,
        .remove_orphans = lifecycle_removes_orphans(options),
    };

    if (*rmi && strcmp(rmi, "local") != 0 && strcmp(rmi, "all") != 0)
        return error_set(err, ERROR_USAGE, "invalid value for --rmi: \"%s\"", rmi);
    if (options_bool(options, "volume"))
        console_warn(context->console, "--volume is deprecated, please use --volumes");
    return lifecycle_command(context, LIFECYCLE_DOWN, &how, err);
}

const struct command_body cmd_down = {
    .usage = "[OPTIONS] [SERVICES]",
    .options = option_rows,
    .run = run_down,
};
