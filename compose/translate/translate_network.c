/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "compose/observe/labels.h"
#include "compose/translate/translate.h"
#include "engine_client/json_find.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/base/span.h"
#include "spec/node.h"
#include "spec/project.h"

#define INTERFACE_NAME_OPTION "com.docker.network.endpoint.ifname"

/* The engine refuses to find a name twice only when asked, below this version. */
enum { API_DUPLICATES_REFUSED = 44 };

static int64_t priority_of(const struct spec_service_network_entry *entry)
{
    return entry->value ? entry->value->priority : 0;
}

static int compare_priority(const void *left, const void *right)
{
    const struct spec_service_network_entry *a = left, *b = right;

    if (priority_of(a) != priority_of(b))
        return priority_of(a) > priority_of(b) ? -1 : 1;
    return strcmp(a->key, b->key);
}

struct strings translate_networks_in_order(struct arena *arena, const struct spec_service *service)
{
    struct strings keys = {0};
    size_t count = service->networks.count;
    struct spec_service_network_entry *sorted;

    if ((service->network_mode && *service->network_mode) || count == 0)
        return keys;
    sorted = arena_array(arena, count, sizeof(*sorted));
    memcpy(sorted, service->networks.items, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_priority);
    for (size_t i = 0; i < count; i++)
        strings_add(&keys, arena, sorted[i].key);
    return keys;
}

bool translate_network_in_body(unsigned api_minor, size_t position)
{
    return position == 0 || api_minor >= TRANSLATE_API_ENDPOINTS;
}

static const char *network_name(const struct spec_project *project, const char *key)
{
    const struct spec_network *network = spec_project_network(project, key);

    return network && network->name ? network->name : key;
}

const char *translate_network_mode(const struct translate_container *in)
{
    const struct spec_service *service = in->service;
    struct arena *arena;
    struct strings keys;
    const char *name;

    if (service->network_mode && *service->network_mode)
        return service->network_mode;
    if (in->project->networks.count == 0)
        return "none";
    arena = arena_create();
    keys = translate_networks_in_order(arena, service);
    name = network_name(in->project, keys.count > 0 ? keys.items[0] : "default");
    arena_destroy(arena);
    return name;
}

static const struct spec_service_network *endpoint_of(const struct spec_service *service,
                                                      const char *key)
{
    for (size_t i = 0; i < service->networks.count; i++)
        if (strcmp(service->networks.items[i].key, key) == 0)
            return service->networks.items[i].value;
    return NULL;
}

static bool own_address(struct arena *arena, const struct spec_service_network *endpoint, bool ipv6,
                        const char *text, const char **ret_address, struct error *err)
{
    const char *address = text && *text ? translate_address(arena, text) : "";

    if (!address || (*address && (strchr(address, ':') != NULL) != ipv6))
        return error_set_at(err, ERROR_INPUT, spec_node_place(endpoint->node),
                            "invalid %s address: %s", ipv6 ? "IPv6" : "IPv4", text);
    *ret_address = address;
    return true;
}

static bool canonical_mac(struct arena *arena, struct place place, const char **mac,
                          struct error *err)
{
    const char *text = *mac;

    if (!text || !*text)
        return true;
    *mac = translate_mac(arena, text);
    return *mac || error_set_at(err, ERROR_INPUT, place, "invalid MAC address: %s", text);
}

/* The service's own MAC address belongs to the primary network unless that has one. */
static bool mac_of(struct arena *arena, const struct translate_container *in, const char *key,
                   bool primary, const struct spec_service_network *endpoint, const char **ret_mac,
                   struct error *err)
{
    const char *own =
        endpoint && endpoint->mac_address && *endpoint->mac_address ? endpoint->mac_address : NULL;
    const char *wide =
        in->service->mac_address && *in->service->mac_address ? in->service->mac_address : NULL;

    *ret_mac = own;
    if (primary && wide) {
        if (own && strcmp(own, wide) != 0)
            return error_set_at(
                err, ERROR_INPUT, spec_node_place(endpoint->node),
                "the service-level mac_address should have the same value as network %s", key);
        *ret_mac = wide;
    }
    return canonical_mac(
        arena, spec_node_place(endpoint && own ? endpoint->node : in->service->node), ret_mac, err);
}

const char *translate_wanted_mac(struct arena *arena, const struct spec_service *service,
                                 const char *network_key)
{
    const struct spec_service_network *endpoint = endpoint_of(service, network_key);
    struct strings keys = translate_networks_in_order(arena, service);

    if (endpoint && endpoint->mac_address && *endpoint->mac_address)
        return endpoint->mac_address;
    if (keys.count > 0 && strcmp(keys.items[0], network_key) == 0 && service->mac_address &&
        *service->mac_address)
        return service->mac_address;
    return NULL;
}

static void write_aliases(struct json_writer *json, const struct translate_container *in,
                          const struct spec_service_network *endpoint)
{
    json_key(json, "Aliases");
    json_array_open(json);
    json_string(json, in->name);
    if (!in->no_service_aliases) {
        json_string(json, in->service->name);
        for (size_t i = 0; endpoint && i < endpoint->aliases.count; i++)
            json_string(json, endpoint->aliases.items[i]);
    }
    json_array_close(json);
}

