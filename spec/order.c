/* SPDX-License-Identifier: Apache-2.0 */
/* Services in order of their dependencies, and cycles among them. */
#include <stdlib.h>
#include <string.h>

#include "spec/base/limits.h"

#include "spec/base/text.h"
#include "spec/consistency.h"
#include "spec/node.h"

enum visit { UNSEEN, OPEN, DONE };

/* A depth-first walk with a stack of its own: chains may be as long as the project. */
struct frame {
    size_t service;
    size_t next; /* dependency to look at */
};

struct walk {
    const struct spec_project *project;
    enum visit *state;
    struct frame *stack;
    size_t depth;
    struct spec_service_list order;
};

static size_t position_of(const struct spec_project *project, const char *name)
{
    size_t low = 0, high = project->services.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(project->services.items[middle].key, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < project->services.count && strcmp(project->services.items[low].key, name) == 0)
        return low;
    return SIZE_MAX;
}

static void enter(struct walk *walk, size_t service)
{
    walk->state[service] = OPEN;
    walk->stack[walk->depth++] = (struct frame){.service = service};
}

static bool report_cycle(const struct walk *walk, size_t again, struct error *err)
{
    const struct spec_service_map *services = &walk->project->services;
    struct text path;
    size_t start = 0;

    text_init(&path, LIMIT_MESSAGE_BYTES);
    while (walk->stack[start].service != again)
        start++;
    for (size_t i = start; i < walk->depth; i++)
        text_addf(&path, "%s -> ", services->items[walk->stack[i].service].key);
    (void)error_set_at(
        err, ERROR_INPUT,
        spec_node_place(spec_node_get(services->items[again].value->node, "depends_on")),
        "dependency cycle detected: %s%s", path.bytes, services->items[again].key);
    text_finish(&path);
    return false;
}

/* One step of the service on top of the stack. False when it closes a cycle and `err` is given. */
static bool step(struct walk *walk, struct error *err)
{
    struct frame *top = &walk->stack[walk->depth - 1];
    struct spec_service *service = walk->project->services.items[top->service].value;
    size_t dependency;

    if (top->next == service->depends_on.count) {
        walk->state[top->service] = DONE;
        walk->order.items[walk->order.count++] = service;
        walk->depth--;
        return true;
    }
    dependency = position_of(walk->project, service->depends_on.items[top->next++].key);
    if (dependency == SIZE_MAX || walk->state[dependency] == DONE)
        return true;
    if (walk->state[dependency] == OPEN)
        return err ? report_cycle(walk, dependency, err) : true;
    enter(walk, dependency);
    return true;
}

static bool walk_all(struct walk *walk, struct error *err)
{
    size_t count = walk->project->services.count;

    walk->state = xcalloc(count + 1, sizeof(*walk->state));
    walk->stack = xcalloc(count + 1, sizeof(*walk->stack));
    for (size_t i = 0; i < count; i++) {
        if (walk->state[i] == UNSEEN)
            enter(walk, i);
        while (walk->depth > 0)
            if (!step(walk, err))
                return false;
    }
    return true;
}

static void walk_finish(struct walk *walk)
{
    free(walk->state);
    free(walk->stack);
}

bool spec_dependency_cycle_check(const struct spec_project *project, struct error *err)
{
    struct arena *scratch = arena_create();
    struct walk walk = {.project = project};
    bool good;

    walk.order.items = arena_array(scratch, project->services.count + 1, sizeof(*walk.order.items));
    good = walk_all(&walk, err);
    walk_finish(&walk);
    arena_destroy(scratch);
    return good;
}

struct spec_service_list spec_project_services_in_order(const struct spec_project *project)
{
    struct walk walk = {.project = project};

    walk.order.capacity = project->services.count + 1;
    walk.order.items =
        arena_array(project->load->arena, walk.order.capacity, sizeof(*walk.order.items));
    (void)walk_all(&walk,
                   NULL); /* cycles were refused before; without that check each is cut somewhere */
    walk_finish(&walk);
    return walk.order;
}
