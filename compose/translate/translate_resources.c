/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "compose/translate/translate.h"
#include "spec/base/arena.h"
#include "spec/base/json_writer.h"
#include "spec/project.h"

/* Multiplied as 32-bit floats, as the reference does: 0.1 CPUs are 100000001 there. */
static int64_t nano_cpus(float cpus)
{
    return (int64_t)(cpus * 1e9f);
}

static void write_blkio_limits(struct json_writer *json, const char *key,
                               const struct spec_blkio_limit_list *limits)
{
    if (limits->count == 0)
        return;
    json_key(json, key);
    json_array_open(json);
    for (size_t i = 0; i < limits->count; i++) {
        json_object_open(json);
        json_member_string(json, "Path", limits->items[i]->path ? limits->items[i]->path : "");
        json_member_int(json, "Rate", limits->items[i]->rate);
        json_object_close(json);
    }
    json_array_close(json);
}

static void write_blkio(struct json_writer *json, const struct spec_blkio_config *blkio)
{
    if (!blkio)
        return;
    translate_member_int(json, "BlkioWeight", blkio->weight);
    if (blkio->weight_device.count > 0) {
        json_key(json, "BlkioWeightDevice");
        json_array_open(json);
        for (size_t i = 0; i < blkio->weight_device.count; i++) {
            const struct spec_blkio_weight *device = blkio->weight_device.items[i];

            json_object_open(json);
            json_member_string(json, "Path", device->path ? device->path : "");
            json_member_int(json, "Weight", device->weight);
            json_object_close(json);
        }
        json_array_close(json);
    }
    write_blkio_limits(json, "BlkioDeviceReadBps", &blkio->device_read_bps);
    write_blkio_limits(json, "BlkioDeviceReadIOps", &blkio->device_read_iops);
    write_blkio_limits(json, "BlkioDeviceWriteBps", &blkio->device_write_bps);
    write_blkio_limits(json, "BlkioDeviceWriteIOps", &blkio->device_write_iops);
}

/* A letter (or, of a name, a digit) first, a letter or digit last, between them also some others. */
static bool is_cdi_part(const char *text, size_t length, bool digit_first, const char *others)
{
    if (length == 0 || !isalnum((unsigned char)text[length - 1]) ||
        !(digit_first ? isalnum((unsigned char)text[0]) : isalpha((unsigned char)text[0])))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(others, text[i]))
            return false;
    return true;
}

/* VENDOR/CLASS=NAME. Source: Container Device Interface specification, "fully qualified name". */
static bool is_cdi_name(const char *name)
{
    const char *slash = strchr(name, '/'), *equals = strchr(name, '=');

    return slash && equals && slash < equals &&
           is_cdi_part(name, (size_t)(slash - name), false, "_-.") &&
           is_cdi_part(slash + 1, (size_t)(equals - slash - 1), false, "_-.") &&
           is_cdi_part(equals + 1, strlen(equals + 1), true, "_-.:");
}

static bool is_cdi_device(const struct spec_device *device)
{
    return device->source && device->target && strcmp(device->source, device->target) == 0 &&
           is_cdi_name(device->source);
}

static void write_devices(struct json_writer *json, const struct spec_device_list *devices)
{
    bool open = false;

    for (size_t i = 0; i < devices->count; i++) {
        const struct spec_device *device = devices->items[i];

        if (is_cdi_device(device))
            continue;
        if (!open) {
            json_key(json, "Devices");
            json_array_open(json);
            open = true;
        }
        json_object_open(json);
        json_member_string(json, "PathOnHost", device->source ? device->source : "");
        json_member_string(json, "PathInContainer", device->target ? device->target : "");
        json_member_string(json, "CgroupPermissions",
                           device->permissions ? device->permissions : "");
        json_object_close(json);
    }
    if (open)
        json_array_close(json);
}

static void write_device_request(struct json_writer *json,
                                 const struct spec_device_request *request,
                                 const char *further_capability)
{
    json_object_open(json);
    translate_member(json, "Driver", request->driver);
    translate_member_int(json, "Count", request->count);
    translate_strings(json, "DeviceIDs", &request->device_ids);
    json_key(json, "Capabilities");
    json_array_open(json);
    json_array_open(json);
    for (size_t i = 0; i < request->capabilities.count; i++)
        json_string(json, request->capabilities.items[i]);
    if (further_capability)
        json_string(json, further_capability);
    json_array_close(json);
    json_array_close(json);
    translate_map(json, "Options", &request->options);
    json_object_close(json);
}

