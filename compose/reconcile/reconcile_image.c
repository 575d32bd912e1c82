/* SPDX-License-Identifier: Apache-2.0 */
/* Which images are pulled or built before containers can be made of them. Source: Docker Compose 5.5.0, `up`. */
#include <string.h>

#include "compose/reconcile/reconcile_internal.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/refresh_window.h"

struct reconcile_image *reconcile_find_image(struct reconcile *r, const char *reference,
                                             const char *platform)
{
    for (size_t i = 0; i < r->image_count; i++)
        if (strcmp(r->images[i].reference, reference) == 0 &&
            strcmp(r->images[i].platform, platform) == 0)
            return &r->images[i];
    return NULL;
}

enum pull { PULL_NO, PULL_MISSING, PULL_YES };

static enum pull pull_decision(const char *policy, const struct observed_image *image,
                               int64_t now_ns)
{
    int64_t window_s;

    if (!policy || !*policy)
        policy = "missing";
    if (strcmp(policy, "always") == 0)
        return PULL_YES;
    if (strcmp(policy, "never") == 0 || strcmp(policy, "build") == 0)
        return PULL_NO;
    if (!image || image->wrong_platform)
        return PULL_MISSING;
    if (spec_refresh_window(policy, &window_s) && window_s > 0 &&
        (now_ns - image->last_tag_ns) / NS_PER_SECOND >= window_s)
        return PULL_YES;
    return PULL_NO;
}

static struct reconcile_image *add_image(struct reconcile *r, const char *reference,
                                         const char *platform)
{
    struct reconcile_image *image = reconcile_find_image(r, reference, platform);

    if (image)
        return image;
    image = &r->images[r->image_count++];
    *image = (struct reconcile_image){.reference = reference, .platform = platform};
    image->there = observed_image(r->observed, reference, platform);
    if (image->there && image->there->wrong_platform)
        image->there = NULL;
    image->digest.known = image->there ? image->there->digest : "";
    return image;
}

static bool can_build(const struct reconcile *r, const char *reference)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (r->services[i].wanted->service->build &&
            strcmp(r->services[i].wanted->image, reference) == 0)
            return true;
    return false;
}

static struct step *add_pull(struct reconcile *r, struct reconcile_image *image,
                             const struct spec_service *service, enum pull decision)
{
    struct step *step =
        plan_add(r->plan, STEP_IMAGE_PULL, arena_printf(r->arena, "Image %s", image->reference));

    step->object.known = image->reference;
    step->name = image->reference;
    step->platform = image->platform;
    step->service = service;
    step->optional = can_build(r, image->reference);
    for (size_t i = 0; i < r->image_count;
         i++) /* the name means what came last, so one after the other */
        if (strcmp(r->images[i].reference, image->reference) == 0)
            plan_after(r->plan, step, r->images[i].made);
    plan_reason(r->plan, step, decision == PULL_MISSING ? REASON_MISSING : REASON_WANTED,
                decision == PULL_MISSING ? "image is not here" : "pull policy asks for it");
    image->made = step;
    image->digest = (struct step_value){.from = step};
    return step;
}

static void decide_pull(struct reconcile *r, struct reconcile_image *image, const char *policy,
                        const struct spec_service *service)
{
    enum pull decision;

    if (image->made || strings_contain(&r->options->images_done, image->reference))
        return;
    decision = pull_decision(r->options->pull ? r->options->pull : policy, image->there,
                             r->options->now_ns);
    if (decision != PULL_NO)
        add_pull(r, image, service, decision);
}

static bool is_wanted_build(const struct reconcile *r, const struct reconcile_service *service)
{
    const char *policy =
        r->options->pull ? r->options->pull : service->wanted->service->pull_policy;

    if (!service->wanted->service->build || r->options->no_build ||
        strings_contain(&r->options->images_done, service->wanted->image))
        return false;
    return r->options->build || (policy && strcmp(policy, "build") == 0) ||
           (!service->image->there && !service->image->made) ||
           (service->image->made && service->image->made->kind == STEP_IMAGE_PULL &&
            service->image->made->optional);
}

/* A build stands behind the pull that is tried first: it is done only when the pull brought nothing. */
static void decide_build(struct reconcile *r, struct reconcile_service *service)
{
    struct reconcile_image *image = service->image;
    struct step *pull = image->made && image->made->kind == STEP_IMAGE_PULL ? image->made : NULL;
    bool forced = r->options->build || !pull;
    struct step *step;

    if (image->made && image->made->kind == STEP_IMAGE_BUILD)
        return;
    step =
        plan_add(r->plan, STEP_IMAGE_BUILD, arena_printf(r->arena, "Image %s", image->reference));
    step->object.known = image->reference;
    step->name = image->reference;
    step->platform = image->platform;
    step->service = service->wanted->service;
    step->force = forced;
    plan_after(r->plan, step, pull);
    plan_reason(r->plan, step, r->options->build ? REASON_WANTED : REASON_MISSING,
                r->options->build ? "--build was given"
                : pull            ? "if it cannot be pulled"
                : image->there    ? "pull_policy is build"
                                  : "image is not here");
    image->made = step;
    image->digest = (struct step_value){.from = step};
}

