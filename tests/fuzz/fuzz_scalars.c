/* SPDX-License-Identifier: Apache-2.0 */
/* Durations, sizes and commands from any bytes; a duration that is printed reads back as the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "spec/base/duration.h"
#include "spec/base/size.h"
#include "spec/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_duration(const char *text)
{
    struct error err = {.kind = ERROR_NONE};
    struct text printed;
    int64_t ns, again;

    if (!duration_parse(text, &ns, &err)) {
        error_finish(&err);
        return;
    }
    text_init(&printed, 0);
    duration_format(&printed, ns);
    if (!duration_parse(printed.bytes, &again, &err) || again != ns)
        abort();
    text_finish(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.kind = ERROR_NONE};
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size);
    struct strings words = {0};
    int64_t bytes;

    try_duration(text);
    if (!size_parse(text, &bytes, &err))
        error_finish(&err);
    if (!spec_words_split(arena, text, &words, &err))
        error_finish(&err);
    arena_destroy(arena);
    return 0;
}
