/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/observe/containers.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"index", .kind = OPTION_INT, .help = "Index of the container if service has multiple replicas"},
    {"protocol", .kind = OPTION_STRING, .initial = "tcp", .values = "tcp|udp", .help = "tcp or udp"},
    OPTION_END,
};
/* clang-format on */

/* The reference's words: scripts know them. */
static bool read_port(const char *text, uint16_t *ret_port, struct error *err)
{
    uint64_t value;

    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
        return error_set(err, ERROR_USAGE, "strconv.ParseUint: parsing \"%s\": invalid syntax",
                         text);
    if (!number_parse_uint64(text, &value) || value > UINT16_MAX)
        return error_set(err, ERROR_USAGE, "strconv.ParseUint: parsing \"%s\": value out of range",
                         text);
    *ret_port = (uint16_t)value;
    return true;
}

static bool no_such_port(struct arena *arena, const struct engine_container_entry *entry,
                         const char *protocol, uint16_t port, struct error *err)
{
    struct strings known = {0};

    for (size_t i = 0; i < entry->port_count; i++) {
        const char *text =
            arena_printf(arena, "%u/%s", entry->ports[i].container_port, entry->ports[i].protocol);

        if (!strings_contain(&known, text))
            strings_add(&known, arena, text);
    }
    return error_set(err, ERROR_INPUT, "no port %u/%s for container %s: %s", port, protocol,
                     containers_name(entry), strings_join(&known, arena, ", "));
}

static bool run_port(struct command_context *context, struct error *err)
{
    const struct options *options = context->options;
    char *protocol = arena_strdup(context->arena, options_string(options, "protocol"));
    const struct engine_container_entry *entry;
    struct spec_project *project;
    uint16_t port = 0;

    for (char *at = protocol; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    if (!read_port(options->arguments.items[1], &port, err) ||
        !session_project(context, PROJECT_NAME, NULL, &project, err) ||
        !containers_pick(context->session, context->arena, project->name,
                         options->arguments.items[0], options_int(options, "index"), &entry, err))
        return false;
    for (size_t i = 0; i < entry->port_count; i++) {
        const struct engine_port *at = &entry->ports[i];

        if (at->container_port != port || strcmp(at->protocol, protocol) != 0)
            continue;
        console_print(context->console, "%s:%u\n", at->host_ip, at->host_port);
        return true;
    }
    return no_such_port(context->arena, entry, protocol, port, err);
}

const struct command_body cmd_port = {
    .usage = "[OPTIONS] SERVICE PRIVATE_PORT",
    .options = option_rows,
    .min_arguments = 2,
    .run = run_port,
};
