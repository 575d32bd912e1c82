/* SPDX-License-Identifier: Apache-2.0 */
/* `up` and orphans: reported, or removed when that was asked for, whatever file made them. Source: Docker Compose 5.5.0. */
#include "compose/observe/labels.h"
#include "compose/reconcile/deletion.h"
#include "compose/reconcile/reconcile_internal.h"
#include "spec/base/arena.h"

static const char *files_of(const struct observed_container *container)
{
    const char *files = labels_get(&container->entry->labels, LABEL_CONFIG_FILES);

    return *files ? files : labels_get(&container->entry->labels, LABEL_WORKING_DIR);
}

static void remove_orphan(struct reconcile *r, const struct observed_container *container)
{
    struct step *stop = NULL, *remove;

    if (reconcile_is_up(container))
        stop = reconcile_add_stop(r->plan, container, NULL, r->options->has_timeout,
                                  r->options->timeout_s, NULL);
    remove = deletion_container(r->plan, container, stop);
    plan_reason(r->plan, remove, REASON_LEFTOVER,
                container->one_off ? "a one-off that has ended"
                                   : "its service is gone from the files");
}

static void report(struct reconcile *r, const struct strings *own, const struct strings *others)
{
    if (own->count > 0)
        warnings_add(
            &r->plan->warnings, (struct place){0},
            "Found orphan containers (%s) for this project. If you removed or renamed this service in "
            "your compose file, you can run this command with the --remove-orphans flag to clean it up.",
            strings_join(own, r->arena, ", "));
    if (others->count > 0)
        warnings_add(
            &r->plan->warnings, (struct place){0},
            "Found containers of another file under the same project name: %s. They are left alone; give "
            "one of the projects another name, or remove them with --remove-orphans.",
            strings_join(others, r->arena, ", "));
}

void reconcile_orphans(struct reconcile *r)
{
    const struct deletion deletion = {
        .plan = r->plan,
        .wanted = r->wanted,
        .observed = r->observed,
        .known = &r->options->known,
    };
    struct strings own = {0}, others = {0};

    for (size_t i = 0; i < r->observed->container_count; i++) {
        const struct observed_container *container = &r->observed->containers[i];

        if (!deletion_is_orphan(&deletion, container))
            continue;
        if (r->options->remove_orphans)
            remove_orphan(r, container);
        if (origin_is_same(&container->origin, &r->wanted->origin))
            strings_add(&own, r->arena, container->name);
        else
            strings_add(&others, r->arena,
                        arena_printf(r->arena, "%s (%s)", container->name, files_of(container)));
    }
    if (!r->options->remove_orphans && !r->options->ignore_orphans)
        report(r, &own, &others);
    else if (r->options->remove_orphans && others.count > 0)
        warnings_add(&r->plan->warnings, (struct place){0},
                     "Removing containers of another file under the same project name: %s",
                     strings_join(&others, r->arena, ", "));
}
