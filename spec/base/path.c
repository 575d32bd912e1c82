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

const char *path_relative(struct arena *arena, const char *from, const char *to)
{
    size_t same = 0, up = 0;
    char *made, *end;

    from = path_clean(arena, from);
    to = path_clean(arena, to);
    /* `same` ends up behind the last component that both have. */
    for (size_t i = 0;; i++) {
        bool from_ends = from[i] == '/' || from[i] == '\0', to_ends = to[i] == '/' || to[i] == '\0';

        if (from_ends && to_ends)
            same = i;
        if (from[i] != to[i] || !from[i])
            break;
    }
    for (const char *at = from + same; *at; at++)
        up += *at == '/' && at[1] ? 1 : 0;
    to += same;
    to += *to == '/' ? 1 : 0;
    if (up == 0 && !*to)
        return ".";
    made = end = arena_alloc(arena, up * 3 + strlen(to) + 1);
    for (; up > 0; up--)
        end = mempcpy(end, "../", 3);
    end = mempcpy(end, to, strlen(to));
    if (!*to)
        end[-1] = '\0';
    return made;
}
