/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/execute/failure_cause.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compose/command.h"
#include "compose/execute/port_holder.h"
#include "compose/observe/wanted.h"
#include "compose/reconcile/step.h"
#include "compose/session/session.h"
#include "engine_client/container.h"
#include "engine_client/endpoint.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/node.h"
#include "spec/project.h"

#define CANNOT_REACH                                                                               \
    "the engine cannot reach the registry: check its network, or `docker load` the image or build it here"
#define NO_POOL                                                                                    \
    "all address pools are in use: remove networks (`docker network prune`) or give `ipam.config`"
#define HALF_STARTED                                                                               \
    "the engine was killed while it started this container: `up --force-recreate` replaces it"
#define NO_SESSION                                                                                 \
    "without buildx the engine's BuildKit cannot log in to a registry: install buildx, pull the image of FROM first, or set DOCKER_BUILDKIT=0"
#define NO_COMMAND "the command does not exist in the image: check `command` and `entrypoint`"

static const char mounted[] = "volumes configs secrets";

/*
 * Words of the engine, in any case → the attributes to look at (paths, a space between; the last one that is there is the
 * likeliest) and what to do. The first row that fits is taken. Source: messages of dockerd 20.10 to 28.5 and Podman 4.3.
 */
/* clang-format off */
static const struct {
    const char *words, *attributes, *hint;
} known_failures[] = {
    {": already exists", NULL, HALF_STARTED},
    {"id already in use", NULL, HALF_STARTED},
    {FAILURE_WRONG_FORMAT, "platform", FAILURE_WRONG_FORMAT_HINT},
    {"executable file not found", "command entrypoint", NO_COMMAND},
    {"\": stat /", "command entrypoint", NO_COMMAND},
    {"exec: \"", "command entrypoint", "the file cannot be executed: `chmod +x` it, and let a script's first line name a shell of the image"},
    {"port is already allocated", "ports", NULL},
    {"bind: address already in use", "ports", NULL},
    {"Pool overlaps with", "ipam", "another network has these addresses: choose another `subnet`"},
    {"fully subnetted", NULL, NO_POOL},
    {"non-overlapping IPv4 address pool", NULL, NO_POOL},
    {"could not find free subnet", NULL, NO_POOL},
    {"contain the IP address", "networks", "choose an address within the network's `ipam.config` subnet"},
    {"networks with user configured subnets", "networks", "give the network an `ipam.config` with a `subnet` that has the address"},
    {"Address already in use", "networks", "another container has that address: choose another, or none"},
    {"Are you trying to mount a directory onto a file", "volumes", "a missing source is made as an empty directory: remove it and put the file there"},
    {"bind source path does not exist", mounted, "make that path, or set `bind.create_host_path: true` for an empty directory"},
    {"mount path must be absolute", "volumes", "write SOURCE:TARGET, where TARGET begins with a slash; a SOURCE of one letter is taken for a drive"},
    {"invalid volume specification", "volumes", "write SOURCE:TARGET or SOURCE:TARGET:ro"},
    {"invalid mode", "volumes", "write SOURCE:TARGET or SOURCE:TARGET:ro"},
    {"volume plugin", "driver", "the engine has no such volume driver; `local` mounts NFS and CIFS too, by its `driver_opts`"},
    {"logging plugin", "logging", "the engine has no such log driver: `docker info` lists them"},
    {"logger: no log driver", "logging", "the engine has no such log driver: `docker info` lists them"},
    {"no space left on device", NULL, "the engine's disk is full: `docker system df` tells what takes the room"},
    {"gathering device information", "devices", "there is no such device on the engine's host"},
    {"could not select device driver", "deploy.resources.reservations.devices gpus", "the engine has no driver for it: NVIDIA GPUs need the NVIDIA Container Toolkit on its host"},
    {"runtime name", "runtime", "the engine has no such runtime: `docker info` lists them"},
    {"restart policy", "restart", "write no, always, unless-stopped, on-failure or on-failure:TIMES"},
    {"unable to find user", "user", "the image has no such user: check the name, or write its number"},
    {"unable to find group", "group_add user", "the image has no such group: check the name, or write its number"},
    {"working directory", "working_dir", "a path in the container begins with a slash"},
    {"unknown capability", "cap_drop cap_add", "capabilities(7) lists their names"},
    {"/proc/sys/", "sysctls", "the engine's kernel knows no such setting"},
    {"separate kernel namespace", "sysctls", "this setting is the host's: set it there"},
    {"setting rlimit", "ulimits", "the engine may not set a limit this high on its host: lower it, or leave it out"},
    {"range of CPUs", "deploy.resources.limits.cpus cpus", NULL},
    {"minimum memory", "deploy.resources.limits.memory mem_limit", NULL},
    {"is already in use by container", "container_name", "remove or rename that container, or leave `container_name` out"},
    {"No such image", "image", "it is neither here nor pulled: check `image` and --pull"},
    {"pull access denied", "image", "check the name; for a private repository, `docker login` first"},
    {"manifest unknown", "image", "there is no such tag: check what follows the colon"},
    {"not found: manifest", "image", "there is no such tag: check what follows the colon"},
    {"no active sessions", "build", NO_SESSION},
    {"unauthorized", "image", "`docker login` to that registry first"},
    {"toomanyrequests", "image", "the registry limits how often one may pull: `docker login`, or try again later"},
    {"no such host", "image", CANNOT_REACH},
    {"network is unreachable", "image", CANNOT_REACH},
    {"server misbehaving", "image", CANNOT_REACH},
    {"i/o timeout", "image", CANNOT_REACH},
};
/* clang-format on */

