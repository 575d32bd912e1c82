/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/cli_plugin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/docker_config.h"
#include "engine_client/endpoint.h"
#include "spec/base/arena.h"
#include "spec/base/path.h"
#include "spec/base/program.h"

static const char *const system_directories[] = {
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
};

const char *cli_plugin_find(struct arena *arena, const struct docker_config *config,
                            const char *name)
{
    const char *file = arena_printf(arena, "docker-%s", name);
    struct strings directories = {0};

    if (strchr(name, '/'))
        return NULL; /* it would lead out of the directories */
    for (size_t i = 0; i < config->plugin_directories.count; i++)
        strings_add(&directories, arena, config->plugin_directories.items[i]);
    if (config->directory)
        strings_add(&directories, arena, path_join(arena, config->directory, "cli-plugins"));
    for (size_t i = 0; i < COUNT_OF(system_directories); i++)
        strings_add(&directories, arena, system_directories[i]);
    for (size_t i = 0; i < directories.count; i++) {
        const char *path = path_join(arena, directories.items[i], file);

        if (program_is(path))
            return path;
    }
    return NULL;
}

void cli_plugin_environment(struct arena *arena, const struct engine_endpoint *endpoint,
                            struct pairs *environment)
{
    pairs_set(environment, arena, "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND", NULL);
    pairs_set(environment, arena, "DOCKER_CLI_PLUGIN_SOCKET", NULL);
    if (!endpoint)
        return;
    /* A named context stays a context: buildx keeps its builders by that name. */
    if (endpoint->context && strcmp(endpoint->context, "default") != 0) {
        pairs_set(environment, arena, "DOCKER_CONTEXT", endpoint->context);
        pairs_set(environment, arena, "DOCKER_HOST", NULL);
        return;
    }
    pairs_set(environment, arena, "DOCKER_HOST", endpoint->url);
    pairs_set(environment, arena, "DOCKER_CONTEXT", NULL);
    if (endpoint->transport != ENGINE_TLS)
        return;
    pairs_set(environment, arena, "DOCKER_TLS", "1");
    if (endpoint->verify_peer)
        pairs_set(environment, arena, "DOCKER_TLS_VERIFY", "1");
    if (endpoint->ca_file)
        pairs_set(environment, arena, "DOCKER_CERT_PATH", path_directory(arena, endpoint->ca_file));
}

bool cli_plugin_version_parse(const char *text, struct cli_plugin_version *ret_version)
{
    unsigned parts[3] = {0};

    if (*text == 'v')
        text++;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (!isdigit((unsigned char)*text))
            return false;
        while (isdigit((unsigned char)*text) && parts[i] < 100000)
            parts[i] = parts[i] * 10 + (unsigned)(*text++ - '0');
        if (i + 1 < COUNT_OF(parts) && *text++ != '.')
            return false;
    }
    if (*text && !strchr("-+~.", *text))
        return false;
    *ret_version = (struct cli_plugin_version){parts[0], parts[1], parts[2]};
    return true;
}

bool cli_plugin_version_is_at_least(const struct cli_plugin_version *version, unsigned major,
                                    unsigned minor, unsigned patch)
{
    if (version->major != major)
        return version->major > major;
    if (version->minor != minor)
        return version->minor > minor;
    return version->patch >= patch;
}
