/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "compose/watch/watch_rules.h"
#include "spec/base/arena.h"
#include "spec/base/index.h"
#include "spec/model.h"

/* A batch being made; the indexes keep each target of a service once. */
struct builder {
    struct arena *arena;
    const struct watch_rules *rules;
    bool *root_gone; /* one a rule: its path was a directory and is gone */
    struct watch_batch batch;
    struct index *targets; /* one a sync */
    size_t target_capacity;
};

static void add_name(struct builder *builder, struct strings *list, const char *name)
{
    if (!strings_contain(list, name))
        strings_add(list, builder->arena, name);
}

static size_t sync_of(struct builder *builder, const struct spec_service *service)
{
    struct watch_batch *batch = &builder->batch;

    for (size_t i = 0; i < batch->sync_count; i++)
        if (batch->syncs[i].service == service)
            return i;
    batch->syncs = arena_grow(builder->arena, batch->syncs, &batch->sync_capacity,
                              batch->sync_count + 1, sizeof(*batch->syncs));
    builder->targets = arena_grow(builder->arena, builder->targets, &builder->target_capacity,
                                  batch->sync_count + 1, sizeof(*builder->targets));
    builder->targets[batch->sync_count] = (struct index){0};
    batch->syncs[batch->sync_count] = (struct watch_sync){.service = service};
    return batch->sync_count++;
}

/* Two rules may lead to one target: what is there wins over what is gone, and the later one otherwise. */
static void add_file(struct builder *builder, const struct watch_rule *rule,
                     const struct watch_change *change)
{
    size_t at = sync_of(builder, rule->service);
    struct watch_sync *sync = &builder->batch.syncs[at];
    struct watch_file file = {
        .path = change->path,
        .target = watch_rule_target(builder->arena, rule, change->path),
        .gone = change->gone,
        .directory = change->directory,
        .root_gone = change->gone && builder->root_gone[rule - builder->rules->items],
    };
    uint32_t known = index_find(&builder->targets[at], file.target);

    if (known != INDEX_NONE) {
        if (!file.gone || sync->files[known].gone)
            sync->files[known] = file;
        return;
    }
    index_put(&builder->targets[at], builder->arena, file.target, sync->count);
    sync->files = arena_grow(builder->arena, sync->files, &sync->capacity, sync->count + 1,
                             sizeof(*sync->files));
    sync->files[sync->count++] = file;
}

static void add_exec(struct builder *builder, const struct watch_rule *rule)
{
    struct watch_batch *batch = &builder->batch;

    for (size_t i = 0; i < batch->exec_count; i++)
        if (batch->execs[i].hook == rule->watch->exec)
            return;
    batch->execs = arena_grow(builder->arena, batch->execs, &batch->exec_capacity,
                              batch->exec_count + 1, sizeof(*batch->execs));
    batch->execs[batch->exec_count++] =
        (struct watch_exec){.service = rule->service, .hook = rule->watch->exec};
}

static void apply(struct builder *builder, const struct watch_rule *rule,
                  const struct watch_change *change)
{
    struct watch_batch *batch = &builder->batch;

    switch (rule->action) {
    case WATCH_REBUILD:
        add_name(builder, &batch->rebuilds, rule->service->name);
        return;
    case WATCH_RESTART:
        add_name(builder, &batch->restarts, rule->service->name);
        return;
    case WATCH_SYNC:
        add_file(builder, rule, change);
        return;
    case WATCH_SYNC_RESTART:
        add_file(builder, rule, change);
        add_name(builder, &batch->restarts, rule->service->name);
        return;
    case WATCH_SYNC_EXEC:
        add_file(builder, rule, change);
        add_exec(builder, rule);
        return;
    }
}

static void find_gone_roots(struct builder *builder, const struct watch_change *changes,
                            size_t count)
{
    const struct watch_rules *rules = builder->rules;

    builder->root_gone = arena_array(builder->arena, rules->count, sizeof(bool));
    for (size_t r = 0; r < rules->count; r++)
        for (size_t i = 0; i < count; i++)
            if (changes[i].gone && changes[i].directory &&
                strcmp(changes[i].path, rules->items[r].path) == 0)
                builder->root_gone[r] = true;
}

void watch_rules_batch(struct arena *arena, const struct watch_rules *rules,
                       const struct watch_change *changes, size_t count,
                       struct watch_batch *ret_batch)
{
    struct builder builder = {.arena = arena, .rules = rules};

    find_gone_roots(&builder, changes, count);
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < rules->count; r++)
            if ((!changes[i].directory || watch_rule_syncs(&rules->items[r])) &&
                watch_rule_matches(&rules->items[r], changes[i].path))
                apply(&builder, &rules->items[r], &changes[i]);
    strings_sort(&builder.batch.rebuilds);
    strings_sort(&builder.batch.restarts);
    *ret_batch = builder.batch;
}

bool watch_batch_is_empty(const struct watch_batch *batch)
{
    return batch->rebuilds.count == 0 && batch->sync_count == 0 && batch->restarts.count == 0 &&
           batch->exec_count == 0;
}
