/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/environment.h"

#include <string.h>

#include "spec/base/arena.h"

const char *spec_environment_get(const struct spec_environment *environment, const char *name)
{
    uint32_t at = index_find(&environment->index, name);

    return at == INDEX_NONE ? NULL : environment->variables.items[at].value;
}

struct place spec_environment_place(const struct spec_environment *environment, const char *name)
{
    uint32_t at = index_find(&environment->index, name);

    return at != INDEX_NONE && at < environment->place_count ? environment->places[at]
                                                             : (struct place){0};
}

/* Most variables are the shell's and have no place: the list ends with the last one that has. */
static void set_place(struct spec_environment *environment, size_t at, struct place place)
{
    size_t count = environment->place_count;

    if (at >= count && !place.file)
        return;
    if (at >= count) {
        environment->places = arena_grow(environment->arena, environment->places,
                                         &environment->place_capacity, at + 1, sizeof(place));
        for (; count < at; count++)
            environment->places[count] = (struct place){0};
        environment->place_count = at + 1;
    }
    environment->places[at] = place;
}

void spec_environment_set_at(struct spec_environment *environment, const char *name,
                             const char *value, struct place place)
{
    size_t at = index_find(&environment->index, name);

    if (at != INDEX_NONE) {
        environment->variables.items[at].value = value;
    } else {
        at = environment->variables.count;
        pairs_add(&environment->variables, environment->arena, name, value);
        index_put(&environment->index, environment->arena, name, at);
    }
    set_place(environment, at, place);
}

void spec_environment_set(struct spec_environment *environment, const char *name, const char *value)
{
    spec_environment_set_at(environment, name, value, (struct place){0});
}

void spec_environment_add_below(struct spec_environment *environment,
                                const struct spec_environment *below)
{
    for (size_t i = 0; i < below->variables.count; i++)
        if (!spec_environment_get(environment, below->variables.items[i].key))
            spec_environment_set_at(environment, below->variables.items[i].key,
                                    below->variables.items[i].value,
                                    i < below->place_count ? below->places[i] : (struct place){0});
}

void spec_environment_add_list(struct spec_environment *environment, const char *const *list)
{
    for (; list && *list; list++) {
        const char *equals = strchr(*list, '=');

        if (equals && equals > *list)
            spec_environment_set(environment,
                                 arena_strndup(environment->arena, *list, (size_t)(equals - *list)),
                                 arena_strdup(environment->arena, equals + 1));
    }
}

struct spec_environment *spec_environment_copy(struct arena *arena,
                                               const struct spec_environment *environment)
{
    struct spec_environment *copy = arena_alloc(arena, sizeof(*copy));

    copy->arena = arena;
    spec_environment_add_below(copy, environment);
    return copy;
}
