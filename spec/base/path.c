/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/base/path.h"

#include <string.h>

#include "spec/base/arena.h"

/* The element of length `length` at `at` is ".." */
static bool is_parent(const char *at, size_t length)
{
    return length == 2 && at[0] == '.' && at[1] == '.';
}

const char *path_clean(struct arena *arena, const char *path)
{
    bool rooted = path[0] == '/';
    char *made = arena_alloc(arena, strlen(path) + 2), *end = made, *fixed;

    if (rooted)
        *end++ = '/';
    fixed = end; /* nothing before this is taken back by ".." */
    for (const char *at = path; *at;) {
        size_t length = strcspn(at, "/");

        if (is_parent(at, length) && end > fixed) {
            while (end > fixed && end[-1] != '/')
                end--;
            if (end > fixed)
                end--;
        } else if (is_parent(at, length) && rooted) {
            /* above the root is the root */
        } else if (length > 0 && !(length == 1 && at[0] == '.')) {
            if (end > made && end[-1] != '/')
                *end++ = '/';
            end = mempcpy(end, at, length);
            if (is_parent(at, length))
                fixed = end;
        }
        at += length;
        while (*at == '/')
            at++;
    }
    if (end == made)
        *end++ = '.';
    *end = '\0';
    return made;
}

const char *path_join(struct arena *arena, const char *directory, const char *path)
{
    if (path_is_absolute(path) || directory[0] == '\0')
        return path_clean(arena, path);
    return path_clean(arena, arena_printf(arena, "%s/%s", directory, path));
}

const char *path_directory(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return path_clean(arena, arena_strndup(arena, path, (size_t)(slash - path) + 1));
}

const char *path_base(struct arena *arena, const char *path)
{
    size_t end = strlen(path), start;

    if (end == 0)
        return ".";
    while (end > 1 && path[end - 1] == '/')
        end--;
    start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return start == end ? "/" : arena_strndup(arena, path + start, end - start);
}
