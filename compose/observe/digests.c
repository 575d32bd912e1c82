/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/digests.h"

#include <string.h>

#include "compose/command.h"
#include "compose/console/console.h"
#include "compose/root.h"
#include "compose/session/session.h"
#include "engine_client/image.h"
#include "engine_client/image_reference.h"
#include "engine_client/query.h"
#include "engine_client/registry_auth.h"
#include "spec/base/arena.h"
#include "spec/project.h"

/* One place that names an image, and which image of the list it is. */
struct use {
    const char **place;
    size_t image;
};

struct images {
    struct arena *arena;
    struct strings names; /* canonical, each once */
    struct use *uses;
    size_t use_count, use_capacity;
};

static bool add_use(struct images *images, const char **place, struct error *err)
{
    struct image_reference reference;
    const char *name;
    size_t at = 0;

    if (!*place || !**place)
        return true;
    if (!image_reference_parse(images->arena, *place, &reference, err))
        return error_wrap(err, "image %s", *place);
    if (reference.digest)
        return true;
    name = image_reference_canonical(images->arena, &reference);
    while (at < images->names.count && strcmp(images->names.items[at], name) != 0)
        at++;
    if (at == images->names.count)
        strings_add(&images->names, images->arena, name);
    images->uses = arena_grow(images->arena, images->uses, &images->use_capacity,
                              images->use_count + 1, sizeof(*images->uses));
    images->uses[images->use_count++] = (struct use){place, at};
    return true;
}

static bool is_image_mount(const struct spec_mount *mount)
{
    return mount->type && strcmp(mount->type, "image") == 0;
}

static bool add_service(struct images *images, struct spec_service *service, struct error *err)
{
    if (!add_use(images, &service->image, err))
        return false;
    for (size_t i = 0; i < service->pre_start.count; i++)
        if (!add_use(images, &service->pre_start.items[i]->image, err))
            return false;
    for (size_t i = 0; i < service->volumes.count; i++)
        if (is_image_mount(service->volumes.items[i]) &&
            !add_use(images, &service->volumes.items[i]->source, err))
            return false;
    return true;
}

/* Credentials may come from a helper program: wait for each. */
struct credentials {
    struct session *session;
    struct arena *arena;
    const char *header;
    bool known;
    struct error failure;
};

static void on_credentials(void *owner, const char *header, const struct error *failure)
{
    struct credentials *credentials = owner;

    if (failure)
        error_copy(&credentials->failure, failure);
    else
        credentials->header = arena_strdup(credentials->arena, header);
    credentials->known = true;
    session_stop(credentials->session);
}

static bool find_credentials(struct command_context *context, const struct docker_config *config,
                             const char *image, const char **ret_header, struct error *err)
{
    struct credentials credentials = {.session = context->session, .arena = context->arena};
    struct registry_auth_lookup *lookup;

    error_init(&credentials.failure);
    lookup = registry_auth_start(session_loop(context->session), config, image, on_credentials,
                                 &credentials);
    if (!session_run_until(context->session, &credentials.known, err)) {
        if (!credentials.known)
            registry_auth_cancel(lookup);
        session_drain(context->session, &credentials.known);
        error_finish(&credentials.failure);
        return false;
    }
    if (error_is_set(&credentials.failure)) {
        error_move(err, &credentials.failure);
        return false;
    }
    *ret_header = credentials.header;
    return true;
}

static bool ask_registries(struct command_context *context, struct images *images,
                           const char **digests, struct error *err)
{
    size_t count = images->names.count;
    struct session_call *calls = arena_array(images->arena, count + 1, sizeof(*calls));
    const struct docker_config *config = session_docker_config(context->session);
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        calls[i].path = engine_path(images->arena, "/distribution/%s/json", images->names.items[i]);
        if (!find_credentials(context, config, images->names.items[i], &calls[i].registry_auth,
                              err))
            return error_wrap(err, "image %s", images->names.items[i]);
    }
    if (!session_fetch_all(context->session, images->arena, calls, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct engine_distribution distribution;

        if (error_is_set(&calls[i].failure)) {
            (void)error_wrap(&calls[i].failure, "image %s", images->names.items[i]);
            good = error_append(err, &calls[i].failure);
        } else if (engine_distribution_decode(images->arena, calls[i].answer, &distribution, err)) {
            digests[i] = distribution.digest;
        } else {
            good = false;
        }
    }
    session_fetch_finish(calls, count);
    return good;
}

bool digests_resolve(struct command_context *context, struct spec_project *project,
                     struct error *err)
{
    struct images images = {.arena = project->load->arena};
    const char **digests;

    for (size_t i = 0; i < project->services.count; i++)
        if (!add_service(&images, project->services.items[i].value, err))
            return false;
    digests = arena_array(images.arena, images.names.count + 1, sizeof(*digests));
    if (!ask_registries(context, &images, digests, err))
        return false;
    for (size_t i = 0; i < images.use_count; i++)
        *images.uses[i].place =
            arena_printf(images.arena, "%s@%s", images.names.items[images.uses[i].image],
                         digests[images.uses[i].image]);
    return true;
}

void digests_keep_images(struct console *console, struct spec_project *project)
{
    struct arena *arena = project->load->arena;
    struct spec_project bare = {.services = project->services, .load = project->load};

    for (size_t i = 0; i < bare.services.count; i++) {
        const struct spec_service *service = bare.services.items[i].value;
        struct spec_service *locked = arena_alloc(arena, sizeof(*locked));
        struct spec_mount_list *mounts = &locked->volumes;

        locked->name = service->name;
        locked->image = service->image;
        for (size_t m = 0; m < service->volumes.count; m++)
            if (is_image_mount(service->volumes.items[m])) {
                mounts->items = arena_grow(arena, mounts->items, &mounts->capacity,
                                           mounts->count + 1, sizeof(struct spec_mount *));
                mounts->items[mounts->count++] = service->volumes.items[m];
            }
        if (service->pre_start.count > 0)
            console_warn(
                console,
                "service \"%s\": pre_start hook images are not pinned in the override file "
                "produced by --lock-image-digests, use the full --resolve-image-digests output "
                "to pin them",
                service->name);
        bare.services.items[i].value = locked;
    }
    *project = bare;
}
