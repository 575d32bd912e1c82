/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/session/far_engine.h"

#include <string.h>
#include <unistd.h>

#include "compose/reconcile/plan.h"
#include "engine_client/endpoint.h"
#include "spec/base/text.h"
#include "spec/node.h"
#include "spec/project.h"

/* What every machine has; who binds these means the engine's own. */
static const char *const everywhere[] = {"/dev", "/etc", "/lib",     "/proc",   "/run",
                                         "/sys", "/usr", "/var/log", "/var/run"};

static bool is_everywhere(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
        size_t length = strlen(everywhere[i]);

        if (strncmp(path, everywhere[i], length) == 0 && (path[length] == '/' || !path[length]))
            return true;
    }
    return strcmp(path, "/") == 0;
}

struct check {
    const struct engine_endpoint *endpoint;
    struct warnings *warnings;
};

static void check_source(const struct check *check, const char *source,
                         const struct spec_node *node)
{
    if (source && *source && !is_everywhere(source) && access(source, F_OK) == 0)
        warnings_add(
            check->warnings, spec_node_place(node),
            "%s is on this machine, but the engine mounts what its own machine (%s) has at that path",
            source, check->endpoint->host);
}

static void check_service(const struct check *check, const struct spec_project *project,
                          const struct spec_service *service)
{
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (mount->type && strcmp(mount->type, "bind") == 0)
            check_source(check, mount->source, mount->node);
    }
    for (size_t i = 0; i < service->secrets.count; i++) {
        const struct spec_secret *secret =
            spec_project_secret(project, service->secrets.items[i]->source);

        check_source(check, secret ? secret->file : NULL, service->secrets.items[i]->node);
    }
    for (size_t i = 0; i < service->configs.count; i++) {
        const struct spec_config *config =
            spec_project_config(project, service->configs.items[i]->source);

        check_source(check, config ? config->file : NULL, service->configs.items[i]->node);
    }
}

void far_engine_check_binds(const struct engine_endpoint *endpoint,
                            const struct spec_project *project, const struct plan *plan,
                            struct warnings *warnings)
{
    struct check check = {endpoint, warnings};

    if (!engine_endpoint_is_far(endpoint))
        return;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i]->kind == STEP_CONTAINER_CREATE && plan->steps[i]->service)
            check_service(&check, project, plan->steps[i]->service);
}
