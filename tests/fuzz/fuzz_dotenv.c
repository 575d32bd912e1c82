/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of variables, in both grammars; and any text as a template. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spec/base/limits.h"
#include "spec/base/text.h"
#include "spec/dotenv.h"
#include "spec/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *value_of(void *owner, const char *name)
{
    (void)owner;
    if (strcmp(name, "A") == 0)
        return "one";
    return strcmp(name, "B") == 0 ? "" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct warnings warnings = {.arena = arena};
    struct error err = {.kind = ERROR_NONE};
    struct spec_environment variables = {.arena = arena};
    const struct spec_dotenv_lookup nothing = {NULL, NULL};
    const struct spec_lookup lookup = {.get = value_of, .arena = arena};
    const struct span text = {(const char *)data, size};
    struct spec_template_failure failure;
    struct text out;

    if (!spec_dotenv_parse(text, "fuzz.env", &nothing, &variables, &warnings, &err))
        error_finish(&err);
    if (!spec_dotenv_parse_raw(text, "fuzz.env", &nothing, &variables, &err))
        error_finish(&err);
    text_init(&out, LIMIT_INTERPOLATED_BYTES);
    if (!spec_template_expand(&out, text, &lookup, &failure) && failure.kind > TEMPLATE_TOO_DEEP)
        abort();
    text_finish(&out);
    arena_destroy(arena);
    return 0;
}
