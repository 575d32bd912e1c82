/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/observe/origin.h"

#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/observe/observed.h"
#include "spec/base/arena.h"
#include "spec/project.h"

static const char *resolve(struct arena *arena, const char *path)
{
    char *real = *path == '/' ? realpath(path, NULL) : NULL; /* "-" is stdin */

    path = arena_strdup(arena, real ? real : path);
    free(real);
    return path;
}

static struct origin make(struct arena *arena, const char *directory, const struct strings *files)
{
    struct origin origin = {0};

    if (directory && *directory)
        origin.directory = resolve(arena, directory);
    for (size_t i = 0; i < files->count; i++)
        strings_add(&origin.files, arena, resolve(arena, files->items[i]));
    return origin;
}

struct origin origin_of_project(struct arena *arena, const struct spec_project *project)
{
    if (!project->load)
        return (struct origin){0};
    return make(arena, project->load->working_dir, &project->load->config_files);
}

static bool has_same_labels(const struct observed_container *a, const struct observed_container *b,
                            const char *label)
{
    return strcmp(labels_get(&a->entry->labels, label), labels_get(&b->entry->labels, label)) == 0;
}

void origin_of_containers(struct observed *observed)
{
    const struct observed_container *last = NULL;

    for (size_t i = 0; i < observed->container_count; i++) {
        struct observed_container *container = &observed->containers[i];
        const struct pairs *labels = &container->entry->labels;
        struct strings files = {0};

        if (last && has_same_labels(last, container, LABEL_WORKING_DIR) &&
            has_same_labels(last, container, LABEL_CONFIG_FILES)) {
            container->origin = last->origin;
            continue;
        }
        files = labels_list(observed->arena, labels_get(labels, LABEL_CONFIG_FILES));
        container->origin = make(observed->arena, labels_get(labels, LABEL_WORKING_DIR), &files);
        last = container;
    }
}

bool origin_is_same(const struct origin *a, const struct origin *b)
{
    if (!a->directory || !b->directory)
        return true;
    if (strcmp(a->directory, b->directory) != 0)
        return false;
    for (size_t i = 0; i < a->files.count; i++)
        if (strings_contain(&b->files, a->files.items[i]))
            return true;
    return a->files.count == 0 || b->files.count == 0;
}
