/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/session/session.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"
#include "spec/project.h"

/* clang-format off */
static const struct option option_rows[] = {
    {"image", .kind = OPTION_BOOL, .help = "Include service's image name in output graph"},
    {"indentation-size", .kind = OPTION_INT, .initial = "1", .help = "Number of tabs or spaces to use for indentation"},
    {"networks", .kind = OPTION_BOOL, .help = "Include service's attached networks in output graph"},
    {"ports", .kind = OPTION_BOOL, .help = "Include service's exposed ports in output graph"},
    {"spaces", .kind = OPTION_BOOL,
     .help = "If given, space character ' ' will be used to indent,\notherwise tab character '\\t' will be used"},
    OPTION_END,
};
/* clang-format on */

/* In a quoted DOT name. */
static void add_name(struct text *out, const char *name)
{
    text_add_char(out, '"');
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            text_add_char(out, '\\');
        text_add_char(out, *name);
    }
    text_add_char(out, '"');
}

/* In an HTML label. */
static void add_html(struct text *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '&')
            text_add(out, "&amp;");
        else if (*s == '<')
            text_add(out, "&lt;");
        else if (*s == '>')
            text_add(out, "&gt;");
        else
            text_add_char(out, *s);
    }
}

static void add_list(struct text *out, const char *title, const struct strings *items)
{
    if (items->count == 0)
        return;
    text_addf(out, "<font point-size=\"10\"><br/><br/><b>%s:</b>", title);
    for (size_t i = 0; i < items->count; i++) {
        text_add(out, "<br/>");
        add_html(out, items->items[i]);
    }
    text_add(out, "</font>");
}

static struct strings networks_of(struct arena *arena, const struct spec_service *service)
{
    struct strings names = {0};

    for (size_t i = 0; i < service->networks.count; i++)
        strings_add(&names, arena, service->networks.items[i].key);
    return names;
}

static struct strings ports_of(struct arena *arena, const struct spec_service *service)
{
    struct strings lines = {0};

    for (size_t i = 0; i < service->ports.count; i++) {
        const struct spec_port *port = service->ports.items[i];
        const char *host = port->host_ip ? port->host_ip : "";

        strings_add(&lines, arena,
                    arena_printf(arena, "%s%s%s:%lld (%s, %s)", host, *host ? ":" : "",
                                 port->published ? port->published : "", (long long)port->target,
                                 port->protocol ? port->protocol : "",
                                 port->mode ? port->mode : ""));
    }
    return lines;
}

static void add_node(struct text *out, const struct command_context *context, const char *indent,
                     const struct spec_project *project, const struct spec_service *service)
{
    struct strings networks = networks_of(context->arena, service),
                   ports = ports_of(context->arena, service);
    struct strings images = {0};

    strings_add(&images, context->arena, spec_service_image(project, service));
    text_add(out, indent);
    add_name(out, service->name);
    text_add(out, " [style=\"filled\" label=<<font point-size=\"15\">");
    add_html(out, service->name);
    text_add(out, "</font>");
    if (options_bool(context->options, "networks"))
        add_list(out, "Networks", &networks);
    if (options_bool(context->options, "ports"))
        add_list(out, "Ports", &ports);
    if (options_bool(context->options, "image"))
        add_list(out, "Image", &images);
    text_add(out, ">];\n");
}

static void add_edges(struct text *out, const char *indent, const struct spec_service *service)
{
    for (size_t i = 0; i < service->depends_on.count; i++) {
        text_add(out, indent);
        add_name(out, service->name);
        text_add(out, " -> ");
        add_name(out, service->depends_on.items[i].key);
        text_add(out, ";\n");
    }
}

static bool run_alpha_viz(struct command_context *context, struct error *err)
{
    int64_t width = options_int(context->options, "indentation-size");
    struct spec_project *project;
    struct text out, indent;

    if (width < 0)
        return error_set(err, ERROR_USAGE, "invalid indentation size: %lld", (long long)width);
    console_note(context->console, "viz command is EXPERIMENTAL\n");
    if (!session_project(context, PROJECT_MODEL, NULL, &project, err))
        return false;
    text_init(&out, 0);
    text_init(&indent, 0);
    text_add_repeat(&indent, options_bool(context->options, "spaces") ? ' ' : '\t', (size_t)width);
    text_add(&out, "digraph ");
    add_name(&out, project->name);
    text_addf(&out, " {\n%slayout=dot;\n", indent.bytes);
    for (size_t i = 0; i < project->services.count; i++)
        add_node(&out, context, indent.bytes, project, project->services.items[i].value);
    text_add_char(&out, '\n');
    for (size_t i = 0; i < project->services.count; i++)
        add_edges(&out, indent.bytes, project->services.items[i].value);
    text_add(&out, "}\n\n");
    console_write(context->console, out.bytes, out.length);
    text_finish(&out);
    text_finish(&indent);
    return true;
}

const struct command_body cmd_alpha_viz = {
    .usage = "[OPTIONS]",
    .options = option_rows,
    .max_arguments = ARGUMENTS_NONE,
    .run = run_alpha_viz,
};
