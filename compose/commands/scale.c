/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/commands/up_options.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"no-deps", .kind = OPTION_BOOL, .help = "Don't start linked services"},
    OPTION_END,
};
/* clang-format on */

static bool read_arguments(struct command_context *context, struct strings *ret_names,
                           struct pairs *ret_scales, struct error *err)
{
    const struct strings *arguments = &context->options->arguments;

    for (size_t i = 0; i < arguments->count; i++) {
        const char *text = arguments->items[i], *equals = strchr(text, '='), *name;
        int64_t number;

        if (!equals || equals == text)
            return error_set(err, ERROR_USAGE, "invalid scale specifier: %s", text);
        if (!number_parse_int64(equals + 1, &number))
            return error_set(err, ERROR_USAGE,
                             "invalid scale specifier: can't parse replica value as int: %s", text);
        name = arena_strndup(context->arena, text, (size_t)(equals - text));
        strings_add(ret_names, context->arena, name);
        pairs_set(ret_scales, context->arena, name, equals + 1);
    }
    return true;
}

static bool run_scale(struct command_context *context, struct error *err)
{
    struct strings names = {0};
    struct pairs scales = {0};
    struct up_options up = {0};
    bool good = read_arguments(context, &names, &scales, err) &&
                up_options_init(&up, context, &names, options_bool(context->options, "no-deps"),
                                &scales, err);

    up.job.operation = "scale";
    up.reconcile.start = true;
    good = good && up_options_converge(&up, err);
    up_options_finish(&up);
    return good;
}

const struct command_body cmd_scale = {
    .usage = "[SERVICE=REPLICAS...]",
    .options = option_rows,
    .min_arguments = 1,
    .run = run_scale,
};