static size_t count_cdi_devices(const struct spec_device_list *devices)
{
    size_t count = 0;

    for (size_t i = 0; i < devices->count; i++)
        count += is_cdi_device(devices->items[i]);
    return count;
}

static void write_device_requests(struct json_writer *json, const struct spec_service *service,
                                  const struct spec_resource_reservations *reservations)
{
    size_t reserved = reservations ? reservations->devices.count : 0;
    size_t cdi = count_cdi_devices(&service->devices);

    if (reserved + cdi + service->gpus.count == 0)
        return;
    json_key(json, "DeviceRequests");
    json_array_open(json);
    for (size_t i = 0; i < reserved; i++)
        write_device_request(json, reservations->devices.items[i], NULL);
    if (cdi > 0) {
        json_object_open(json);
        json_member_string(json, "Driver", "cdi");
        json_key(json, "DeviceIDs");
        json_array_open(json);
        for (size_t i = 0; i < service->devices.count; i++)
            if (is_cdi_device(service->devices.items[i]))
                json_string(json, service->devices.items[i]->source);
        json_array_close(json);
        json_object_close(json);
    }
    for (size_t i = 0; i < service->gpus.count; i++)
        write_device_request(json, service->gpus.items[i], "gpu");
    json_array_close(json);
}

static void write_ulimits(struct json_writer *json, const struct spec_ulimit_map *ulimits)
{
    if (ulimits->count == 0)
        return;
    json_key(json, "Ulimits");
    json_array_open(json);
    for (size_t i = 0; i < ulimits->count; i++) {
        const struct spec_ulimit *limit = ulimits->items[i].value;

        json_object_open(json);
        json_member_string(json, "Name", ulimits->items[i].key);
        json_member_int(json, "Soft", limit->single ? limit->single : limit->soft);
        json_member_int(json, "Hard", limit->single ? limit->single : limit->hard);
        json_object_close(json);
    }
    json_array_close(json);
}

static void write_cpu(struct json_writer *json, const struct spec_service *service,
                      const struct spec_resource_limits *limits)
{
    translate_member_int(json, "CpuShares", service->cpu_shares);
    translate_member_int(json, "NanoCpus",
                         nano_cpus(limits && limits->cpus > 0 ? limits->cpus : service->cpus));
    translate_member_int(json, "CpuPeriod", service->cpu_period);
    translate_member_int(json, "CpuQuota", service->cpu_quota);
    translate_member_int(json, "CpuRealtimePeriod", service->cpu_rt_period);
    translate_member_int(json, "CpuRealtimeRuntime", service->cpu_rt_runtime);
    translate_member(json, "CpusetCpus", service->cpuset);
    translate_member_int(json, "CpuCount", service->cpu_count);
    translate_member_int(json, "CpuPercent", (int64_t)(service->cpu_percent * 100));
}

void translate_resources(struct json_writer *json, const struct spec_service *service)
{
    const struct spec_resources *resources = service->deploy ? service->deploy->resources : NULL;
    const struct spec_resource_limits *limits = resources ? resources->limits : NULL;
    const struct spec_resource_reservations *reservations =
        resources ? resources->reservations : NULL;
    int64_t memory = limits && limits->memory ? limits->memory : service->mem_limit;
    int64_t reserved =
        reservations && reservations->memory ? reservations->memory : service->mem_reservation;

    write_cpu(json, service, limits);
    translate_member(json, "CgroupParent", service->cgroup_parent);
    translate_member_int(json, "Memory", memory);
    translate_member_int(json, "MemorySwap", service->memswap_limit);
    translate_member_int(json, "MemorySwappiness", service->mem_swappiness);
    translate_member_int(json, "MemoryReservation", reserved);
    json_member_bool(json, "OomKillDisable", service->oom_kill_disable);
    translate_member_int(json, "PidsLimit",
                         limits && limits->pids > 0 ? limits->pids : service->pids_limit);
    translate_strings(json, "DeviceCgroupRules", &service->device_cgroup_rules);
    write_blkio(json, service->blkio_config);
    write_devices(json, &service->devices);
    write_device_requests(json, service, reservations);
    write_ulimits(json, &service->ulimits);
}
