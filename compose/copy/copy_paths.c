/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/copy/copy_paths.h"

#include <string.h>

#include "spec/base/arena.h"
#include "spec/base/span.h"
#include "spec/base/text.h"

struct copy_argument copy_argument_parse(struct arena *arena, const char *text)
{
    const char *colon = strchr(text, ':');

    if (text[0] == '/' || text[0] == '.' || !colon)
        return (struct copy_argument){.path = text};
    return (struct copy_argument){
        .service = arena_strndup(arena, text, (size_t)(colon - text)),
        .path = colon + 1,
    };
}

/* Take the last name off `made`, unless there is none or it is ".." itself. */
static bool drop_last(struct text *made, bool absolute)
{
    size_t root = absolute ? 1 : 0;
    size_t start = made->length;

    while (start > root && made->bytes[start - 1] != '/')
        start--;
    if (made->length == root || strcmp(made->bytes + start, "..") == 0)
        return false;
    text_truncate(made, start > root ? start - 1 : root);
    return true;
}

const char *copy_clean_path(struct arena *arena, const char *path)
{
    bool absolute = path[0] == '/';
    struct text made;
    const char *clean;

    text_init(&made, 0);
    if (absolute)
        text_add_char(&made, '/');
    for (const char *at = path; *at;) {
        size_t length = strcspn(at, "/");
        bool is_up = length == 2 && memcmp(at, "..", 2) == 0;

        if (length > 0 && !(length == 1 && at[0] == '.') &&
            !(is_up && (drop_last(&made, absolute) || absolute))) {
            if (made.length > (absolute ? 1U : 0U))
                text_add_char(&made, '/');
            text_add_bytes(&made, at, length);
        }
        at += length + (at[length] == '/');
    }
    clean = arena_strdup(arena, made.length > 0 ? made.bytes : ".");
    text_finish(&made);
    return clean;
}

static bool is_current(const char *path)
{
    return strcmp(path, ".") == 0 || text_ends_with(path, "/.");
}

bool copy_path_is_open(const char *path)
{
    return text_ends_with(path, "/") || is_current(path);
}

const char *copy_absolute_path(struct arena *arena, const char *working_dir, const char *path)
{
    const char *clean = copy_clean_path(
        arena, path[0] == '/' ? path : arena_printf(arena, "%s/%s", working_dir, path));

    if (is_current(path))
        return arena_printf(arena, "%s/.", strcmp(clean, "/") == 0 ? "" : clean);
    if (text_ends_with(path, "/") && strcmp(clean, "/") != 0)
        return arena_printf(arena, "%s/", clean);
    return clean;
}

const char *copy_directory_of(struct arena *arena, const char *path)
{
    const char *clean = copy_clean_path(arena, path);
    const char *slash;

    if (is_current(path))
        return clean;
    slash = strrchr(clean, '/');
    if (!slash)
        return ".";
    return slash == clean ? "/" : arena_strndup(arena, clean, (size_t)(slash - clean));
}

const char *copy_name_of(struct arena *arena, const char *path)
{
    const char *clean = copy_clean_path(arena, path);
    const char *slash = strrchr(clean, '/');

    if (is_current(path) || strcmp(clean, "/") == 0)
        return ".";
    return slash ? slash + 1 : clean;
}

const char *copy_link_target(struct arena *arena, const char *path, const char *target)
{
    if (target[0] == '/')
        return target;
    return copy_clean_path(arena,
                           arena_printf(arena, "%s/%s", copy_directory_of(arena, path), target));
}

bool copy_choose_place(struct arena *arena, const char *source, bool source_is_directory,
                       const struct copy_destination *destination, struct copy_place *ret_place,
                       struct error *err)
{
    if (destination->exists && destination->is_directory) {
        *ret_place = (struct copy_place){destination->path, copy_name_of(arena, source)};
        return true;
    }
    if (destination->exists && source_is_directory)
        return error_set(err, ERROR_INPUT, "cannot copy directory");
    if (!destination->exists && !source_is_directory && copy_path_is_open(destination->path))
        return error_set(err, ERROR_INPUT, "no such directory");
    *ret_place = (struct copy_place){copy_directory_of(arena, destination->path),
                                     copy_name_of(arena, destination->path)};
    return true;
}
