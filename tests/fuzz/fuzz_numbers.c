/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of every size where a Compose file has one: it loads or says why not, and what loads asks for no more containers
 * and ports than the limits. The first byte chooses the attribute, the rest becomes the number's digits, sign and unit.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spec/base/limits.h"
#include "spec/hash.h"
#include "spec/project.h"
#include "spec/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is around the number. */
static const struct {
    const char *before, *after;
} attributes[] = {
    {"scale: ", ""},
    {"deploy: {replicas: ", "}"},
    {"deploy: {resources: {limits: {cpus: ", "}}}"},
    {"deploy: {resources: {limits: {pids: ", "}}}"},
    {"deploy: {restart_policy: {max_attempts: ", "}}"},
    {"ports: [\"", "\"]"},
    {"ports: [{target: ", "}]"},
    {"ports: [{target: 80, published: \"", "\"}]"},
    {"expose: [\"", "\"]"},
    {"cpus: ", ""},
    {"cpu_shares: ", ""},
    {"mem_limit: ", ""},
    {"memswap_limit: ", ""},
    {"shm_size: ", ""},
    {"pids_limit: ", ""},
    {"oom_score_adj: ", ""},
    {"stop_grace_period: ", ""},
    {"ulimits: {nofile: ", "}"},
    {"healthcheck: {test: x, retries: ", "}"},
    {"healthcheck: {test: x, interval: ", "}"},
    {"blkio_config: {weight: ", "}"},
    {"tmpfs: [\"/t:size=", "\"]"},
};

static const char characters[] = "0123456789-+.eExX_:bkmgthsunKMG/ ";

static size_t write_file(char *out, size_t room, const uint8_t *data, size_t size)
{
    size_t which = data[0] % (sizeof(attributes) / sizeof(*attributes));
    char number[128];
    size_t length = 0;

    for (size_t i = 1; i < size && length + 1 < sizeof(number); i++)
        number[length++] = characters[data[i] % (sizeof(characters) - 1)];
    number[length] = '\0';
    return (size_t)snprintf(out, room, "services:\n  a:\n    image: one\n    %s%s%s\n",
                            attributes[which].before, number, attributes[which].after);
}

static void check(const struct spec_project *project)
{
    struct arena *arena = arena_create();
    struct text out;

    text_init(&out, 0);
    spec_render_yaml(&out, project);
    for (size_t i = 0; i < project->services.count; i++) {
        const struct spec_service *service = project->services.items[i].value;

        if (spec_service_scale(service) < 0 || spec_service_scale(service) > LIMIT_REPLICAS)
            abort();
        if (service->ports.count > 65536)
            abort();
        (void)spec_service_hash(arena, service, SPEC_HASH_5);
    }
    text_finish(&out);
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("compose.yaml", MFD_CLOEXEC);
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};
    struct error err = {.kind = ERROR_NONE};
    struct spec_load_options options = {
        .project_name = "fuzz",
        .project_directory = "/nonexistent/fuzz",
    };
    char path[64], file[512];
    struct spec_project *project;
    size_t length;

    if (size == 0)
        data = (const uint8_t *)"", size = 1;
    length = write_file(file, sizeof(file), data, size);
    if (fd < 0 || write(fd, file, length) != (ssize_t)length)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    strings_add(&options.files, arena, path);
    project = spec_project_load(&options, &warnings, &err);
    if (!project && !error_is_set(&err))
        abort();
    if (project)
        check(project);
    spec_project_destroy(project);
    error_finish(&err);
    arena_destroy(arena);
    close(fd);
    return 0;
}
