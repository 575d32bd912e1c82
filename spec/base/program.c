/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/base/arena.h"
#include "spec/base/path.h"

/* Where the system looks without PATH. */
#define DEFAULT_PATH "/bin:/usr/bin"

bool program_is(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

const char *program_find(struct arena *arena, const char *name)
{
    const char *at = getenv("PATH");

    if (strchr(name, '/'))
        return program_is(name) ? arena_strdup(arena, name) : NULL;
    if (!*name)
        return NULL;
    for (at = at ? at : DEFAULT_PATH; *at;) {
        size_t length = strcspn(at, ":");
        const char *path = path_join(arena, arena_strndup(arena, at, length), name);

        if (*at == '/' && program_is(path))
            return path;
        at += length + (at[length] == ':');
    }
    return NULL;
}
