/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/reconcile/reconcile_claims.h"

#include <string.h>
#include <strings.h>

#include "compose/translate/translate.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/base/number.h"
#include "spec/project.h"

enum { DEEPEST_VOLUMES_FROM = 32 };

static bool has_text(const char *text)
{
    return text && *text;
}

static bool is_device_path(const char *path)
{
    return path && text_starts_with(path, "/dev/");
}

/* -- What is claimed -- */

static void add_mount(struct reconcile *r, struct claims *claims, struct claim_mount mount)
{
    claims->mounts = arena_grow(r->arena, claims->mounts, &claims->mount_capacity,
                                claims->mount_count + 1, sizeof(*claims->mounts));
    claims->mounts[claims->mount_count++] = mount;
    claims->devices = claims->devices || is_device_path(mount.path);
}

/* Two volumes may be one folder, share or disk of the host: that is their option `device`. */
static const char *device_of_model(const struct spec_volume *volume)
{
    const struct pair *device = volume ? pairs_find(&volume->driver_opts, "device") : NULL;

    return device && has_text(device->value) ? device->value : NULL;
}

static void add_mounts_of(struct reconcile *r, struct claims *claims,
                          const struct spec_service *model, unsigned depth)
{
    for (size_t i = 0; i < model->volumes.count; i++) {
        const struct spec_mount *mount = model->volumes.items[i];
        const char *type = mount->type ? mount->type : "";
        const struct spec_volume *volume;

        if (!has_text(mount->source))
            continue;
        if (strcmp(type, "bind") == 0)
            add_mount(r, claims,
                      (struct claim_mount){.path = mount->source, .writes = !mount->read_only});
        if (strcmp(type, "volume") != 0 && strcmp(type, "cluster") != 0)
            continue;
        volume = spec_project_volume(r->project, mount->source);
        add_mount(r, claims,
                  (struct claim_mount){.volume = volume ? volume->name : mount->source,
                                       .path = device_of_model(volume),
                                       .writes = !mount->read_only});
    }
    for (size_t i = 0; depth < DEEPEST_VOLUMES_FROM && i < model->volumes_from.count; i++) {
        const char *from = model->volumes_from.items[i];
        const char *name = arena_strndup(r->arena, from, strcspn(from, ":"));
        const struct spec_service *other = spec_project_service(r->project, name);

        if (other)
            add_mounts_of(r, claims, other, depth + 1);
    }
}

/* Anonymous volumes that it takes over. */
static void add_carried(struct reconcile *r, struct claims *claims,
                        const struct reconcile_service *service)
{
    for (size_t i = 0; i < service->slot_count; i++) {
        const struct step *made = service->slots[i].id.from;

        for (size_t j = 0; made && made->create && j < made->create->carried_count; j++)
            add_mount(r, claims,
                      (struct claim_mount){.volume = made->create->carried[j].volume,
                                           .writes = !made->create->carried[j].read_only});
    }
}

static const char *joined_container(struct reconcile *r, const struct reconcile_service *service)
{
    const char *mode = reconcile_model(service)->network_mode;

    if (!mode)
        return NULL;
    if (text_starts_with(mode, "service:")) {
        const struct pair *id = pairs_find(&service->references, mode + strlen("service:"));

        return id ? id->value : NULL;
    }
    if (!text_starts_with(mode, "container:"))
        return NULL;
    mode += strlen("container:");
    for (size_t i = 0; i < r->observed->container_count; i++)
        if (strcmp(r->observed->containers[i].name, mode) == 0)
            return r->observed->containers[i].id;
    return mode;
}

struct claims reconcile_claims(struct reconcile *r, const struct reconcile_service *service)
{
    const struct spec_service *model = reconcile_model(service);
    struct claims claims = {.model = model};

    for (size_t i = 0; i < model->ports.count; i++)
        claims.publishes = claims.publishes || has_text(model->ports.items[i]->published);
    claims.has_address = has_text(model->mac_address);
    for (size_t i = 0; i < model->networks.count; i++) {
        const struct spec_service_network *network = model->networks.items[i].value;

        claims.has_address = claims.has_address || (network && (has_text(network->ipv4_address) ||
                                                                has_text(network->ipv6_address) ||
                                                                has_text(network->mac_address)));
    }
    claims.host_network = model->network_mode && strcmp(model->network_mode, "host") == 0;
    claims.devices =
        model->devices.count > 0 || model->gpus.count > 0 ||
        (model->deploy && model->deploy->resources && model->deploy->resources->reservations &&
         model->deploy->resources->reservations->devices.count > 0);
    claims.joins_id = joined_container(r, service);
    add_mounts_of(r, &claims, model, 0);
    add_carried(r, &claims, service);
    return claims;
}

/* -- Ports -- */

