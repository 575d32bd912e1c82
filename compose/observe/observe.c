/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an engine for what observed.h holds: all lists at once, in one turn. */
#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/observed.h"
#include "compose/reconcile/plan.h"
#include "compose/session/session.h"
#include "compose/translate/translate.h"
#include "engine_client/client.h"
#include "engine_client/image_reference.h"
#include "engine_client/query.h"
#include "spec/base/arena.h"
#include "spec/base/text.h"

enum { LIST_CONTAINERS, LIST_NETWORKS, LIST_VOLUMES, LIST_IMAGES, LIST_PROJECT_IMAGES, LISTS };

/* It cannot be cancelled alone: who was interrupted leaves it behind. */
struct negotiation {
    struct session *session; /* NULL: nobody waits any more */
    bool done;
    struct error failure;
};

static void negotiation_destroy(struct negotiation *negotiation)
{
    error_finish(&negotiation->failure);
    free(negotiation);
}

static void on_ready(void *owner, const struct engine_facts *facts, const struct error *failure)
{
    struct negotiation *negotiation = owner;

    (void)facts;
    if (!negotiation->session) {
        negotiation_destroy(negotiation);
        return;
    }
    if (failure)
        error_copy(&negotiation->failure, failure);
    negotiation->done = true;
    session_stop(negotiation->session);
}

/* The version decides on parameters of the lists, so it must be known first; that costs only the ping. */
bool observe_negotiate(struct session *session, struct engine_client *client, struct error *err)
{
    struct negotiation *negotiation;
    bool good;

    if (engine_client_facts(client)->known)
        return true;
    negotiation = xcalloc(1, sizeof(*negotiation));
    negotiation->session = session;
    error_init(&negotiation->failure);
    engine_client_negotiate(client, on_ready, negotiation);
    good = session_run_until(session, &negotiation->done, err);
    if (!negotiation->done) {
        negotiation->session = NULL;
        return false;
    }
    if (good && error_is_set(&negotiation->failure)) {
        error_move(err, &negotiation->failure);
        good = false;
    }
    negotiation_destroy(negotiation);
    return good;
}

static const char *label_query(struct arena *arena, const char *project, bool all, bool undangling)
{
    struct pairs filters = {0};
    struct text query;
    const char *copy;

    pairs_add(&filters, arena, "label", arena_printf(arena, LABEL_PROJECT "=%s", project));
    if (undangling)
        pairs_add(&filters, arena, "dangling", "false");
    text_init(&query, 0);
    engine_query_bool(&query, "all", all);
    engine_query_filters(&query, &filters);
    copy = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return copy;
}

/* The filter compares names as people write them, so names with a domain of the hub are asked for in both forms. */
static const char *images_query(struct arena *arena, const struct strings *references,
                                unsigned api_minor)
{
    struct pairs filters = {0};
    struct text query;
    const char *copy;

    for (size_t i = 0; i < references->count; i++) {
        struct image_reference parsed;
        struct error ignored;
        const char *familiar;

        pairs_add(&filters, arena, "reference", references->items[i]);
        error_init(&ignored);
        if (image_reference_parse(arena, references->items[i], &parsed, &ignored)) {
            familiar = image_reference_familiar(arena, &parsed);
            if (parsed.digest)
                familiar = arena_printf(
                    arena, "%s@%s", image_reference_familiar_name(arena, &parsed), parsed.digest);
            if (strchr(references->items[i], '/') &&
                !text_starts_with(familiar, references->items[i]))
                pairs_add(&filters, arena, "reference", familiar);
        }
        error_finish(&ignored);
    }
    text_init(&query, 0);
    engine_query_bool(&query, "manifests", api_minor >= TRANSLATE_API_IMAGE_MOUNTS);
    engine_query_filters(&query, &filters);
    copy = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return copy;
}

static bool take_lists(struct observed *observed, const struct observe_wants *wants,
                       const struct session_call *calls, struct error *err)
{
    return observed_add_containers(observed, calls[LIST_CONTAINERS].answer, err) &&
           (!wants->networks ||
            observed_add_networks(observed, calls[LIST_NETWORKS].answer, err)) &&
           (!wants->volumes || observed_add_volumes(observed, calls[LIST_VOLUMES].answer, err)) &&
           (wants->images.count == 0 ||
            observed_add_images(observed, &wants->images, calls[LIST_IMAGES].answer, err)) &&
           (!wants->project_images ||
            engine_image_list_decode(observed->arena, calls[LIST_PROJECT_IMAGES].answer,
                                     &observed->all_images, err));
}

