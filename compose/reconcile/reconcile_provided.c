/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables that providers and models hand out, in a preview: it runs none of them, so it takes for handed out again
 * what a container has and neither its image nor the file has given it, and says so.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/hash.h"

static bool is_unsure(const struct reconcile *r, const struct reconcile_service *service)
{
    return r->options->preview && service->wanted->given_by;
}

static bool has_line(struct arena *arena, struct span list, const char *line)
{
    struct engine_json_member *lines = NULL;
    size_t count = engine_json_members(arena, list, &lines);

    for (size_t i = 0; i < count; i++)
        if (strcmp(engine_json_text(arena, lines[i].value), line) == 0)
            return true;
    return false;
}

/* Variables of the engine's own. Source: inspect of Docker 28.5 and Podman 4.3. */
static bool is_of_engine(const char *name)
{
    static const char *const names[] = {"PATH", "HOME", "HOSTNAME", "TERM", "container"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* False when something must be found out first. */
static bool find_given(struct reconcile *r, const struct reconcile_service *service,
                       const struct observed_container *container, struct pairs *ret_given)
{
    const struct pairs *own = &reconcile_model(service)->environment;
    const struct strings *env;
    struct pairs given = {0};
    struct span image;

    if (!reconcile_is_known(r, container, &image))
        return false;
    env = &container->details->env;
    for (size_t i = 0; i < env->count; i++) {
        const char *line = env->items[i], *equals = strchr(line, '=');
        const char *name = equals ? arena_strndup(r->arena, line, (size_t)(equals - line)) : line;

        if (equals && !pairs_find(own, name) && !is_of_engine(name) &&
            !(image.bytes && has_line(r->arena, engine_json_find(image, "Config.Env"), line)))
            pairs_add(&given, r->arena, name, equals + 1);
    }
    *ret_given = given;
    return true;
}

static const struct spec_service *
with_variables(struct reconcile *r, const struct spec_service *model, const struct pairs *given)
{
    struct spec_service *copy = spec_service_copy(r->arena, model);

    for (size_t i = 0; i < given->count; i++)
        pairs_set(&copy->environment, r->arena, given->items[i].key, given->items[i].value);
    pairs_sort(&copy->environment);
    return copy;
}

const struct spec_service *reconcile_provided(struct reconcile *r,
                                              const struct reconcile_service *service,
                                              const struct observed_container *container)
{
    struct pairs given = {0};

    if (!is_unsure(r, service) || !find_given(r, service, container, &given))
        return reconcile_model(service);
    return with_variables(r, reconcile_model(service), &given);
}

static void tell(struct reconcile *r, const char *sentence)
{
    if (!strings_contain(&r->plan->unknown, sentence))
        strings_add(&r->plan->unknown, r->arena, sentence);
}

bool reconcile_fits_provided(struct reconcile *r, const struct reconcile_service *service,
                             const struct observed_container *container)
{
    const char *label = labels_get(&container->entry->labels, LABEL_CONFIG_HASH);
    const struct spec_service *resolved;
    struct strings names = {0};
    struct pairs given = {0};

    if (!is_unsure(r, service) || !service->hash)
        return false;
    if (!find_given(r, service, container, &given))
        return true; /* its details are asked for, and the plan is made anew with them */
    resolved = wanted_resolve(r->arena, with_variables(r, reconcile_model(service), &given),
                              &service->references);
    if (strcmp(label, spec_service_hash(r->arena, resolved, SPEC_HASH_5)) != 0 &&
        strcmp(label, spec_service_hash(r->arena, resolved, SPEC_HASH_2)) != 0)
        return false;
    for (size_t i = 0; i < given.count; i++)
        strings_add(&names, r->arena, given.items[i].key);
    tell(r, arena_printf(r->arena, "service %s: recreated unless %s hands out %s as before",
                         reconcile_model(service)->name, service->wanted->given_by,
                         names.count > 0 ? strings_join(&names, r->arena, ", ") : "nothing"));
    return true;
}

void reconcile_tell_provided(struct reconcile *r)
{
    for (size_t i = 0; r->options->preview && i < r->service_count; i++) {
        const struct spec_service *model = reconcile_model(&r->services[i]);

        if (model->provider)
            tell(r, arena_printf(r->arena, "service %s: provider %s is run", model->name,
                                 model->provider->type));
        for (size_t j = 0; j < model->models.count; j++)
            tell(r, arena_printf(r->arena, "model %s: pulled where it is missing, and configured",
                                 model->models.items[j].key));
    }
}
