/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/attribute.h"
#include "spec/base/arena.h"
#include "spec/base/memory.h"
#include "spec/base/strings.h"

static const struct {
    unsigned bit;
    const char *name;
} kinds[] = {{A_LIST, "array"},    {A_BOOL, "boolean"}, {A_INT, "integer"},  {A_NULL, "null"},
             {A_NUMBER, "number"}, {A_MAP, "object"},   {A_STRING, "string"}};

static const char *kinds_text(struct arena *arena, unsigned accept)
{
    struct strings list = {0};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if ((accept & kinds[i].bit) && !(kinds[i].bit == A_INT && (accept & A_NUMBER)))
            strings_add(&list, arena, kinds[i].name);
    return strings_join(&list, arena, ",");
}

static bool is_required(const struct spec_field *field, const struct spec_field *owner)
{
    if (!(field->flags & REQUIRED))
        return false;
    if (owner && (owner->flags & HOOK_COMMAND_OPTIONAL) && strcmp(field->name, "command") == 0)
        return false;
    return !owner || !(owner->flags & REQUEST_OPTIONAL);
}

static void add_fields(struct strings *lines, struct arena *arena, const char *path,
                       const struct spec_type *type, const struct spec_field *owner)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct spec_field *field = &type->fields[i];
        const char *here = arena_printf(arena, "%s%s", path, field->name);

        if ((field->flags & PRE_START_ONLY) && owner && (owner->flags & HOOK_PLAIN))
            continue;
        strings_add(lines, arena,
                    arena_printf(arena, "%s %s%s", here,
                                 kinds_text(arena, spec_field_accept(field)),
                                 is_required(field, owner) ? " required" : ""));
        if (field->sub)
            add_fields(lines, arena,
                       arena_printf(arena, "%s%s.", here,
                                    field->kind == SPEC_KIND_LIST  ? "[]"
                                    : field->kind == SPEC_KIND_MAP ? ".*"
                                                                   : ""),
                       field->sub, field);
    }
}

static struct strings read_table(struct arena *arena)
{
    FILE *file = fopen(TESTS_DIR "/case/schema_fields.txt", "re");
    struct strings lines = {0};
    char *line = NULL;
    size_t room = 0;

    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#')
            strings_add_copy(&lines, arena, line);
    }
    free(line);
    assert_int_equal(fclose(file), 0);
    return lines;
}

TEST(attribute_rows_are_the_fields_of_the_published_schema)
{
    struct arena *arena = arena_create();
    struct strings wanted = read_table(arena), lines = {0};
    size_t faults = 0;

    add_fields(&lines, arena, "", &spec_type_project, NULL);
    for (size_t i = 0; i < wanted.count; i++)
        if (!strings_contain(&lines, wanted.items[i]) && ++faults)
            print_error("no such row:   %s\n", wanted.items[i]);
    for (size_t i = 0; i < lines.count; i++)
        if (!strings_contain(&wanted, lines.items[i]) && ++faults)
            print_error("not in schema: %s\n", lines.items[i]);
    assert_int_equal(faults, 0);
    arena_destroy(arena);
}

TEST(attribute_rows_have_a_sentence_of_meaning)
{
    for (size_t i = 0; i < spec_type_service.count; i++)
        assert_non_null(spec_type_service.fields[i].doc);
}

TEST(attribute_field_is_found_by_name)
{
    assert_string_equal(spec_type_field(&spec_type_service, "image")->name, "image");
    assert_null(spec_type_field(&spec_type_service, "imagee"));
}
