/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/provision/one_off.h"

#include <string.h>
#include <sys/random.h>

#include "compose/copy/copy_paths.h"
#include "compose/observe/names.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/base/warnings.h"
#include "spec/dotenv.h"
#include "spec/mounts.h"
#include "spec/ports.h"
#include "spec/project.h"
#include "spec/words.h"

enum {
    SLUG_BYTES = 32,
    NAME_DIGITS = 12,
};

const char *one_off_slug(struct arena *arena)
{
    unsigned char bytes[SLUG_BYTES];
    struct text text;
    const char *slug;

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        fatal("the system gives no random bytes");
    text_init(&text, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        text_addf(&text, "%02x", bytes[i]);
    slug = arena_strdup(arena, text.bytes);
    text_finish(&text);
    return slug;
}

const char *one_off_name(struct arena *arena, const struct spec_project *project,
                         const char *service, const char *slug)
{
    const char *separator = names_separator(project);

    return arena_printf(arena, "%s%s%s%srun%s%.*s", project->name, separator, service, separator,
                        separator, NAME_DIGITS, slug);
}

/* Environment: flags before files before the service. */

static const char *value_here(const struct spec_project *project, const char *name)
{
    return spec_project_variable(project, name);
}

static bool read_files(struct arena *arena, const struct spec_project *project,
                       const struct one_off *flags, struct spec_environment *into,
                       struct warnings *warnings, struct error *err)
{
    struct spec_environment shell = {.arena = arena};
    struct spec_dotenv_lookup lookup = {.first = &shell};

    for (size_t i = 0; i < project->load->environment.count; i++)
        spec_environment_set(&shell, project->load->environment.items[i].key,
                             project->load->environment.items[i].value);
    for (size_t i = 0; i < flags->environment_files->count; i++)
        if (!spec_dotenv_read(flags->environment_files->items[i], &lookup, into, warnings, err))
            return false;
    return true;
}

static bool apply_environment(struct arena *arena, const struct spec_project *project,
                              struct spec_service *service, const struct one_off *flags,
                              struct warnings *warnings, struct error *err)
{
    struct spec_environment files = {.arena = arena};

    if (!read_files(arena, project, flags, &files, warnings, err))
        return false;
    for (size_t i = 0; i < files.variables.count; i++)
        pairs_set(&service->environment, arena, files.variables.items[i].key,
                  files.variables.items[i].value);
    for (size_t i = 0; i < flags->environment->count; i++) {
        const char *entry = flags->environment->items[i], *equals = strchr(entry, '=');
        const char *name = equals ? arena_strndup(arena, entry, (size_t)(equals - entry)) : entry;
        const char *value = equals ? equals + 1 : value_here(project, entry);

        if (value)
            pairs_set(&service->environment, arena, name, value);
    }
    pairs_sort(&service->environment);
    return true;
}

/* The rest */

static bool apply_labels(struct arena *arena, struct spec_service *service,
                         const struct strings *labels, struct error *err)
{
    for (size_t i = 0; i < labels->count; i++) {
        const char *label = labels->items[i], *equals = strchr(label, '=');

        if (!equals)
            return error_set(err, ERROR_USAGE, "label must be set as KEY=VALUE");
        pairs_set(&service->labels, arena, arena_strndup(arena, label, (size_t)(equals - label)),
                  equals + 1);
    }
    pairs_sort(&service->labels);
    return true;
}

/* What is added to one list leaves the other. */
static void apply_capabilities(struct arena *arena, struct strings *grown, struct strings *other,
                               const struct strings *given)
{
    size_t kept = 0;

    for (size_t i = 0; i < given->count; i++)
        strings_add(grown, arena, given->items[i]);
    for (size_t i = 0; i < other->count; i++)
        if (!strings_contain(given, other->items[i]))
            other->items[kept++] = other->items[i];
    other->count = kept;
}

static bool apply_ports(struct arena *arena, struct spec_service *service,
                        const struct one_off *flags, struct error *err)
{
    if (flags->service_ports)
        return true;
    service->ports.count = 0;
    for (size_t i = 0; i < flags->publish->count; i++) {
        struct spec_short_ports ports;

        if (!spec_short_ports_parse(arena, flags->publish->items[i], &ports, err))
            return false;
        for (size_t j = 0; j < ports.count; j++) {
            struct spec_port *port = arena_alloc(arena, sizeof(*port));

            port->node = service->node;
            port->mode = "ingress";
            port->host_ip = ports.items[j].host_ip;
            port->target = ports.items[j].target;
            port->published = ports.items[j].published;
            port->protocol = ports.items[j].protocol;
            service->ports.items = arena_grow(arena, service->ports.items, &service->ports.capacity,
                                              service->ports.count + 1, sizeof(struct spec_port *));
            service->ports.items[service->ports.count++] = port;
        }
    }
    return true;
}

static const char *bind_source(struct arena *arena, const struct spec_project *project,
                               const char *source, const char *current_dir)
{
    const char *home = spec_project_variable(project, "HOME");

    if (home && source[0] == '~' && (source[1] == '/' || !source[1]))
        return arena_printf(arena, "%s%s", home, source + 1);
    return copy_clean_path(
        arena, source[0] == '/' ? source : arena_printf(arena, "%s/%s", current_dir, source));
}

static struct spec_mount *make_mount(struct arena *arena, const struct spec_project *project,
                                     const struct spec_service *service,
                                     const struct spec_short_mount *given, const char *current_dir)
{
    struct spec_mount *mount = arena_alloc(arena, sizeof(*mount));

    mount->node = service->node;
    mount->type = given->is_bind ? "bind" : "volume";
    mount->source =
        given->is_bind ? bind_source(arena, project, given->source, current_dir) : given->source;
    mount->target = given->target;
    mount->read_only = given->read_only;
    if (given->is_bind) {
        mount->bind = arena_alloc(arena, sizeof(*mount->bind));
        mount->bind->node = service->node;
        mount->bind->create_host_path = true;
        mount->bind->propagation = given->propagation;
        mount->bind->selinux = given->selinux;
    } else if (!given->bare) {
        mount->volume = arena_alloc(arena, sizeof(*mount->volume));
        mount->volume->node = service->node;
        mount->volume->nocopy = given->nocopy;
    }
    return mount;
}

/* A mount of the flags takes the place of the service's own at the same path. */
static void add_mount(struct arena *arena, struct spec_service *service, struct spec_mount *mount)
{
    for (size_t i = 0; i < service->volumes.count; i++)
        if (service->volumes.items[i]->target &&
            strcmp(service->volumes.items[i]->target, mount->target) == 0) {
            service->volumes.items[i] = mount;
            return;
        }
    service->volumes.items = arena_grow(arena, service->volumes.items, &service->volumes.capacity,
                                        service->volumes.count + 1, sizeof(struct spec_mount *));
    service->volumes.items[service->volumes.count++] = mount;
}

static bool apply_volumes(struct arena *arena, const struct spec_project *project,
                          struct spec_service *service, const struct one_off *flags,
                          struct error *err)
{
    for (size_t i = 0; i < flags->volumes->count; i++) {
        struct spec_short_mount given = {0};

        if (!spec_short_mount_parse(arena, flags->volumes->items[i], &given, err))
            return false;
        add_mount(arena, service, make_mount(arena, project, service, &given, flags->current_dir));
    }
    return true;
}

static bool apply_command(struct arena *arena, struct spec_service *service,
                          const struct one_off *flags, struct error *err)
{
    if (flags->entrypoint) {
        struct strings words = {0};

        if (!spec_words_split(arena, flags->entrypoint, &words, err))
            return false;
        service->entrypoint = (struct spec_command){.set = true, .words = words};
        service->command = (struct spec_command){.set = true};
    }
    if (flags->command.count > 0)
        service->command = (struct spec_command){.set = true, .words = flags->command};
    return true;
}

static void apply_plain(struct spec_service *service, const struct one_off *flags,
                        struct arena *arena)
{
    service->container_name = flags->name;
    service->tty = flags->tty;
    service->stdin_open = flags->interactive;
    service->restart = NULL;
    if (service->deploy && service->deploy->restart_policy)
        service->deploy->restart_policy = NULL;
    service->scale = (struct spec_opt_int){.set = true, .value = 1};
    if (flags->user[0])
        service->user = flags->user;
    if (flags->working_dir[0])
        service->working_dir = flags->working_dir;
    apply_capabilities(arena, &service->cap_add, &service->cap_drop, flags->cap_add);
    apply_capabilities(arena, &service->cap_drop, &service->cap_add, flags->cap_drop);
}

bool one_off_apply(struct spec_project *project, const char *name, const struct one_off *flags,
                   struct warnings *warnings, struct error *err)
{
    struct arena *arena = project->load->arena;
    struct spec_service *service = spec_service_copy(arena, spec_project_service(project, name));

    apply_plain(service, flags, arena);
    if (!apply_command(arena, service, flags, err) ||
        !apply_environment(arena, project, service, flags, warnings, err) ||
        !apply_labels(arena, service, flags->labels, err) ||
        !apply_ports(arena, service, flags, err) ||
        !apply_volumes(arena, project, service, flags, err))
        return false;
    for (size_t i = 0; i < project->services.count; i++)
        if (strcmp(project->services.items[i].key, name) == 0)
            project->services.items[i].value = service;
    return true;
}