static void write_driver_options(struct json_writer *json,
                                 const struct spec_service_network *endpoint)
{
    bool named = endpoint->interface_name && *endpoint->interface_name &&
                 !pairs_find(&endpoint->driver_opts, INTERFACE_NAME_OPTION);

    if (endpoint->driver_opts.count == 0 && !named)
        return;
    json_key(json, "DriverOpts");
    json_object_open(json);
    for (size_t i = 0; i < endpoint->driver_opts.count; i++)
        json_member_string(json, endpoint->driver_opts.items[i].key,
                           endpoint->driver_opts.items[i].value);
    if (named)
        json_member_string(json, INTERFACE_NAME_OPTION, endpoint->interface_name);
    json_object_close(json);
}

static bool write_addresses(struct json_writer *json, struct arena *arena,
                            const struct spec_service_network *endpoint, struct error *err)
{
    const char *ipv4 = NULL, *ipv6 = NULL;
    struct strings link_local = {0};

    if (!own_address(arena, endpoint, false, endpoint->ipv4_address, &ipv4, err) ||
        !own_address(arena, endpoint, true, endpoint->ipv6_address, &ipv6, err))
        return false;
    for (size_t i = 0; i < endpoint->link_local_ips.count; i++) {
        const char *text = endpoint->link_local_ips.items[i],
                   *address = translate_address(arena, text);

        if (!address)
            return error_set_at(err, ERROR_INPUT, spec_node_place(endpoint->node),
                                "invalid link-local address: %s", text);
        strings_add(&link_local, arena, address);
    }
    json_key(json, "IPAMConfig");
    json_object_open(json);
    translate_member(json, "IPv4Address", ipv4);
    translate_member(json, "IPv6Address", ipv6);
    translate_strings(json, "LinkLocalIPs", &link_local);
    json_object_close(json);
    translate_member(json, "IPAddress", ipv4);
    translate_member(json, "IPv6Gateway", ipv6);
    return true;
}

static bool write_endpoint(struct json_writer *json, struct arena *arena,
                           const struct translate_container *in, const char *key, bool primary,
                           struct error *err)
{
    const struct spec_service_network *endpoint = endpoint_of(in->service, key);
    const char *mac;

    if (!mac_of(arena, in, key, primary, endpoint, &mac, err))
        return false;
    if (endpoint && endpoint->interface_name && *endpoint->interface_name &&
        in->api_minor < TRANSLATE_API_INTERFACE_NAME)
        return error_set_at(err, ERROR_INPUT, spec_node_place(endpoint->node),
                            "interface_name requires Docker Engine v28.1 or later");
    json_object_open(json);
    write_aliases(json, in, endpoint);
    translate_strings(json, "Links", &in->links);
    if (endpoint && !write_addresses(json, arena, endpoint, err))
        return false;
    translate_member(json, "MacAddress", mac);
    if (endpoint) {
        write_driver_options(json, endpoint);
        translate_member_int(json, "GwPriority", endpoint->gw_priority);
    }
    json_object_close(json);
    return true;
}

bool translate_endpoints(struct json_writer *json, const struct translate_container *in,
                         struct warnings *warnings, struct error *err)
{
    const struct spec_service *service = in->service;
    struct arena *arena;
    struct strings keys;
    bool good = true;

    (void)warnings;
    if ((service->network_mode && *service->network_mode) || in->project->networks.count == 0)
        return true;
    arena = arena_create();
    keys = translate_networks_in_order(arena, service);
    if (keys.count == 0)
        strings_add(&keys, arena, "default");
    json_key(json, "NetworkingConfig");
    json_object_open(json);
    json_key(json, "EndpointsConfig");
    json_object_open(json);
    for (size_t i = 0; good && i < keys.count; i++) {
        if (!translate_network_in_body(in->api_minor, i))
            continue;
        json_key(json, network_name(in->project, keys.items[i]));
        good = write_endpoint(json, arena, in, keys.items[i], i == 0, err);
    }
    json_object_close(json);
    json_object_close(json);
    arena_destroy(arena);
    return good;
}

bool translate_connect_body(struct text *out, const struct translate_container *in,
                            const char *network_key, const char *container_id, struct error *err)
{
    struct arena *arena = arena_create();
    struct json_writer json;
    struct strings keys;
    bool good;

    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_string(&json, "Container", container_id);
    json_key(&json, "EndpointConfig");
    keys = translate_networks_in_order(arena, in->service);
    good = write_endpoint(&json, arena, in, network_key,
                          keys.count > 0 && strcmp(keys.items[0], network_key) == 0, err);
    if (good)
        json_object_close(&json);
    arena_destroy(arena);
    return good;
}

static struct span endpoint_field(struct span container, const char *network, const char *field)
{
    const char *path[] = {"NetworkSettings", "Networks", network, field};

    return engine_json_find_segments(container, path, COUNT_OF(path));
}

