/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/observe/labels.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"format", 'f', OPTION_STRING, .values = "pretty|json",
     .help = "Format the output. Values: [pretty | json]. (Default: pretty)"},
    {"short", .kind = OPTION_BOOL, .help = "Shows only Compose's version number"},
    OPTION_END,
};
/* clang-format on */

/*
 * The version is that of the behaviour, which scripts ask for: they take the last word, or each x.y.z, of the line. This
 * program's own name and version are further members of the JSON form and part of the help.
 */
static bool run_version(struct command_context *context, struct error *err)
{
    const char *format = options_string(context->options, "format");

    (void)err;
    if (options_bool(context->options, "short"))
        console_print(context->console, LABELS_COMPOSE_VERSION "\n");
    else if (strcmp(format, "json") == 0)
        console_print(context->console,
                      "{\"version\":\"v" LABELS_COMPOSE_VERSION
                      "\",\"program\":\"compose\",\"programVersion\":\"" COMPOSE_OWN_VERSION
                      "\"}\n");
    else
        console_print(context->console, "Docker Compose version v" LABELS_COMPOSE_VERSION "\n");
    return true;
}

const struct command_body cmd_version = {
    .usage = "[OPTIONS]",
    .options = option_rows,
    .max_arguments = ARGUMENTS_NONE,
    .run = run_version,
};
