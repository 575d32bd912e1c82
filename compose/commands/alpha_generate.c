/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/command.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"format", .kind = OPTION_STRING, .initial = "yaml", .values = "yaml|json",
     .help = "Format the output. Values: [yaml | json]"},
    {"name", .kind = OPTION_STRING, .help = "Project name to set in the Compose file"},
    {"project-dir", .kind = OPTION_STRING, .help = "Directory to use for the project"},
    OPTION_END,
};
/* clang-format on */

/* A file guessed from containers lacks what the image gives anyway and holds what it should not: passwords. */
static bool run_alpha_generate(struct command_context *context, struct error *err)
{
    (void)context;
    (void)error_set(err, ERROR_USAGE, "alpha generate is not part of this program");
    return error_hint(
        err,
        "write the file from `docker inspect CONTAINER`, and compare with `docker compose config`");
}

const struct command_body cmd_alpha_generate = {
    .usage = "[OPTIONS] [CONTAINERS...]",
    .options = option_rows,
    .run = run_alpha_generate,
};