/* "Bind for 0.0.0.0:8080 failed": the digits before " failed". */
static const char *port_of(struct arena *arena, const char *message)
{
    const char *end = strstr(message, " failed: port"), *begin = end;

    if (!end)
        end = begin = strstr(message, ": bind: address");
    while (begin && begin > message && begin[-1] >= '0' && begin[-1] <= '9')
        begin--;
    return begin && begin < end ? arena_strndup(arena, begin, (size_t)(end - begin)) : NULL;
}

static const char *publisher_of(const struct engine_container_list *list, uint64_t port)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < list->items[i].port_count; j++)
            if (list->items[i].ports[j].host_port == port && list->items[i].names.count > 0)
                return list->items[i].names.items[0];
    return NULL;
}

/* Replicas of one service: their names differ in the number at the end. */
static bool are_twins(const char *a, const char *b)
{
    size_t length = strlen(a);

    while (length > 0 && isdigit((unsigned char)a[length - 1]))
        length--;
    return length < strlen(a) && strncmp(a, b, length) == 0 && b[length] != '\0' &&
           b[length + strspn(b + length, "0123456789")] == '\0';
}

/* No container holds it. The engine's message may be older than that: a container may have released it meanwhile. */
static void hint_outside(struct command_context *context, const char *port, unsigned number,
                         bool is_tcp, struct error *err)
{
    bool is_far = engine_endpoint_is_far(session_endpoint(context->session));
    const char *holder = is_far ? NULL : port_holder_find(context->arena, number);

    if (holder)
        (void)error_hint(err, "port %s is held by %s: stop it, or publish another port", port,
                         holder);
    else if (!is_far && is_tcp && !port_holder_listens(number))
        (void)error_hint(err,
                         "no container holds port %s any more and nothing listens on it here: run "
                         "the command again",
                         port);
    else
        (void)error_hint(
            err, "port %s is held by a process outside of the engine (`ss -lntup` names it)", port);
}

static void hint_port(struct command_context *context, const struct step *step, const char *message,
                      struct error *err)
{
    const char *port = port_of(context->arena, message), *holder = NULL;
    struct engine_container_list list = {0};
    struct error ignored;
    struct span answer;
    uint64_t number;

    if (!port || !number_parse_uint64(port, &number))
        return;
    error_init(&ignored);
    /* All of them: Podman knows no filter by port. */
    if (session_fetch(context->session, context->arena, NULL, "/containers/json", NULL, &answer,
                      &ignored) &&
        engine_container_list_decode(context->arena, answer, &list, &ignored))
        holder = publisher_of(&list, number);
    if (holder && step->name && are_twins(step->name, holder))
        (void)error_hint(
            err, "replicas cannot share port %s: publish a range of ports, or only the container's",
            port);
    else if (holder)
        (void)error_hint(err, "port %s is held by container %s", port, holder);
    else
        hint_outside(context, port, (unsigned)number, !strcasestr(message, "udp"), err);
    error_finish(&ignored);
}

/* As a word of its own: 80 is not named by 8080. */
static bool names(const char *message, const char *text)
{
    size_t length = strlen(text);

    for (const char *at = strstr(message, text); at && length > 0; at = strstr(at + 1, text))
        if ((at == message || !isalnum((unsigned char)at[-1])) &&
            !isalnum((unsigned char)at[length]))
            return true;
    return false;
}

struct search {
    struct arena *arena;
    const char *message;
    struct place place;
    size_t length; /* of the longest text found so far: the others may be there by chance */
};

static void consider(struct search *search, const char *text, struct place place)
{
    if (!text || !place.file || strlen(text) <= search->length || !names(search->message, text))
        return;
    search->length = strlen(text);
    search->place = place;
}

