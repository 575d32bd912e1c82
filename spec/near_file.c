/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/near_file.h"

#include <dirent.h>
#include <string.h>
#include <strings.h>

#include "spec/base/arena.h"
#include "spec/base/error.h"
#include "spec/base/path.h"
#include "spec/base/suggest.h"

enum { MOST_ENTRIES = 1000 }; /* a hint is not worth more */

/* Called like one but for the case of its letters, or what comes behind. */
static bool looks_like_compose(const char *name)
{
    static const char *const beginnings[] = {"compose.y",        "compose.txt",
                                             "docker-compose.y", "docker-compose.txt",
                                             "docker_compose.y", "dockercompose.y"};

    for (size_t i = 0; i < COUNT_OF(beginnings); i++)
        if (strncasecmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

const char *near_file_compose(struct arena *arena, const char *directory)
{
    DIR *stream = opendir(directory);
    const char *found = NULL;

    if (!stream)
        return NULL;
    for (unsigned i = 0; i < MOST_ENTRIES; i++) {
        const struct dirent *entry = readdir(stream);

        if (!entry)
            break;
        /* The first by name, whatever the order of the directory. */
        if (looks_like_compose(entry->d_name) && (!found || strcmp(entry->d_name, found) < 0))
            found = arena_strdup(arena, entry->d_name);
    }
    (void)closedir(stream);
    return found;
}

bool near_file_hint(struct error *err, struct arena *arena, const char *path)
{
    struct suggestion near = suggestion_for(path_base(arena, path));
    DIR *stream = opendir(path_directory(arena, path));

    if (!stream)
        return false;
    for (unsigned i = 0; i < MOST_ENTRIES; i++) {
        const struct dirent *entry = readdir(stream);

        if (!entry)
            break;
        if (entry->d_name[0] != '.')
            suggestion_consider(&near, arena_strdup(arena, entry->d_name));
    }
    (void)closedir(stream);
    return near.best ? error_hint(err, "did you mean \"%s\"?", near.best) : false;
}
