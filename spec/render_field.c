/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/render_field.h"

#include <inttypes.h>
#include <string.h>

#include "spec/base/duration.h"
#include "spec/node.h"
#include "spec/valueless.h"

static size_t count_of(const void *member)
{
    return ((const struct spec_any_list *)member)->count;
}

bool spec_field_is_empty(const struct spec_field *field, const void *member)
{
    const char *text;

    switch (field->kind) {
    case SPEC_KIND_STRING:
        text = *(const char *const *)member;
        return !text || !text[0];
    case SPEC_KIND_BOOL:
        return !*(const bool *)member;
    case SPEC_KIND_OPT_BOOL:
        return !((const struct spec_opt_bool *)member)->set;
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
    case SPEC_KIND_BYTES:
    case SPEC_KIND_DURATION:
        return *(const int64_t *)member == 0;
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_OPT_DURATION:
    case SPEC_KIND_FILE_MODE:
        return !((const struct spec_opt_int *)member)->set;
    case SPEC_KIND_FLOAT32:
        return !(*(const float *)member < 0 || *(const float *)member > 0);
    case SPEC_KIND_COMMAND:
        return !((const struct spec_command *)member)->set;
    case SPEC_KIND_HEALTH_TEST:
        return ((const struct spec_command *)member)->words.count == 0;
    case SPEC_KIND_STRINGS:
        return ((const struct strings *)member)->count == 0;
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_SSH:
        return ((const struct pairs *)member)->count == 0;
    case SPEC_KIND_HOSTS:
        return ((const struct spec_hosts *)member)->count == 0;
    case SPEC_KIND_MULTI_OPTIONS:
        return ((const struct spec_multi_options *)member)->count == 0;
    case SPEC_KIND_LIST:
    case SPEC_KIND_MAP:
        return count_of(member) == 0;
    case SPEC_KIND_STRUCT:
        return !((const struct spec_any_pointer *)member)->value;
    }
    return true;
}

bool spec_is_extension(const char *key)
{
    return text_starts_with(key, "x-") && strcmp(key, SPEC_CAPTURED_VALUE) != 0;
}

static bool has_extensions(const struct spec_node *node)
{
    for (size_t i = 0; spec_node_is(node, SPEC_MAP) && i < node->map.count; i++)
        if (spec_is_extension(node->map.items[i].key))
            return true;
    return false;
}

bool spec_record_is_empty(const struct spec_type *type, const void *record)
{
    if (!record)
        return true;
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];

        if ((field->flags & YAML_ALWAYS) ||
            !spec_field_is_empty(field, spec_any_view(record, field)))
            return false;
    }
    return !has_extensions(spec_any_node(record));
}

struct strings spec_hosts_list(struct arena *arena, const struct spec_hosts *hosts)
{
    struct strings list = {0};

    for (size_t i = 0; i < hosts->count; i++)
        for (size_t k = 0; k < hosts->items[i].addresses.count; k++)
            strings_add(&list, arena,
                        arena_printf(arena, "%s=%s", hosts->items[i].name,
                                     hosts->items[i].addresses.items[k]));
    strings_sort(&list);
    return list;
}

void spec_value_text(struct text *out, enum spec_kind kind, int64_t value)
{
    text_clear(out);
    if (kind == SPEC_KIND_DURATION || kind == SPEC_KIND_OPT_DURATION)
        duration_format(out, value);
    else if (kind == SPEC_KIND_FILE_MODE)
        text_addf(out, "0%" PRIo64, (uint64_t)value);
    else
        text_addf(out, "%" PRId64, value);
}
