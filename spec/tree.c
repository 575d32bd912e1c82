/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/tree.h"

#include "spec/base/text.h"

const struct spec_origin *spec_origin_new(struct arena *arena, enum spec_origin_kind kind, struct place place,
                                          const char *detail, const struct spec_origin *via)
{
    struct spec_origin *origin = arena_alloc(arena, sizeof(*origin));

    *origin = (struct spec_origin){kind, place, detail, via};
    return origin;
}

static void add_path(struct text *out, const struct spec_path *path, enum spec_path_style style)
{
    if (!path || !path->parent)
        return;
    add_path(out, path->parent, style);
    if (out->length > 0)
        text_add_char(out, '.');
    if (path->key)
        text_add(out, path->key);
    else if (style == SPEC_PATH_ANY)
        text_add(out, "[]");
    else
        text_addf(out, style == SPEC_PATH_BRACKETS ? "[%zu]" : "%zu", path->index);
}

const char *spec_path_text(struct arena *arena, const struct spec_path *path, enum spec_path_style style)
{
    struct text text;
    const char *made;

    text_init(&text, 0);
    add_path(&text, path, style);
    made = arena_strndup(arena, text.bytes, text.length);
    text_finish(&text);
    return made;
}
