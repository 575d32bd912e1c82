/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which volumes of a container go over to the one that replaces it, and which of them are anonymous.
 * Source: Docker Compose 5.5.0, `up`.
 */
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"

static const struct spec_mount *mount_at(const struct spec_service *model, const char *target)
{
    for (size_t i = 0; i < model->volumes.count; i++)
        if (model->volumes.items[i]->target && strcmp(model->volumes.items[i]->target, target) == 0)
            return model->volumes.items[i];
    return NULL;
}

/* "NAME:target" of HostConfig.Binds, or the source of one of HostConfig.Mounts. */
static bool was_given_by_name(struct arena *arena, struct span inspection, const char *volume)
{
    struct engine_json_member *items = NULL;
    size_t count =
        engine_json_members(arena, engine_json_find(inspection, "HostConfig.Binds"), &items);
    size_t length = strlen(volume);

    for (size_t i = 0; i < count; i++) {
        const char *line = engine_json_text(arena, items[i].value);

        if (strncmp(line, volume, length) == 0 && line[length] == ':')
            return true;
    }
    count = engine_json_members(arena, engine_json_find(inspection, "HostConfig.Mounts"), &items);
    for (size_t i = 0; i < count; i++)
        if (strcmp(engine_json_text(arena, engine_json_find(items[i].value, "Source")), volume) ==
            0)
            return true;
    return false;
}

/*
 * Nobody named it: the engine did, or it was taken over as such before. A volume that came from another container
 * (volumes_from) may be a named one there, so it does not count.
 */
static bool is_anonymous(struct arena *arena, const struct observed_container *container,
                         const char *volume)
{
    struct strings known =
        labels_list(arena, labels_get(&container->entry->labels, LABEL_ANONYMOUS));
    struct engine_json_member *from = NULL;
    struct span inspection = container->details->raw;

    if (strings_contain(&known, volume))
        return true;
    return engine_json_members(arena, engine_json_find(inspection, "HostConfig.VolumesFrom"),
                               &from) == 0 &&
           !was_given_by_name(arena, inspection, volume);
}

void reconcile_carry_volumes(struct reconcile *r, const struct spec_service *model,
                             const struct observed_container *old, struct step_create *create)
{
    const struct engine_container_entry *entry = old->entry;

    if (r->options->renew_anonymous)
        return;
    create->carried = arena_array(r->arena, entry->mount_count, sizeof(*create->carried));
    for (size_t i = 0; i < entry->mount_count; i++) {
        const struct engine_mount *mount = &entry->mounts[i];
        const struct spec_mount *declared = mount_at(model, mount->target);

        if (strcmp(mount->type, "volume") != 0 || !*mount->name ||
            (declared && declared->source && *declared->source))
            continue;
        if (!old->details) {
            plan_need(r->plan, NEED_CONTAINER, old->id, NULL); /* the image's? who named it? */
            continue;
        }
        if (declared || strings_contain(&old->details->volumes, mount->target))
            create->carried[create->carried_count++] = (struct translate_carried){
                .volume = mount->name,
                .target = mount->target,
                .read_only = !mount->writable,
                .anonymous = is_anonymous(r->arena, old, mount->name),
            };
    }
}
