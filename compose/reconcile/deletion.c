/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and data. Networks, volumes and images of a project: deletion_resources.c. */
#include "compose/reconcile/deletion.h"

#include <string.h>

#include "compose/observe/labels.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"
#include "spec/project.h"

bool deletion_covers(const struct deletion *deletion, const char *service)
{
    if (!wanted_service(deletion->wanted, service))
        return false;
    return !deletion->services || deletion->services->count == 0 ||
           strings_contain(deletion->services, service);
}

bool deletion_is_unknown(const struct deletion *deletion, const char *service)
{
    return !wanted_service(deletion->wanted, service) &&
           !spec_project_disabled(deletion->wanted->project, service) &&
           !(deletion->known && strings_contain(deletion->known, service));
}

bool deletion_is_orphan(const struct deletion *deletion, const struct observed_container *container)
{
    if (container->one_off)
        return container->entry->state == ENGINE_STATE_EXITED ||
               container->entry->state == ENGINE_STATE_DEAD;
    return deletion_is_unknown(deletion, container->service);
}

bool deletion_is_declared(const struct spec_project *project, const char *volume)
{
    for (size_t i = 0; i < project->volumes.count; i++) {
        const struct spec_volume *model = project->volumes.items[i].value;
        const char *name =
            model && model->name && *model->name ? model->name : project->volumes.items[i].key;

        if (strcmp(name, volume) == 0)
            return true;
    }
    return false;
}

struct step *deletion_container(struct plan *plan, const struct observed_container *container,
                                struct step *before)
{
    struct step *step = plan_add(plan, STEP_CONTAINER_REMOVE,
                                 reconcile_container_id_line(plan->arena, container->name));

    step->object.known = container->id;
    step->name = container->name;
    step->force = true;
    step->ignore_missing = true;
    plan_after(plan, step, before);
    return step;
}

/* Volumes that the container took over from the one that it replaced. */
static void remove_carried(const struct deletion *deletion,
                           const struct observed_container *container, const char *command,
                           struct step *removed)
{
    struct strings carried =
        labels_list(deletion->plan->arena, labels_get(&container->entry->labels, LABEL_ANONYMOUS));

    for (size_t i = 0; i < container->entry->mount_count; i++) {
        const struct engine_mount *mount = &container->entry->mounts[i];
        struct step *step;

        if (strcmp(mount->type, "volume") != 0 || !strings_contain(&carried, mount->name) ||
            deletion_is_declared(deletion->wanted->project, mount->name))
            continue;
        step = plan_add(deletion->plan, STEP_VOLUME_REMOVE, NULL);
        step->object.known = mount->name;
        step->name = mount->name;
        step->ignore_missing = step->in_use_is_fine = true;
        plan_after(deletion->plan, step, removed);
        plan_reason(deletion->plan, step, REASON_WANTED, "%s, anonymous volume of %s at %s",
                    command, container->name, mount->target);
    }
}

struct step *deletion_container_and_data(const struct deletion *deletion,
                                         const struct observed_container *container,
                                         const char *command, struct step *before)
{
    struct step *step = deletion_container(deletion->plan, container, before);

    step->volumes = true;
    plan_reason(deletion->plan, step, REASON_WANTED, "%s", command);
    remove_carried(deletion, container, command, step);
    return step;
}