static bool is_any_address(const char *address)
{
    return !has_text(address) || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

static bool addresses_overlap(struct arena *arena, const char *a, const char *b)
{
    const char *left, *right;

    if (is_any_address(a) || is_any_address(b))
        return true;
    left = translate_address(arena, a);
    right = translate_address(arena, b);
    return strcmp(left ? left : a, right ? right : b) == 0;
}

/* "8080" or "8000-8010"; what cannot be read overlaps with everything. */
static bool is_in_range(const char *published, uint16_t port)
{
    size_t digits = strcspn(published, "-");
    uint64_t low, high;

    if (!number_parse_digits(published, digits, 10, &low))
        return true;
    high = low;
    if (published[digits] == '-' &&
        !number_parse_digits(published + digits + 1, strlen(published + digits + 1), 10, &high))
        return true;
    return port >= low && port <= high;
}

static bool port_overlaps(struct arena *arena, const struct spec_port *claim,
                          const struct engine_port *used)
{
    const char *protocol = has_text(claim->protocol) ? claim->protocol : "tcp";

    return has_text(claim->published) && used->host_port != 0 &&
           strcasecmp(protocol, has_text(used->protocol) ? used->protocol : "tcp") == 0 &&
           is_in_range(claim->published, used->host_port) &&
           addresses_overlap(arena, claim->host_ip, used->host_ip);
}

static bool is_on_host_network(const struct observed_container *container)
{
    return strcmp(container->entry->network_mode, "host") == 0 ||
           reconcile_endpoint(container, "host") != NULL;
}

static bool publishes(const struct observed_container *container)
{
    for (size_t i = 0; i < container->entry->port_count; i++)
        if (container->entry->ports[i].host_port != 0)
            return true;
    return false;
}

/* What listens in the host's network namespace is not listed: any port may be in use. */
static bool ports_overlap(struct reconcile *r, const struct claims *claims,
                          const struct observed_container *container)
{
    const struct spec_port_list *ports = &claims->model->ports;
    bool on_host = is_on_host_network(container);

    if (claims->host_network)
        return on_host || publishes(container);
    if (on_host && claims->publishes)
        return true;
    for (size_t i = 0; i < ports->count; i++)
        for (size_t j = 0; j < container->entry->port_count; j++)
            if (port_overlaps(r->arena, ports->items[i], &container->entry->ports[j]))
                return true;
    return false;
}

/* -- Addresses and namespaces -- */

static bool is_address(struct arena *arena, const char *claim, const char *used)
{
    return has_text(claim) && has_text(used) && !is_any_address(claim) && !is_any_address(used) &&
           addresses_overlap(arena, claim, used);
}

static bool is_mac(const char *claim, const char *used)
{
    return has_text(claim) && has_text(used) && strcasecmp(claim, used) == 0;
}

static bool network_addresses_overlap(struct reconcile *r, const struct claims *claims,
                                      const struct observed_container *container)
{
    const struct spec_service *model = claims->model;

    for (size_t i = 0; i < model->networks.count; i++) {
        const struct spec_service_network *claim = model->networks.items[i].value;
        const struct spec_network *network =
            spec_project_network(r->project, model->networks.items[i].key);
        const struct engine_container_network *used =
            network ? reconcile_endpoint(container, network->name) : NULL;

        if (!used)
            continue;
        if (is_mac(model->mac_address, used->mac_address) ||
            (claim && (is_mac(claim->mac_address, used->mac_address) ||
                       is_address(r->arena, claim->ipv4_address, used->ipv4) ||
                       is_address(r->arena, claim->ipv4_address, used->ipv4_wanted) ||
                       is_address(r->arena, claim->ipv6_address, used->ipv6) ||
                       is_address(r->arena, claim->ipv6_address, used->ipv6_wanted))))
            return true;
    }
    return false;
}

static bool namespace_is_shared(const struct claims *claims,
                                const struct observed_container *container)
{
    const char *mode = container->entry->network_mode;

    return claims->joins_id && text_starts_with(mode, "container:") &&
           strcmp(mode + strlen("container:"), claims->joins_id) == 0;
}

/* -- Volumes and paths -- */

static const char *device_of_volume(struct reconcile *r, const char *name)
{
    const struct engine_volume *volume =
        has_text(name) ? observed_volume_named(r->observed, name) : NULL;
    struct span device =
        volume ? engine_json_find(volume->raw, "Options.device") : (struct span){0};

    return device.bytes ? engine_json_text(r->arena, device) : NULL;
}

static size_t path_length(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

enum overlap { APART, NESTED, SAME };

static enum overlap compare_paths(const char *a, const char *b)
{
    size_t a_length = path_length(a), b_length = path_length(b);
    size_t shorter = a_length < b_length ? a_length : b_length;
    const char *longer = a_length < b_length ? b : a;

    if (strncmp(a, b, shorter) != 0)
        return APART;
    if (a_length == b_length)
        return SAME;
    return *a == '/' && (shorter == 1 || longer[shorter] == '/') ? NESTED : APART;
}

/* Two readers share; of two paths, one inside the other, both must be written. */
static bool mount_overlaps(struct reconcile *r, const struct claim_mount *claim,
                           const struct engine_mount *used)
{
    const char *path;
    enum overlap overlap;

    if (!claim->writes && !used->writable)
        return false;
    if (claim->volume && strcmp(claim->volume, used->name) == 0)
        return true;
    if (!claim->path)
        return false;
    path = strcmp(used->type, "bind") == 0 ? used->source : device_of_volume(r, used->name);
    if (!has_text(path))
        return false;
    overlap = compare_paths(claim->path, path);
    return overlap == SAME || (overlap == NESTED && claim->writes && used->writable);
}

static bool mounts_overlap(struct reconcile *r, const struct claims *claims,
                           const struct observed_container *container)
{
    for (size_t i = 0; i < claims->mount_count; i++)
        for (size_t j = 0; j < container->entry->mount_count; j++)
            if (mount_overlaps(r, &claims->mounts[i], &container->entry->mounts[j]))
                return true;
    return false;
}

bool reconcile_claims_overlap(struct reconcile *r, const struct claims *claims,
                              const struct observed_container *container)
{
    bool unlisted = container->entry->state == ENGINE_STATE_RESTARTING;

    return claims->devices ||
           (unlisted && (claims->publishes || claims->host_network || claims->has_address)) ||
           ports_overlap(r, claims, container) || network_addresses_overlap(r, claims, container) ||
           namespace_is_shared(claims, container) || mounts_overlap(r, claims, container);
}
