/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Compose file: it loads or says why not, and what loads can be printed in every form and hashed.
 * The file is a memfd in an empty directory, so that what it includes or extends is missing.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "spec/hash.h"
#include "spec/project.h"
#include "spec/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const environment[] = {"HOME=/home/user", "TAG=v1", "EMPTY=", NULL};

static void print_everything(const struct spec_project *project)
{
    struct arena *arena = arena_create();
    struct text out;

    text_init(&out, 0);
    spec_render_yaml(&out, project);
    text_clear(&out);
    spec_render_json(&out, project);
    for (size_t i = 0; i < project->services.count; i++) {
        (void)spec_service_hash(arena, project->services.items[i].value, SPEC_HASH_5);
        (void)spec_service_hash(arena, project->services.items[i].value, SPEC_HASH_2);
    }
    text_finish(&out);
    arena_destroy(arena);
}

static void load(const char *path, bool plain)
{
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};
    struct error err = {.kind = ERROR_NONE};
    struct spec_load_options options = {
        .project_name = "fuzz",
        .project_directory = "/nonexistent/fuzz",
        .environment = environment,
        .no_interpolate = plain,
        .no_normalize = plain,
        .no_consistency = plain,
    };
    struct spec_project *project;

    strings_add(&options.files, arena, path);
    project = spec_project_load(&options, &warnings, &err);
    if (!project && !error_is_set(&err))
        abort();
    if (project && !plain && spec_project_read_service_files(project, &warnings, &err))
        print_everything(project);
    spec_project_destroy(project);
    error_finish(&err);
    arena_destroy(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("compose.yaml", MFD_CLOEXEC);
    char path[64];

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    load(path, false);
    load(path, true);
    close(fd);
    return 0;
}
