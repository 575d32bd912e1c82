/* SPDX-License-Identifier: Apache-2.0 */
#include "compose/build/build_order.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compose/build/bake.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/base/file_read.h"
#include "spec/base/path.h"
#include "spec/base/span.h"
#include "spec/base/text.h"
#include "spec/model.h"

enum { LARGEST_DOCKERFILE_BYTES = 1024 * 1024 };

const char *build_order_read(struct arena *arena, const struct spec_build *build)
{
    const char *name = build->dockerfile && *build->dockerfile ? build->dockerfile : "Dockerfile";
    const char *text = NULL;
    struct text content;
    struct error ignored;

    if (build->dockerfile_inline)
        return build->dockerfile_inline;
    if (!build->context || bake_context_is_remote(build->context))
        return NULL;
    error_init(&ignored);
    text_init(&content, LARGEST_DOCKERFILE_BYTES);
    if (file_read_whole(path_join(arena, build->context, name), &content, &ignored))
        text = arena_strndup(arena, content.bytes, content.length);
    text_finish(&content);
    error_finish(&ignored); /* the builder will say it better */
    return text;
}

static bool is_image(const char *word, size_t length, const char *image)
{
    char *name;
    bool same;

    if (memchr(word, '$', length))
        return true;
    name = xstrndup(word, length);
    same = image_reference_same(name, image);
    free(name);
    return same;
}

/* `FROM [--platform=...] IMAGE` */
static bool from_takes(const char *at, const char *image)
{
    for (;;) {
        size_t length;

        at += strspn(at, " \t");
        length = strcspn(at, " \t\r\n");
        if (length == 0)
            return false;
        if (strncmp(at, "--", 2) != 0)
            return is_image(at, length, image);
        at += length;
    }
}

/* `COPY --from=IMAGE`, `RUN --mount=type=bind,from=IMAGE,...` */
static bool option_takes(const char *line, const char *image)
{
    size_t length = strcspn(line, "\n");
    const char *end = line + length;

    for (const char *at = line;
         (at = memmem(at, (size_t)(end - at), "from=", strlen("from="))) != NULL;) {
        at += strlen("from=");
        if (is_image(at, strcspn(at, " \t\r\n,"), image))
            return true;
    }
    return false;
}

bool build_order_takes(const char *dockerfile, const char *image)
{
    for (const char *line = dockerfile; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *word = line + strspn(line, " \t");

        if (strncasecmp(word, "FROM", 4) == 0 && (word[4] == ' ' || word[4] == '\t')) {
            if (from_takes(word + 4, image))
                return true;
        } else if (option_takes(line, image)) {
            return true;
        }
    }
    return false;
}
