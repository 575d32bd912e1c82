/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_client/system.h"

#include <string.h>

#include "engine_client/json_read.h"

bool engine_version_decode(struct arena *arena, struct span body,
                           struct engine_version *ret_version, struct error *err)
{
    CLEANUP(json_read_finish) cJSON *tree = json_read_tree(body, false, "version", err);
    const cJSON *components;

    if (!tree)
        return false;
    components = json_read_member(tree, "Components");
    *ret_version = (struct engine_version){
        .version = json_read_text(arena, tree, "Version"),
        .api_version = json_read_text(arena, tree, "ApiVersion"),
        .minimum_api_version = json_read_text(arena, tree, "MinAPIVersion"),
        .git_commit = json_read_text(arena, tree, "GitCommit"),
        .os = json_read_text(arena, tree, "Os"),
        .architecture = json_read_text(arena, tree, "Arch"),
        .kernel = json_read_text(arena, tree, "KernelVersion"),
        .product = json_read_text(arena, cJSON_GetArrayItem(components, 0), "Name"),
    };
    return true;
}

static bool is_rootless(const struct strings *options)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i], "name=rootless") == 0)
            return true;
    return false;
}

bool engine_info_decode(struct arena *arena, struct span body, struct engine_info *ret_info,
                        struct error *err)
{
    CLEANUP(json_read_finish)
    cJSON *tree = json_read_tree(body, false, "description of itself", err);
    const cJSON *swarm;
    struct engine_info info;

    if (!tree)
        return false;
    swarm = json_read_member(tree, "Swarm");
    info = (struct engine_info){
        .id = json_read_text(arena, tree, "ID"),
        .name = json_read_text(arena, tree, "Name"),
        .server_version = json_read_text(arena, tree, "ServerVersion"),
        .operating_system = json_read_text(arena, tree, "OperatingSystem"),
        .os_type = json_read_text(arena, tree, "OSType"),
        .architecture = json_read_text(arena, tree, "Architecture"),
        .kernel = json_read_text(arena, tree, "KernelVersion"),
        .driver = json_read_text(arena, tree, "Driver"),
        .logging_driver = json_read_text(arena, tree, "LoggingDriver"),
        .cgroup_driver = json_read_text(arena, tree, "CgroupDriver"),
        .cgroup_version = json_read_text(arena, tree, "CgroupVersion"),
        .root_directory = json_read_text(arena, tree, "DockerRootDir"),
        .default_runtime = json_read_text(arena, tree, "DefaultRuntime"),
        .swarm_state = json_read_text(arena, swarm, "LocalNodeState"),
        .swarm_manager = json_read_bool(swarm, "ControlAvailable"),
        .runtimes = json_read_keys(arena, json_read_member(tree, "Runtimes")),
        .security_options = json_read_strings(arena, json_read_member(tree, "SecurityOptions")),
        .warnings = json_read_strings(arena, json_read_member(tree, "Warnings")),
        .memory_limit = json_read_bool(tree, "MemoryLimit"),
        .swap_limit = json_read_bool(tree, "SwapLimit"),
        .cpu_quota = json_read_bool(tree, "CpuCfsQuota") || json_read_bool(tree, "CPUCfsQuota"),
        .pids_limit = json_read_bool(tree, "PidsLimit"),
        .cpus = json_read_int(tree, "NCPU"),
        .memory_bytes = json_read_int(tree, "MemTotal"),
        .containers = json_read_int(tree, "Containers"),
        .images = json_read_int(tree, "Images"),
        .raw = json_read_raw(arena, body),
    };
    info.rootless = is_rootless(&info.security_options);
    *ret_info = info;
    return true;
}
