/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/attribute.h"

#include <string.h>

#include "spec/base/memory.h"
#include "spec/model.h"

/* First the rows of every type, then the types. */
#define TYPE(type) static const struct spec_field fields_##type[] = {
#define END_TYPE(type)                                                                             \
    }                                                                                              \
    ;
#define SUB_STRING(sub)        NULL
#define SUB_BOOL(sub)          NULL
#define SUB_OPT_BOOL(sub)      NULL
#define SUB_INT(sub)           NULL
#define SUB_COUNT(sub)         NULL
#define SUB_BYTES(sub)         NULL
#define SUB_DURATION(sub)      NULL
#define SUB_OPT_INT(sub)       NULL
#define SUB_OPT_DURATION(sub)  NULL
#define SUB_FILE_MODE(sub)     NULL
#define SUB_FLOAT32(sub)       NULL
#define SUB_STRINGS(sub)       NULL
#define SUB_COMMAND(sub)       NULL
#define SUB_HEALTH_TEST(sub)   NULL
#define SUB_MAPPING(sub)       NULL
#define SUB_OPTIONS(sub)       NULL
#define SUB_ENVIRONMENT(sub)   NULL
#define SUB_HOSTS(sub)         NULL
#define SUB_SSH(sub)           NULL
#define SUB_MULTI_OPTIONS(sub) NULL
#define SUB_STRUCT(sub)        &spec_type_##sub
#define SUB_LIST(sub)          &spec_type_##sub
#define SUB_MAP(sub)           &spec_type_##sub
#define FIELD(type, member, kind_, sub_, ...)                                                      \
    {.name = #member,                                                                              \
     .kind = SPEC_KIND_##kind_,                                                                    \
     .sub = SUB_##kind_(sub_),                                                                     \
     .offset = offsetof(struct spec_##type, member),                                               \
     __VA_ARGS__},
#define INTERNAL(type, ctype, member)
#include "spec/attributes/all.def"

#define TYPE(type)                                                                                 \
    const struct spec_type spec_type_##type = {#type, sizeof(struct spec_##type), fields_##type,   \
                                               COUNT_OF(fields_##type)};
#define END_TYPE(type)
#define FIELD(type, member, kind, sub, ...)
#define INTERNAL(type, ctype, member)
#include "spec/attributes/all.def"

const struct spec_field *spec_type_field(const struct spec_type *type, const char *name)
{
    /* Every key of every file comes this way, several times: most rows are told apart by their first letter. */
    for (size_t i = 0; i < type->count; i++)
        if (type->fields[i].name[0] == name[0] && strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    return NULL;
}

unsigned spec_field_accept(const struct spec_field *field)
{
    if (field->accept)
        return field->accept;
    switch (field->kind) {
    case SPEC_KIND_STRING:
    case SPEC_KIND_BYTES:
    case SPEC_KIND_DURATION:
    case SPEC_KIND_OPT_DURATION:
        return A_STRING;
    case SPEC_KIND_BOOL:
    case SPEC_KIND_OPT_BOOL:
        return A_BOOL | A_STRING;
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_FILE_MODE:
    case SPEC_KIND_FLOAT32:
        return A_NUMBER | A_STRING;
    case SPEC_KIND_COMMAND:
        return A_NULL | A_STRING | A_LIST;
    case SPEC_KIND_HEALTH_TEST:
        return A_STRING | A_LIST;
    case SPEC_KIND_STRINGS:
    case SPEC_KIND_LIST:
        return A_LIST;
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_HOSTS:
    case SPEC_KIND_SSH:
        return A_LIST | A_MAP;
    case SPEC_KIND_OPTIONS:
    case SPEC_KIND_MULTI_OPTIONS:
    case SPEC_KIND_STRUCT:
    case SPEC_KIND_MAP:
        return A_MAP;
    }
    return A_ANY;
}

unsigned spec_field_item(const struct spec_field *field)
{
    if (field->item)
        return field->item;
    switch (field->kind) {
    case SPEC_KIND_STRUCT:
    case SPEC_KIND_LIST:
    case SPEC_KIND_MAP:
        return A_MAP;
    case SPEC_KIND_MAPPING:
    case SPEC_KIND_ENVIRONMENT:
    case SPEC_KIND_SSH:
        return A_STRING | A_NUMBER | A_BOOL | A_NULL;
    case SPEC_KIND_HOSTS:
        return A_STRING | A_LIST;
    case SPEC_KIND_MULTI_OPTIONS:
        return A_STRING | A_NUMBER | A_BOOL | A_LIST;
    case SPEC_KIND_STRING:
    case SPEC_KIND_BOOL:
    case SPEC_KIND_OPT_BOOL:
    case SPEC_KIND_INT:
    case SPEC_KIND_COUNT:
    case SPEC_KIND_BYTES:
    case SPEC_KIND_DURATION:
    case SPEC_KIND_OPT_INT:
    case SPEC_KIND_OPT_DURATION:
    case SPEC_KIND_FILE_MODE:
    case SPEC_KIND_FLOAT32:
    case SPEC_KIND_STRINGS:
    case SPEC_KIND_COMMAND:
    case SPEC_KIND_HEALTH_TEST:
    case SPEC_KIND_OPTIONS:
        return A_STRING;
    }
    return A_ANY;
}
