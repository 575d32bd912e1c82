/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what people write for us: addresses, image references, .dockerignore files. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine_client/endpoint.h"
#include "engine_client/ignore.h"
#include "engine_client/image_reference.h"
#include "spec/base/arena.h"
#include "spec/base/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that was read and written is read as the same. */
static void try_reference(struct arena *arena, const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct image_reference reference, again;
    const char *canonical;

    if (!image_reference_parse(arena, text, &reference, &err)) {
        error_finish(&err);
        return;
    }
    canonical = image_reference_canonical(arena, &reference);
    if (!image_reference_parse(arena, canonical, &again, &err) ||
        strcmp(image_reference_canonical(arena, &again), canonical) != 0)
        abort();
}

static void try_ignore(struct arena *arena, struct span content)
{
    static const char *const paths[] = {"a", "a/b", "a/b/c.go", "node_modules/x", "", "*"};
    struct error err = {.kind = ERROR_NONE};
    struct ignore *ignore = ignore_parse(arena, content, "fuzz", &err);

    for (size_t i = 0; ignore && i < sizeof(paths) / sizeof(paths[0]); i++) {
        (void)ignore_matches(ignore, paths[i]);
        (void)ignore_may_hold_exceptions(ignore, paths[i]);
    }
    error_finish(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct span content = {(const char *)data, size};
    const char *text = arena_strndup(arena, content.bytes, size);
    struct engine_endpoint endpoint;
    struct error err = {.kind = ERROR_NONE};

    if (!engine_endpoint_parse(arena, text, &endpoint, &err))
        error_finish(&err);
    try_reference(arena, text);
    try_ignore(arena, content);
    arena_destroy(arena);
    return 0;
}