void translate_connect_again_body(struct text *out, struct span container, const char *network,
                                  const char *container_id)
{
    static const char *const fields[] = {"IPAMConfig", "Links", "Aliases", "DriverOpts",
                                         "GwPriority"};
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_string(&json, "Container", container_id);
    json_key(&json, "EndpointConfig");
    json_object_open(&json);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct span value = endpoint_field(container, network, fields[i]);

        if (!value.bytes)
            continue;
        json_key(&json, fields[i]);
        json_raw(&json, value.bytes, value.length);
    }
    json_object_close(&json);
    json_object_close(&json);
}

static bool pool_text(struct arena *arena, const struct spec_ipam_pool *pool, const char *what,
                      const char *text, const char *(*canonical)(struct arena *, const char *),
                      const char **ret_text, struct error *err)
{
    *ret_text = text && *text ? canonical(arena, text) : "";
    return *ret_text || error_set_at(err, ERROR_INPUT, spec_node_place(pool->node),
                                     "invalid %s: %s", what, text);
}

static bool write_pool(struct json_writer *json, struct arena *arena,
                       const struct spec_ipam_pool *pool, struct error *err)
{
    const char *subnet, *range, *gateway;
    struct pairs others = {0};

    if (!pool_text(arena, pool, "subnet", pool->subnet, translate_prefix, &subnet, err) ||
        !pool_text(arena, pool, "ip_range", pool->ip_range, translate_prefix, &range, err) ||
        !pool_text(arena, pool, "gateway address", pool->gateway, translate_address, &gateway, err))
        return false;
    for (size_t i = 0; i < pool->aux_addresses.count; i++) {
        const struct pair *entry = &pool->aux_addresses.items[i];
        const char *address;

        if (!pool_text(arena, pool, "auxiliary address", entry->value, translate_address, &address,
                       err))
            return false;
        pairs_add(&others, arena, entry->key, address);
    }
    json_object_open(json);
    translate_member(json, "Subnet", subnet);
    translate_member(json, "IPRange", range);
    translate_member(json, "Gateway", gateway);
    translate_map(json, "AuxiliaryAddresses", &others);
    json_object_close(json);
    return true;
}

static bool write_ipam(struct json_writer *json, const struct spec_ipam *ipam, struct error *err)
{
    struct arena *arena;
    bool good = true;

    if (!ipam || ((!ipam->driver || !*ipam->driver) && ipam->config.count == 0))
        return true;
    arena = arena_create();
    json_key(json, "IPAM");
    json_object_open(json);
    translate_member(json, "Driver", ipam->driver);
    if (ipam->config.count > 0) {
        json_key(json, "Config");
        json_array_open(json);
        for (size_t i = 0; good && i < ipam->config.count; i++)
            good = write_pool(json, arena, ipam->config.items[i], err);
        json_array_close(json);
    }
    json_object_close(json);
    arena_destroy(arena);
    return good;
}

static void write_resource_labels(struct json_writer *json, const struct pairs *own,
                                  const char *key_label, const char *key, const char *project,
                                  const char *hash)
{
    struct arena *arena = arena_create();
    struct pairs labels = {0};

    for (size_t i = 0; i < own->count; i++)
        pairs_add(&labels, arena, own->items[i].key, own->items[i].value);
    pairs_set(&labels, arena, key_label, key);
    pairs_set(&labels, arena, LABEL_PROJECT, project);
    pairs_set(&labels, arena, LABEL_VERSION, LABELS_COMPOSE_VERSION);
    pairs_set(&labels, arena, LABEL_CONFIG_HASH, hash);
    pairs_sort(&labels);
    translate_map(json, "Labels", &labels);
    arena_destroy(arena);
}

bool translate_network_body(struct text *out, const struct spec_project *project, const char *key,
                            const struct spec_network *network, const char *hash,
                            unsigned api_minor, struct error *err)
{
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_string(&json, "Name", network->name);
    if (api_minor < API_DUPLICATES_REFUSED)
        json_member_bool(&json, "CheckDuplicate", true);
    translate_member(&json, "Driver", network->driver);
    translate_map(&json, "Options", &network->driver_opts);
    if (!write_ipam(&json, network->ipam, err))
        return error_wrap(err, "networks.%s", key);
    translate_member_true(&json, "Internal", network->internal);
    translate_member_true(&json, "Attachable", network->attachable);
    if (network->enable_ipv4.set)
        json_member_bool(&json, "EnableIPv4", network->enable_ipv4.value);
    if (network->enable_ipv6.set)
        json_member_bool(&json, "EnableIPv6", network->enable_ipv6.value);
    write_resource_labels(&json, &network->labels, LABEL_NETWORK, key, project->name, hash);
    json_object_close(&json);
    return true;
}

void translate_volume_body(struct text *out, const struct spec_project *project, const char *key,
                           const struct spec_volume *volume, const char *hash)
{
    struct json_writer json;

    json_begin(&json, out, 0);
    json_object_open(&json);
    json_member_string(&json, "Name", volume->name);
    translate_member(&json, "Driver", volume->driver);
    translate_map(&json, "DriverOpts", &volume->driver_opts);
    write_resource_labels(&json, &volume->labels, LABEL_VOLUME, key, project->name, hash);
    json_object_close(&json);
}
