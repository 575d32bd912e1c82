/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "compose/observe/labels.h"
#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/project.h"

/* "db:service_started:false,cache:service_healthy:true"; present also when empty. Optional ones that are off are left out. */
static const char *dependencies(struct arena *arena, const struct spec_project *project,
                                const struct spec_service *service)
{
    struct strings list = {0};

    for (size_t i = 0; i < service->depends_on.count; i++) {
        const struct spec_dependency_entry *entry = &service->depends_on.items[i];

        if (!spec_project_service(project, entry->key))
            continue;
        strings_add(&list, arena,
                    arena_printf(arena, "%s:%s:%s", entry->key, entry->value->condition,
                                 entry->value->restart ? "true" : "false"));
    }
    return strings_join(&list, arena, ",");
}

static void add_project_labels(struct pairs *labels, struct arena *arena,
                               const struct translate_container *in)
{
    const struct spec_load *load = in->project->load;

    pairs_set(labels, arena, LABEL_PROJECT, in->project->name);
    pairs_set(labels, arena, LABEL_SERVICE, in->service->name);
    pairs_set(labels, arena, LABEL_VERSION, LABELS_COMPOSE_VERSION);
    pairs_set(labels, arena, LABEL_ONEOFF, in->one_off ? "True" : "False");
    if (!load)
        return;
    pairs_set(labels, arena, LABEL_WORKING_DIR, load->working_dir);
    pairs_set(labels, arena, LABEL_CONFIG_FILES, strings_join(&load->config_files, arena, ","));
    if (load->env_files.count > 0)
        pairs_set(labels, arena, LABEL_ENVIRONMENT_FILE,
                  strings_join(&load->env_files, arena, ","));
}

/* Names of the carried volumes that no file named. */
static const char *anonymous_volumes(struct arena *arena, const struct translate_container *in)
{
    struct strings names = {0};

    for (size_t i = 0; i < in->carried_count; i++)
        if (in->carried[i].anonymous)
            strings_add(&names, arena, in->carried[i].volume);
    return strings_join(&names, arena, ",");
}

void translate_labels(struct json_writer *json, const struct translate_container *in)
{
    struct arena *arena = arena_create();
    struct pairs labels = {0};
    const struct {
        const char *name, *value;
    } optional[] = {
        {LABEL_CONFIG_HASH, in->config_hash},
        {LABEL_IMAGE, in->image_digest},
        {LABEL_IMAGE_VOLUMES, in->image_volumes},
        {LABEL_REPLACE, in->replace},
        {LABEL_SLUG, in->slug},
        {LABEL_CONTENT, in->content},
        {LABEL_ANONYMOUS, anonymous_volumes(arena, in)},
    };

    for (size_t i = 0; i < in->service->labels.count; i++)
        pairs_add(&labels, arena, in->service->labels.items[i].key,
                  in->service->labels.items[i].value);
    if (in->few_labels) {
        pairs_set(&labels, arena, LABEL_PROJECT, in->project->name);
        pairs_set(&labels, arena, LABEL_SERVICE, in->service->name);
        pairs_set(&labels, arena, LABEL_VERSION, LABELS_COMPOSE_VERSION);
        pairs_set(&labels, arena, LABEL_HOOK, "pre_start");
        pairs_sort(&labels);
        translate_map(json, "Labels", &labels);
        arena_destroy(arena);
        return;
    }
    add_project_labels(&labels, arena, in);
    pairs_set(&labels, arena, LABEL_DEPENDS_ON, dependencies(arena, in->project, in->service));
    if (in->number > 0)
        pairs_set(&labels, arena, LABEL_NUMBER, arena_printf(arena, "%" PRId64, in->number));
    for (size_t i = 0; i < COUNT_OF(optional); i++)
        if (optional[i].value && *optional[i].value)
            pairs_set(&labels, arena, optional[i].name, optional[i].value);
    pairs_sort(&labels);
    translate_map(json, "Labels", &labels);
    arena_destroy(arena);
}