/* Builds wait for the images that they take. */
static void order_builds(struct reconcile *r)
{
    for (size_t i = 0; i < r->service_count; i++) {
        const struct spec_build *build = r->services[i].wanted->service->build;
        struct reconcile_image *image = r->services[i].image;

        if (!build || !image || !image->made || image->made->kind != STEP_IMAGE_BUILD)
            continue;
        for (size_t j = 0; j < build->additional_contexts.count; j++) {
            const char *value = build->additional_contexts.items[j].value;
            struct reconcile_service *other =
                value && text_starts_with(value, "service:")
                    ? reconcile_find_service(r, value + strlen("service:"))
                    : NULL;

            if (other && other->image)
                plan_after(r->plan, image->made, other->image->made);
        }
        for (size_t j = 0; j < r->services[i].wanted->builds_after.count; j++)
            plan_after(r->plan, image->made,
                       reconcile_find_service(r, r->services[i].wanted->builds_after.items[j])
                           ->image->made);
    }
}

static bool is_image_mount(const struct spec_mount *mount)
{
    return mount->type && strcmp(mount->type, "image") == 0 && mount->source;
}

struct step_mounted_image *reconcile_mounted_images(struct reconcile *r,
                                                    const struct spec_service *model,
                                                    size_t *ret_count, struct step **ret_made)
{
    struct step_mounted_image *list = arena_array(r->arena, model->volumes.count, sizeof(*list));
    size_t count = 0;

    if (ret_made)
        *ret_made = NULL;
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        struct reconcile_image *image =
            is_image_mount(mount) ? reconcile_find_image(r, mount->source, "") : NULL;

        if (!image)
            continue;
        list[count++] = (struct step_mounted_image){mount->target, image->digest};
        if (ret_made && image->made)
            *ret_made = image->made;
    }
    *ret_count = count;
    return list;
}

/* The step that makes the service's own image or one that it mounts, or NULL. */
static struct step *pending_image(struct reconcile *r, const struct reconcile_service *service)
{
    struct step *made;
    size_t count;

    if (service->image->made)
        return service->image->made;
    (void)reconcile_mounted_images(r, service->wanted->service, &count, &made);
    return made;
}

/* Whether existing containers of this service are replaced depends on an image that is pulled or built first. */
static bool is_undecided(struct reconcile *r, const struct reconcile_service *service)
{
    const char *name = service->wanted->service->name;
    const struct observed_container **list;

    if (!service->image || !pending_image(r, service) ||
        (r->options->one_off && strcmp(r->options->one_off->service, name) == 0))
        return false;
    return reconcile_containers_of(r->arena, r->observed, name, false, &list) > 0;
}

bool reconcile_awaits_images(struct reconcile *r)
{
    bool awaits = false;

    for (size_t i = 0; i < r->service_count; i++) {
        const struct reconcile_service *service = &r->services[i];

        if (!is_undecided(r, service))
            continue;
        awaits = true;
        plan_need(r->plan, NEED_IMAGE, pending_image(r, service)->name, NULL);
        if (!service->replaced)
            strings_add(&r->plan->unknown, r->arena,
                        arena_printf(r->arena, "service %s: recreated if the %s image differs",
                                     service->wanted->service->name,
                                     pending_image(r, service)->kind == STEP_IMAGE_PULL ? "pulled"
                                                                                        : "built"));
    }
    return awaits;
}

static size_t count_images(const struct reconcile *r)
{
    size_t count = r->service_count;

    for (size_t i = 0; i < r->service_count; i++)
        count += r->services[i].wanted->service->volumes.count +
                 r->services[i].wanted->service->pre_start.count;
    return count;
}

void reconcile_images(struct reconcile *r)
{
    r->images = arena_array(r->arena, count_images(r), sizeof(*r->images));
    for (size_t i = 0; i < r->service_count; i++) {
        struct reconcile_service *service = &r->services[i];
        const struct spec_service *model = service->wanted->service;

        if (model->provider)
            continue;
        service->image = add_image(r, service->wanted->image, service->wanted->platform);
        if (model->image && *model->image)
            decide_pull(r, service->image, model->pull_policy, model);
        for (size_t j = 0; j < model->volumes.count; j++)
            if (is_image_mount(model->volumes.items[j]))
                decide_pull(r, add_image(r, model->volumes.items[j]->source, ""),
                            model->pull_policy, model);
        for (size_t j = 0; j < model->pre_start.count; j++)
            if (model->pre_start.items[j]->image && *model->pre_start.items[j]->image)
                decide_pull(r, add_image(r, model->pre_start.items[j]->image, ""),
                            model->pull_policy, model);
    }
    for (size_t i = 0; i < r->service_count; i++)
        if (r->services[i].image && is_wanted_build(r, &r->services[i]))
            decide_build(r, &r->services[i]);
    order_builds(r);
}
