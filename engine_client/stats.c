/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/stats.h"

#include <string.h>

#include "engine_client/json_read.h"

static uint64_t unsigned_of(const cJSON *object, const char *key)
{
    int64_t value = json_read_int(object, key);

    return value > 0 ? (uint64_t)value : 0;
}

static double path_number(const cJSON *object, const char *path)
{
    const cJSON *value = json_read_path(object, path);

    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

/* Share of the time of one processor since the sample before, times the processors. */
static double cpu_percent(const cJSON *tree)
{
    double used = path_number(tree, "cpu_stats.cpu_usage.total_usage") -
                  path_number(tree, "precpu_stats.cpu_usage.total_usage");
    double passed = path_number(tree, "cpu_stats.system_cpu_usage") -
                    path_number(tree, "precpu_stats.system_cpu_usage");
    double processors = path_number(tree, "cpu_stats.online_cpus");

    if (path_number(tree, "precpu_stats.system_cpu_usage") <= 0)
        return 0;
    if (processors <= 0)
        processors =
            (double)json_read_count(json_read_path(tree, "cpu_stats.cpu_usage.percpu_usage"));
    return used > 0 && passed > 0 ? used / passed * processors * 100.0 : 0;
}

/* What is in use without the cache that can be dropped: cgroup v1 and v2 name it differently. */
static uint64_t memory_used(const cJSON *memory)
{
    static const char *const caches[] = {"total_inactive_file", "inactive_file"};
    const cJSON *details = json_read_member(memory, "stats");
    uint64_t usage = unsigned_of(memory, "usage");

    for (size_t i = 0; i < COUNT_OF(caches); i++) {
        uint64_t cache = unsigned_of(details, caches[i]);

        if (json_read_member(details, caches[i]) && cache < usage)
            return usage - cache;
    }
    return usage;
}

static void add_networks(const cJSON *networks, struct engine_stats *stats)
{
    const cJSON *network;

    cJSON_ArrayForEach(network, networks)
    {
        stats->network_received_bytes += unsigned_of(network, "rx_bytes");
        stats->network_sent_bytes += unsigned_of(network, "tx_bytes");
    }
}

static void add_blocks(const cJSON *rows, struct engine_stats *stats)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        const char *operation = json_peek_text(row, "op");

        if (operation && (*operation == 'R' || *operation == 'r'))
            stats->block_read_bytes += unsigned_of(row, "value");
        else if (operation && (*operation == 'W' || *operation == 'w'))
            stats->block_written_bytes += unsigned_of(row, "value");
    }
}

bool engine_stats_decode(struct arena *arena, struct span line, struct engine_stats *ret_stats,
                         struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(line, false, "statistics", err);
    const cJSON *memory;
    struct engine_stats stats = {0};

    if (!tree)
        return false;
    memory = json_read_member(tree, "memory_stats");
    stats.name = json_read_text(arena, tree, "name");
    stats.name += *stats.name == '/';
    stats.cpu_percent = cpu_percent(tree);
    stats.memory_bytes = memory_used(memory);
    stats.memory_limit_bytes = unsigned_of(memory, "limit");
    if (stats.memory_limit_bytes > 0)
        stats.memory_percent =
            (double)stats.memory_bytes / (double)stats.memory_limit_bytes * 100.0;
    stats.pids = unsigned_of(json_read_member(tree, "pids_stats"), "current");
    add_networks(json_read_member(tree, "networks"), &stats);
    add_blocks(json_read_path(tree, "blkio_stats.io_service_bytes_recursive"), &stats);
    *ret_stats = stats;
    return true;
}