static void search_named(struct search *search, const struct spec_node *node)
{
    size_t count = spec_node_count(node);

    if (node->kind == SPEC_LIST) {
        for (size_t i = 0; i < count; i++)
            search_named(search, node->list.items[i]);
    } else if (node->kind == SPEC_MAP) {
        for (size_t i = 0; i < count; i++) {
            consider(search, node->map.items[i].key, node->map.items[i].place);
            search_named(search, node->map.items[i].value);
        }
    } else {
        consider(search, spec_node_scalar_text(search->arena, node), spec_node_place(node));
    }
}

/* "deploy.resources", one of several paths: it ends with the text or before a space. */
static const struct spec_node *node_at(struct arena *arena, const struct spec_node *node,
                                       const char *path)
{
    size_t length;

    for (; node; path += length + 1) {
        length = strcspn(path, ". ");
        node = spec_node_get(node, arena_strndup(arena, path, length));
        if (path[length] != '.')
            break;
    }
    return node;
}

static const struct spec_node *node_of(const struct step *step)
{
    return step->service   ? step->service->node
           : step->network ? step->network->node
           : step->volume  ? step->volume->node
                           : NULL;
}

static void place_in(struct arena *arena, const struct spec_node *owner, const char *attributes,
                     const char *message, struct error *err)
{
    struct search search = {.arena = arena, .message = message};
    struct place likely = {0};

    for (const char *path = attributes; *path; path += strcspn(path, " "), path += *path == ' ') {
        const struct spec_node *node = node_at(arena, owner, path);

        if (!node)
            continue;
        search_named(&search, node);
        likely = spec_node_place(node);
    }
    if (search.length > 0)
        likely = search.place;
    if (likely.file)
        (void)error_place(err, likely);
}

/* The file of a config or secret is named by its definition, not by the service. */
static void search_files(struct search *search, const struct spec_project *project,
                         const struct spec_service *service)
{
    for (size_t i = 0; i < service->secrets.count; i++) {
        const struct spec_secret *secret =
            spec_project_secret(project, service->secrets.items[i]->source);

        if (secret)
            consider(search, secret->file, spec_node_place(spec_node_get(secret->node, "file")));
    }
    for (size_t i = 0; i < service->configs.count; i++) {
        const struct spec_config *config =
            spec_project_config(project, service->configs.items[i]->source);

        if (config)
            consider(search, config->file, spec_node_place(spec_node_get(config->node, "file")));
    }
}

static bool is_missing_file(struct command_context *context, const struct step *step,
                            const char *message, struct error *err)
{
    const struct spec_project *project = session_loaded_project(context->session);
    struct search search = {.arena = context->arena, .message = message};

    if (project && step->service)
        search_files(&search, project, step->service);
    if (search.length == 0)
        return false;
    (void)error_place(err, search.place);
    (void)error_hint(err, "create that file, or change `file`");
    return true;
}

void failure_cause_place(const struct step *step, const char *attribute, struct error *err)
{
    const struct spec_node *node = spec_node_get(node_of(step), attribute);

    if (node)
        (void)error_place(err, spec_node_place(node));
}

/* What the engine said; builders say it in messages of their own. */
static const char *words_of(struct arena *arena, const struct step *step, const struct error *err)
{
    char *message;
    const char *copy;

    if (err->engine_message || step->kind != STEP_IMAGE_BUILD)
        return err->engine_message;
    message = error_message(err);
    copy = arena_strdup(arena, message);
    free(message);
    return copy;
}

void failure_cause_add(struct command_context *context, const struct step *step, struct error *err)
{
    const char *message = words_of(context->arena, step, err);
    const struct spec_node *owner = node_of(step);

    for (size_t i = 0; message && i < COUNT_OF(known_failures); i++) {
        if (!strcasestr(message, known_failures[i].words))
            continue;
        if (known_failures[i].attributes == mounted && is_missing_file(context, step, message, err))
            break;
        if (known_failures[i].attributes && owner)
            place_in(context->arena, owner, known_failures[i].attributes, message, err);
        if (known_failures[i].hint)
            (void)error_hint(err, "%s", known_failures[i].hint);
        else
            hint_port(context, step, message, err);
        break;
    }
    if (step->kind == STEP_IMAGE_BUILD && message && owner)
        place_in(context->arena, owner, "build", message, err);
}

void failure_cause_image(struct arena *arena, const struct wanted *wanted, struct error *err)
{
    struct image_reference parsed;
    struct error ignored;

    error_init(&ignored);
    for (size_t i = 0; wanted && i < wanted->count; i++) {
        const struct wanted_service *service = &wanted->services[i];
        const struct spec_node *image = spec_node_get(service->service->node, "image");

        if (!image || !service->image ||
            image_reference_parse(arena, service->image, &parsed, &ignored))
            continue;
        (void)error_place(err, spec_node_place(image));
        (void)error_hint(
            err, "%s",
            "an image is written NAME:TAG or REGISTRY/NAME:TAG, in lower case and without spaces");
    }
    error_finish(&ignored);
}
