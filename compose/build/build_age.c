/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/build_age.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compose/build/bake.h"
#include "engine_client/ignore.h"
#include "engine_client/instant.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/limits.h"
#include "spec/base/path.h"
#include "spec/base/strings.h"
#include "spec/model.h"

struct walk {
    struct arena *arena;
    const struct ignore *ignore;
    const char *dockerfile; /* relative to the context */
    int64_t since_ns;
    const char *context;
    const struct strings *left_out;
    size_t seen;
    struct build_age *age;
};

static bool is_newer(const struct stat *status, int64_t since_ns)
{
    return (int64_t)status->st_mtim.tv_sec * NS_PER_SECOND + status->st_mtim.tv_nsec > since_ns;
}

static void walk_directory(struct walk *walk, int directory, const char *prefix);

static void walk_entry(struct walk *walk, int directory, const char *name, const char *path)
{
    bool ignored = walk->ignore && ignore_matches(walk->ignore, path);
    struct stat status;
    int inner;

    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISDIR(status.st_mode)) {
        if (ignored && !ignore_may_hold_exceptions(walk->ignore, path))
            return;
        inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0)
            walk_directory(walk, inner, path);
    } else if (!ignored && S_ISREG(status.st_mode) && is_newer(&status, walk->since_ns) &&
               strcmp(path, walk->dockerfile) != 0 &&
               !strings_contain(walk->left_out, path_join(walk->arena, walk->context, path))) {
        walk->age->files++;
    }
}

/* Closes `directory`. */
static void walk_directory(struct walk *walk, int directory, const char *prefix)
{
    DIR *stream = fdopendir(directory);
    const struct dirent *entry;

    if (!stream) {
        (void)close(directory);
        return;
    }
    while ((entry = readdir(stream)) && !walk->age->more) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        walk->age->more = ++walk->seen > LIMIT_BUILD_AGE_FILES;
        walk_entry(walk, dirfd(stream), entry->d_name,
                   *prefix ? arena_printf(walk->arena, "%s/%s", prefix, entry->d_name)
                           : arena_strdup(walk->arena, entry->d_name));
    }
    (void)closedir(stream);
}

/* DOCKERFILE.dockerignore goes before .dockerignore. */
static const struct ignore *read_ignore(struct arena *arena, const char *context,
                                        const char *dockerfile)
{
    const char *const names[] = {arena_printf(arena, "%s.dockerignore", dockerfile),
                                 path_join(arena, context, ".dockerignore")};
    struct ignore *ignore = NULL;

    for (size_t i = 0; i < COUNT_OF(names) && !ignore; i++) {
        struct error ignored;
        struct text content;

        error_init(&ignored);
        text_init(&content, LIMIT_FILE_BYTES);
        if (file_read_whole(names[i], &content, &ignored))
            ignore = ignore_parse(arena, text_span(&content), names[i], &ignored);
        text_finish(&content);
        error_finish(&ignored);
    }
    return ignore;
}

struct build_age build_age(struct arena *arena, const struct spec_build *build, int64_t since_ns,
                           const struct strings *left_out)
{
    const char *name = build->dockerfile && *build->dockerfile ? build->dockerfile : "Dockerfile";
    struct build_age age = {0};
    struct walk walk = {
        .arena = arena,
        .dockerfile = path_clean(arena, name),
        .since_ns = since_ns,
        .context = build->context,
        .left_out = left_out,
        .age = &age,
    };
    const char *path;
    struct stat status;
    int directory;

    if (!build->context || bake_context_is_remote(build->context))
        return age;
    path = path_join(arena, build->context, name);
    if (!build->dockerfile_inline && stat(path, &status) == 0)
        age.dockerfile = is_newer(&status, since_ns);
    walk.ignore = read_ignore(arena, build->context, path);
    directory = open(build->context, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0)
        walk_directory(&walk, directory, "");
    return age;
}