/* One call for each list that is wanted; the others stay without a path. */
static size_t pack(struct session_call *all, struct session_call *packed, size_t *positions)
{
    size_t count = 0;

    for (size_t i = 0; i < LISTS; i++)
        if (all[i].path) {
            positions[count] = i;
            packed[count++] = all[i];
        }
    return count;
}

static bool fetch_lists(struct session *session, struct observed *observed,
                        const struct observe_wants *wants, struct error *err)
{
    struct arena *arena = observed->arena;
    struct session_call all[LISTS] = {
        [LIST_CONTAINERS] = {.path = "/containers/json",
                             .query = label_query(arena, wants->project_name, true, false)},
        [LIST_NETWORKS] = {.path = wants->networks ? "/networks" : NULL},
        [LIST_VOLUMES] = {.path = wants->volumes ? "/volumes" : NULL},
        [LIST_IMAGES] = {.path = wants->images.count > 0 ? "/images/json" : NULL,
                         .query = images_query(arena, &wants->images, observed->api_minor)},
        [LIST_PROJECT_IMAGES] = {.path = wants->project_images ? "/images/json" : NULL,
                                 .query = label_query(arena, wants->project_name, false, true)},
    };
    struct session_call packed[LISTS];
    size_t positions[LISTS], count = pack(all, packed, positions);
    bool good;

    if (!session_fetch_all(session, arena, packed, count, err))
        return false;
    good = true;
    for (size_t i = 0; i < count; i++) {
        if (good && error_is_set(&packed[i].failure)) {
            error_copy(err, &packed[i].failure);
            good = false;
        }
        all[positions[i]] = packed[i];
    }
    good = good && take_lists(observed, wants, all, err);
    session_fetch_finish(packed, count);
    return good;
}

static bool is_image_id(const char *reference)
{
    size_t hex = strspn(reference, "0123456789abcdef");

    return text_starts_with(reference, "sha256:") || (reference[hex] == '\0' && hex >= 12);
}

/*
 * Images that no filter of the list can name: those given by id, and names that are no references ("project-ServiceA"),
 * for which the engine has the better words.
 */
static bool is_outside_list(struct arena *arena, const char *reference)
{
    struct image_reference parsed;
    struct error ignored;
    bool outside;

    error_init(&ignored);
    outside = is_image_id(reference) || !image_reference_parse(arena, reference, &parsed, &ignored);
    error_finish(&ignored);
    return outside;
}

/* Images that must be looked at one by one: a platform or an age is asked for, or the list cannot name them. */
static bool is_inspected(const struct observed *observed, const struct observe_wants *wants,
                         const char *reference)
{
    if (observed_image(observed, reference, ""))
        return pairs_find(&wants->image_platforms, reference) ||
               strings_contain(&wants->image_ages, reference);
    return observed->podman || is_outside_list(observed->arena, reference);
}

/* One answer says how the image is for everybody who asks. */
static bool take_image(struct observed *observed, const struct observe_wants *wants,
                       const char *reference, struct span answer, struct error *err)
{
    if (!observed_add_image(observed, reference, "", answer, err))
        return false;
    for (size_t i = 0; i < wants->image_platforms.count; i++)
        if (strcmp(wants->image_platforms.items[i].key, reference) == 0 &&
            !observed_add_image(observed, reference, wants->image_platforms.items[i].value, answer,
                                err))
            return false;
    return true;
}

static bool fetch_images(struct session *session, struct observed *observed,
                         const struct observe_wants *wants, struct error *err)
{
    struct session_call *calls;
    const char **references;
    size_t count = 0;
    bool good = true;

    if (wants->images.count == 0)
        return true;
    calls = arena_array(observed->arena, wants->images.count, sizeof(*calls));
    references = arena_array(observed->arena, wants->images.count, sizeof(*references));
    for (size_t i = 0; i < wants->images.count; i++) {
        const char *reference = wants->images.items[i];

        if (!is_inspected(observed, wants, reference))
            continue;
        references[count] = reference;
        calls[count++] = (struct session_call){
            .path = engine_path(observed->arena, "/images/%s/json", reference),
            .query = observed->api_minor >= TRANSLATE_API_IMAGE_MOUNTS ? "manifests=1" : NULL};
    }
    if (count == 0)
        return true;
    if (!session_fetch_all(session, observed->arena, calls, count, err))
        return false;
    for (size_t i = 0; good && i < count; i++) {
        if (calls[i].failure.kind == ERROR_ENGINE && calls[i].failure.status == 404)
            continue;
        if (error_is_set(&calls[i].failure)) {
            error_copy(err, &calls[i].failure);
            good = error_wrap(err, "unable to get image '%s'", references[i]);
        } else {
            good = take_image(observed, wants, references[i], calls[i].answer, err);
        }
    }
    session_fetch_finish(calls, count);
    return good;
}

