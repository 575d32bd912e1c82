/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/translate.h"
#include "spec/node.h"
#include "spec/project.h"

/* What an engine of this API version takes without complaint and without effect. Source: Engine API version history. */

static struct place member_place(const struct spec_node *node, const char *name)
{
    const struct spec_node *value = spec_node_get(node, name);

    return spec_node_place(value ? value : node);
}

static void need(struct warnings *warnings, unsigned api_minor, unsigned minimum, struct place place,
                 const char *service, const char *attribute)
{
    if (api_minor < minimum)
        warnings_add(warnings, place,
                     "services.%s.%s needs Engine API 1.%u, this engine speaks 1.%u: it has no effect", service,
                     attribute, minimum, api_minor);
}

static void check_endpoints(const struct spec_service *service, unsigned api, struct warnings *warnings)
{
    for (size_t i = 0; i < service->networks.count; i++) {
        const struct spec_service_network *endpoint = service->networks.items[i].value;

        if (!endpoint)
            continue;
        if (endpoint->gw_priority)
            need(warnings, api, 48, member_place(endpoint->node, "gw_priority"), service->name,
                 "networks.gw_priority");
        if (endpoint->mac_address && *endpoint->mac_address)
            need(warnings, api, 44, member_place(endpoint->node, "mac_address"), service->name,
                 "networks.mac_address");
    }
}

static void check_mounts(const struct spec_service *service, unsigned api, struct warnings *warnings)
{
    for (size_t i = 0; i < service->volumes.count; i++) {
        const struct spec_mount *mount = service->volumes.items[i];

        if (mount->volume && mount->volume->subpath && *mount->volume->subpath)
            need(warnings, api, 45, member_place(mount->node, "volume"), service->name, "volumes.volume.subpath");
        if (mount->bind && mount->bind->recursive && *mount->bind->recursive)
            need(warnings, api, 44, member_place(mount->node, "bind"), service->name, "volumes.bind.recursive");
    }
}

void translate_unsupported(const struct spec_project *project, const struct spec_service *service,
                           unsigned api_minor, struct warnings *warnings)
{
    const struct spec_healthcheck *check = service->healthcheck;

    (void)project;
    if (service->annotations.count > 0)
        need(warnings, api_minor, 43, member_place(service->node, "annotations"), service->name, "annotations");
    if (check && check->start_interval.set)
        need(warnings, api_minor, 44, member_place(check->node, "start_interval"), service->name,
             "healthcheck.start_interval");
    if (service->mac_address && *service->mac_address)
        need(warnings, api_minor, 44, member_place(service->node, "mac_address"), service->name, "mac_address");
    if (service->credential_spec)
        warnings_add(warnings, member_place(service->node, "credential_spec"),
                     "services.%s.credential_spec is for Windows containers: it has no effect", service->name);
    check_endpoints(service, api_minor, warnings);
    check_mounts(service, api_minor, warnings);
}