bool observe(struct session *session, const struct observe_wants *wants,
             struct observed **ret_observed, struct error *err)
{
    struct engine_client *client;
    const struct engine_facts *facts;
    struct observed *observed;

    if (!session_client(session, &client, err) || !observe_negotiate(session, client, err))
        return false;
    facts = engine_client_facts(client);
    observed = observed_create(facts->api_minor);
    observed->podman = facts->kind == ENGINE_KIND_PODMAN;
    observed->swarm = facts->swarm_active;
    if (!fetch_lists(session, observed, wants, err) ||
        !fetch_images(session, observed, wants, err)) {
        observed_destroy(observed);
        return false;
    }
    origin_of_containers(observed);
    *ret_observed = observed;
    return true;
}

static const char *volume_query(struct arena *arena, const char *volume)
{
    struct pairs filters = {0};
    struct text query;
    const char *copy;

    pairs_add(&filters, arena, "volume", volume);
    text_init(&query, 0);
    engine_query_bool(&query, "all", true);
    engine_query_filters(&query, &filters);
    copy = arena_strdup(arena, query.bytes);
    text_finish(&query);
    return copy;
}

static const char *need_path(struct arena *arena, const struct plan_need *need)
{
    if (need->kind == NEED_VOLUME_USERS)
        return "/containers/json";
    if (need->kind == NEED_NETWORKS)
        return "/networks";
    if (need->kind == NEED_CONTAINER)
        return engine_path(arena, "/containers/%s/json", need->subject);
    if (need->kind == NEED_NETWORK)
        return engine_path(arena, "/networks/%s", need->subject);
    return engine_path(arena, "/images/%s/json", need->subject);
}

static bool take_need(struct observed *observed, const struct plan_need *need,
                      const struct session_call *call, struct error *err)
{
    bool gone = call->failure.kind == ERROR_ENGINE && call->failure.status == 404;

    if (need->kind == NEED_IMAGE_DETAILS && gone) {
        observed_add_image_details(observed, need->subject, (struct span){0});
        return true;
    }
    if (error_is_set(&call->failure)) {
        error_copy(err, &call->failure);
        return false;
    }
    if (need->kind == NEED_CONTAINER)
        return observed_add_container_details(observed, call->answer, err);
    if (need->kind == NEED_NETWORK)
        return observed_add_network_details(observed, call->answer, err);
    if (need->kind == NEED_NETWORKS)
        return observed_add_networks(observed, call->answer, err);
    if (need->kind == NEED_VOLUME_USERS)
        return observed_add_volume_users(observed, need->subject, call->answer, err);
    observed_add_image_details(observed, need->subject, call->answer);
    return true;
}

bool observe_needs(struct session *session, struct observed *observed, const struct plan *plan,
                   struct error *err)
{
    struct session_call *calls = arena_array(observed->arena, plan->need_count, sizeof(*calls));
    const struct plan_need **needs = arena_array(observed->arena, plan->need_count, sizeof(*needs));
    size_t count = 0;
    bool good = true;

    for (size_t i = 0; i < plan->need_count; i++) {
        const struct plan_need *need = &plan->needs[i];

        if (need->kind == NEED_ANSWER || need->kind == NEED_IMAGE)
            continue;
        needs[count] = need;
        calls[count++] = (struct session_call){
            .path = need_path(observed->arena, need),
            .query = need->kind == NEED_VOLUME_USERS ? volume_query(observed->arena, need->subject)
                                                     : NULL};
    }
    if (count == 0)
        return true;
    if (!session_fetch_all(session, observed->arena, calls, count, err))
        return false;
    for (size_t i = 0; good && i < count; i++)
        good = take_need(observed, needs[i], &calls[i], err);
    session_fetch_finish(calls, count);
    return good;
}
